"""The agreement: versions that never change once published, and who accepted which, when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from base.accounts.models import Consent
from base.audit import AuditEntry
from base.clock import BEIJING
from base.errors import DomainError, WrongState
from distribution.models import Agreement, Distributor
from distribution.programme.agreements import (
    NotInForce,
    accept_agreement,
    agreement_at,
    blocks_of,
    has_accepted,
    publish_agreement,
    require_draft,
)
from tests.make import make_agreement, make_distributor, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
FIRST = "2026-11"


def draft(**values: object) -> Agreement:
    return Agreement.objects.create(
        **{"version": "2027-01", "text": "正文", "text_en": "Text"} | values
    )


class TestVersions:
    def test_the_first_holds_since_ever(self) -> None:
        first = agreement_at(datetime(1990, 1, 1, tzinfo=UTC))
        assert (first.version, "加入不收取任何费用" in first.text) == (FIRST, True)
        assert "There is no fee" in first.text_en

    def test_the_latest_that_has_begun_is_in_force(self) -> None:
        make_agreement("2027-01", at=NOON)
        publish_agreement(draft(version="2027-02", valid_from=NOON + DAY), by=None, at=NOON)
        found = [agreement_at(NOON + hours).version for hours in (-DAY, 0 * DAY, DAY)]
        assert found == [FIRST, "2027-01", "2027-02"]

    def test_a_draft_is_never_in_force(self) -> None:
        draft(valid_from=NOON)
        assert agreement_at(NOON + DAY).version == FIRST

    def test_publishing_once_and_with_a_name(self) -> None:
        merchant = make_user("店主")
        published = publish_agreement(draft(), by=merchant, at=NOON)
        again = publish_agreement(published, by=make_user(), at=NOON + DAY)
        assert (again.valid_from, again.published_at, again.published_by) == (NOON, NOON, merchant)
        assert AuditEntry.objects.get(action="publish_agreement").actor == merchant

    @pytest.mark.parametrize(
        "values", [{"text_en": " "}, {"text": ""}, {"valid_from": NOON - timedelta(seconds=1)}]
    )
    def test_what_cannot_be_published_stays_a_draft(self, values: dict[str, object]) -> None:
        wanted = draft(**values)
        with pytest.raises(DomainError):
            publish_agreement(wanted, by=None, at=NOON)
        wanted.refresh_from_db()
        assert not wanted.is_published
        assert not AuditEntry.objects.filter(action="publish_agreement").exists()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE distribution_agreement SET text = 'x' WHERE version = '2026-11'",
            "UPDATE distribution_agreement SET published_at = NULL WHERE version = '2026-11'",
            "DELETE FROM distribution_agreement WHERE version = '2026-11'",
        ],
    )
    def test_the_database_keeps_what_is_published(self, statement: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
        assert Agreement.objects.get().version == FIRST

    def test_a_draft_may_be_edited_and_thrown_away(self) -> None:
        wanted = draft()
        require_draft(wanted)
        wanted.text = "别的"
        wanted.save()
        assert wanted.delete()[0] == 1

    def test_only_drafts_are_edited(self) -> None:
        with pytest.raises(WrongState):
            require_draft(Agreement.objects.get())


class TestAccepting:
    def test_version_and_time_are_kept_once(self) -> None:
        user = make_user()
        accept_agreement(user, version=FIRST, at=NOON)
        accept_agreement(user, at=NOON + DAY)
        assert [(c.document, c.version, c.at) for c in Consent.objects.filter(user=user)] == [
            ("distribution", FIRST, NOON)
        ]

    def test_not_one_that_is_no_longer_in_force(self) -> None:
        user = make_user()
        make_agreement("2027-01", at=NOON)
        with pytest.raises(NotInForce):
            accept_agreement(user, version=FIRST, at=NOON)
        assert not Consent.objects.exists()

    def test_who_has_accepted_the_one_in_force(self) -> None:
        old, new = make_distributor(name="旧"), make_distributor(name="新")
        make_agreement("2027-01", at=NOON)
        accept_agreement(new.user, at=NOON)

        def agreed(at: datetime) -> dict[str, bool]:
            rows = Distributor.objects.annotate(agreed=has_accepted(at))
            return {row.user.name: row.agreed for row in rows}

        assert agreed(NOON - DAY) == {"旧": True, "新": True}
        assert agreed(NOON) == {"旧": False, "新": True}
        assert old.user.consents.count() == 1


class TestText:
    def test_headings_paragraphs_and_items(self) -> None:
        text = "## 一\r\n\r\n甲与{shop}\r\n乙\r\n\r\n- 丙\r\n- 丁 <b>\r\n\r\n\r\n## 二"
        blocks = [(b.kind, list(b.lines)) for b in blocks_of(draft(text=text))]
        assert blocks == [
            ("heading", ["一"]),
            ("paragraph", ["甲与邻里好物", "乙"]),
            ("items", ["丙", "丁 <b>"]),
            ("heading", ["二"]),
        ]

    def test_in_the_readers_language(self) -> None:
        wanted = draft(note="改了税", note_en="Tax")
        with translation.override("en"):
            assert [list(b.lines) for b in blocks_of(wanted)] == [["Text"]]
            assert wanted.changes == "Tax"
        assert wanted.changes == "改了税"
