"""The compliance report: the real shape of the programme, and answers that can be wrong."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from base.clock import BEIJING
from distribution.models import Distributor, Policy, PositionPrivileges, Recruitment
from distribution.policy import publish_policy
from distribution.programme.compliance import (
    ACCEPTANCES,
    DepthReport,
    constraints,
    copy_out,
    depth_report,
    findings,
    networks_of,
)
from distribution.programme.people import join, set_status
from distribution.referral.relations import reassign_recruiter
from distribution.states import Status
from tests.make import START, make_agreement, make_distributor, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)


def chain(*names: str) -> list[Distributor]:
    """Each brought in by the one before."""
    PositionPrivileges.objects.update(recruit_limit=None)
    people: list[Distributor] = []
    for name in names:
        people.append(make_distributor(name=name, recruiter=people[-1] if people else None))
    return people


def shape(report: DepthReport) -> tuple[int, int, int, int, Sequence[tuple[int, int]]]:
    return report.people, report.first, report.second, report.recruiters, report.per_level


def answers(at: datetime | None = None) -> dict[str, bool]:
    at = at or timezone.now()
    return {f.title: f.is_fine for f in findings(depth_report(at=at), at=at)}


class TestDepth:
    def test_of_nobody(self) -> None:
        report = depth_report(at=NOON)
        assert (shape(report), report.longest, list(report.largest)) == ((0, 0, 0, 0, []), 0, [])

    def test_counts_levels_heads_and_who_brought(self) -> None:
        a, b, _c = chain("甲", "乙", "丙")
        make_distributor(name="丁", recruiter=a)
        make_distributor(name="独")
        report = depth_report(at=NOON)
        assert shape(report) == (5, 2, 3, 2, [(1, 2), (2, 2), (3, 1)])
        assert report.longest == 3
        assert [(n.name, n.levels, n.people, n.is_over) for n in report.largest] == [
            ("甲", 3, 4, False)
        ]
        assert b.pk not in {n.root_id for n in report.largest}

    def test_who_left_is_no_head_but_still_a_level(self) -> None:
        a, b, _c = chain("甲", "乙", "丙")
        set_status(b, Status.RESIGNED, by=None, reason="test", at=NOON)
        report = depth_report(at=NOON)
        assert (report.people, report.longest, report.per_level) == (2, 3, [(1, 1), (2, 0), (3, 1)])
        assert [(n.levels, n.people) for n in report.largest] == [(3, 2)]
        assert a.pk == report.largest[0].root_id

    def test_an_applicant_is_nobody_yet(self) -> None:
        join(make_user(), at=NOON)
        assert depth_report(at=NOON).people == 0

    def test_at_its_moment(self) -> None:
        a, b = chain("甲", "乙")
        reassign_recruiter(b, None, by=make_user(), reason="test", at=NOON)
        assert depth_report(at=NOON - DAY).longest == 2
        assert depth_report(at=NOON).longest == 1
        assert a.recruits.count() == 1

    def test_thirty_people_and_three_levels_together(self) -> None:
        a, _b, _c = chain("甲", "乙", "丙")
        for _ in range(26):
            make_distributor(recruiter=a)
        assert depth_report(at=NOON).over == 0
        make_distributor(recruiter=a)
        report = depth_report(at=NOON)
        assert (report.over, report.largest[0].people) == (1, 30)
        assert not answers(NOON)["30 人且 3 级的界线"]

    def test_thirty_people_on_two_levels_are_not_over(self) -> None:
        (a,) = chain("甲")
        for _ in range(30):
            make_distributor(recruiter=a)
        assert depth_report(at=NOON).over == 0

    def test_a_loop_slipped_into_the_database_is_seen(self) -> None:
        a, b = chain("甲", "乙")
        Recruitment.objects.create(distributor=a, recruiter=b, starts_at=START)
        report = depth_report(at=NOON)
        assert report.unreached == 2
        assert not answers(NOON)["没有循环的推荐关系"]

    def test_costs_four_queries_for_any_number(self, django_assert_num_queries: object) -> None:
        with django_assert_num_queries(4):  # type: ignore[operator]
            depth_report(at=NOON)
        chain("甲", "乙", "丙")
        with django_assert_num_queries(4):  # type: ignore[operator]
            depth_report(at=NOON)

    def test_names_are_masked_in_files(self) -> None:
        a, _b = chain("甲某人", "乙")
        assert [(n.name, n.code, n.people) for n in networks_of(NOON)] == [("甲**", a.code, 2)]


class TestFindings:
    def test_a_shop_as_it_comes_is_fine(self) -> None:
        chain("甲", "乙")
        assert set(answers().values()) == {True}

    def test_a_purchase_gate(self) -> None:
        publish_policy(by=None, joining=Policy.Joining.SPENT, joining_spend=Decimal("99.00"))
        assert not answers()["没有入门费和变相认购"]

    def test_a_purchase_gate_that_is_planned(self) -> None:
        publish_policy(by=None, at=timezone.now() + DAY, joining=Policy.Joining.FIRST_ORDER)
        assert not answers()["没有入门费和变相认购"]

    def test_too_short_a_wait(self) -> None:
        publish_policy(by=None, maturity_days=6)
        assert not answers()["佣金等过了无理由退货期"]

    def test_three_levels_of_people(self) -> None:
        chain("甲", "乙", "丙")
        assert not answers()["推荐关系的长度"]

    def test_somebody_who_has_not_accepted(self) -> None:
        chain("甲")
        make_agreement("2027-01")
        assert not answers()["协议都已同意"]

    @pytest.mark.parametrize(
        ("table", "name"),
        [
            ("distribution_commission", "commission_two_levels"),
            ("distribution_lineterms", "line_terms_two_levels"),
        ],
    )
    def test_the_constraint_is_really_read(self, table: str, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        assert not answers()["佣金最多两级"]

    def test_a_wider_constraint_of_the_same_name_is_not_taken_for_it(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE distribution_commission DROP CONSTRAINT commission_two_levels,"
                " ADD CONSTRAINT commission_two_levels CHECK (level IN (1, 2, 3))"
            )
        assert not answers()["佣金最多两级"]

    def test_a_commission_without_a_sale_would_be_seen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE distribution_commission ALTER line_id DROP NOT NULL")
        assert not answers()["没有人头费和团队奖励"]


def test_constraints_and_triggers_as_the_database_says() -> None:
    found = {row.name: row.definition for row in constraints()}
    assert found["commission_two_levels"] == "CHECK ((level = ANY (ARRAY[1, 2])))"
    assert "entry_append_only" in found and "one_recruiter_at_a_time" in found
    assert "distribution_agreement_stands" in found["agreement_unchanged"]


def test_acceptances_as_a_file_with_masked_phones() -> None:
    user = make_user("甲", phone="13800001234")
    person = make_distributor(user, at=NOON)
    lines = b"".join(copy_out(ACCEPTANCES)).decode("utf-8-sig").splitlines()
    assert lines == [
        "member_no,phone,code,version,accepted_at",
        f"{user.member_no},138****1234,{person.code},2026-11,2026-03-15 12:00:00 +0800",
    ]
