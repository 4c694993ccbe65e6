"""The compliance report and the evidence pack: who may, what is in them, and what it proves."""

import csv
import hashlib
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.test import Client

from base.accounts.models import User
from base.audit import AuditEntry, record_audit
from base.tables import BYTE_ORDER_MARK
from distribution.editor.change_sets import create_change_set
from distribution.models import Commission, EvidencePack, Policy
from distribution.policy import publish_policy
from shop.backoffice import compliance, packs
from tests.make import (
    make_agreement,
    make_chain,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.PRIVATE_ROOT = tmp_path


REPORT = "/admin/distribution/agreement/compliance/"
EVIDENCE = f"{REPORT}evidence/"


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stands in for the queue: what was sent to the worker."""
    sent: list[int] = []
    monkeypatch.setattr(compliance.prepare_pack, "delay", sent.append)
    return sent


def pack_of(client: Client) -> zipfile.ZipFile:
    """Asked for, prepared by the worker, downloaded."""
    page = client.post(EVIDENCE)["Location"]
    packs.prepare_waiting()
    html = client.get(page).content.decode()
    assert EvidencePack.objects.latest("pk").digest in html
    answer = client.post(f"{page}file/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def rows_of(pack: zipfile.ZipFile, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(pack.read(name).decode("utf-8-sig"))))


class TestReport:
    def test_shows_depth_findings_and_the_real_constraints(
        self, client: Client, merchant: User
    ) -> None:
        make_chain()
        html = client.get(REPORT).content.decode()
        for words in (
            "最长推荐链",
            "2 级",
            "甲",
            "level = ANY (ARRAY[1, 2])",
            "30 人",
            "准备证据包",
        ):
            assert words in html, words
        assert "需注意" not in html

    def test_says_what_needs_a_look(self, client: Client, merchant: User) -> None:
        publish_policy(by=None, joining=Policy.Joining.SPENT, joining_spend=Decimal("99.00"))
        html = client.get(REPORT).content.decode()
        assert "需注意" in html and "累计消费 ¥99.00 才能加入" in html

    def test_costs_the_same_for_one_and_three_networks(
        self, client: Client, merchant: User, django_assert_num_queries: Any
    ) -> None:
        make_chain()
        client.get(REPORT)
        with django_assert_num_queries(15):
            client.get(REPORT)
        for _ in range(2):
            make_chain()
        with django_assert_num_queries(15):
            client.get(REPORT)

    def test_networks_as_a_file(self, client: Client, merchant: User) -> None:
        chain = make_chain()
        answer = client.get(f"{REPORT}networks.csv")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(text))) == [
            ["推广码", "最上面的人", "层级", "人数", "达到 30 人且 3 级"],
            [chain.a.code, "甲**", "2", "2", "否"],
        ]


class TestEvidence:
    def test_holds_everything_and_its_checksums(self, client: Client, merchant: User) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        pay(make_order(chain.c, {make_variant("100.00"): 1}))
        make_agreement("2027-01")
        pack = pack_of(client)
        assert pack.testzip() is None
        names = pack.namelist()
        assert names == [
            "findings.txt",
            "depth.json",
            "networks.csv",
            "policies.csv",
            "rules.csv",
            "tiers.csv",
            "agreements/2026-11.zh.txt",
            "agreements/2026-11.en.txt",
            "agreements/2027-01.zh.txt",
            "agreements/2027-01.en.txt",
            "acceptances.csv",
            "constraints.csv",
            "explanations.txt",
            "audit.csv",
            "check_books.txt",
            "MANIFEST.txt",
        ]
        manifest = pack.read("MANIFEST.txt").decode()
        for name in names[:-1]:
            assert f"{hashlib.sha256(pack.read(name)).hexdigest()}  {name}  " in manifest

        depth = json.loads(pack.read("depth.json"))
        assert (depth["longest_chain"], depth["people"], depth["commission_depth"]) == (2, 2, 2)
        titles, *policies = rows_of(pack, "policies.csv")
        assert len(policies) == Policy.objects.count()
        assert all(row[titles.index("valid_from")].endswith(" +0800") for row in policies)
        assert rows_of(pack, "rules.csv")[1][1].startswith("规则")
        assert {row[3] for row in rows_of(pack, "acceptances.csv")[1:]} == {"2026-11"}
        assert all(row[4].endswith(" +0800") for row in rows_of(pack, "acceptances.csv")[1:])
        assert all(row[0].endswith(" +0800") for row in rows_of(pack, "audit.csv")[1:])
        constraints = {row[1]: row[2] for row in rows_of(pack, "constraints.csv")}
        assert constraints["commission_two_levels"] == "CHECK ((level = ANY (ARRAY[1, 2])))"
        explained = pack.read("explanations.txt").decode()
        assert "30.00" in explained and "≠" not in explained
        assert Commission.objects.count() == explained.count("#") - explained.count("规则 #")
        assert pack.read("check_books.txt").decode() == "账目相符\n"
        assert "加入不收取任何费用" in pack.read("agreements/2026-11.zh.txt").decode()
        deeds = {row[2] for row in rows_of(pack, "audit.csv")[1:]}
        assert {"appoint_distributor", "publish_rule", "publish_agreement"} <= deeds

    def test_is_written_down(self, client: Client, merchant: User) -> None:
        pack_of(client)
        deeds = AuditEntry.objects.filter(action__endswith="_evidence").order_by("pk")
        assert [(deed.action, deed.actor) for deed in deeds] == [
            ("request_evidence", merchant),
            ("download_evidence", merchant),
        ]

    def test_runs_nothing_in_a_spreadsheet(self, client: Client, merchant: User) -> None:
        record_audit("end_rule", make_rule(), by=merchant, reason="=HYPERLINK(A1)")
        record_audit("end_rule", make_rule(), by=merchant, reason="\t+1+1")
        pack = pack_of(client)
        reasons = [row[6] for row in rows_of(pack, "audit.csv")]
        assert reasons[0] == "reason"
        assert {"'=HYPERLINK(A1)", "'\t+1+1"} <= set(reasons)
        for name in pack.namelist():
            if name.endswith(".csv"):
                assert pack.read(name).startswith(BYTE_ORDER_MARK.encode()), name

    def test_tells_the_merchants_decisions(self, client: Client, merchant: User) -> None:
        draft = create_change_set(by=merchant, name="双十二")
        for deed in ("publish_draft", "confirmed_risk_signal", "hold_commission", "hand_over"):
            record_audit(deed, draft, by=merchant)
        record_audit("ship_order", draft, by=merchant)
        deeds = {row[2] for row in rows_of(pack_of(client), "audit.csv")[1:]}
        assert {"publish_draft", "confirmed_risk_signal", "hold_commission", "hand_over"} <= deeds
        assert "ship_order" not in deeds

    def test_is_in_the_language_of_who_asked(self, client: Client, merchant: User) -> None:
        client.post(f"/en{EVIDENCE}")
        packs.prepare_waiting()
        with EvidencePack.objects.get().file.open("rb") as file:
            text = zipfile.ZipFile(file).read("check_books.txt").decode()
        assert text == "the books are right\n"

    def test_waits_on_a_page_that_asks_again(
        self, client: Client, merchant: User, worker: list[int]
    ) -> None:
        page = client.post(EVIDENCE)["Location"]
        assert client.post(EVIDENCE)["Location"] == page
        pack = EvidencePack.objects.get()
        assert worker == [pack.pk, pack.pk]
        assert "排队中" in client.get(page).content.decode()
        part = client.get(page, headers={"HX-Request": "true"}).content.decode()
        assert 'hx-trigger="every 2s"' in part and "<html" not in part
        assert client.post(f"{page}file/").status_code == 404
        assert packs.prepare_waiting() == 1
        part = client.get(page, headers={"HX-Request": "true"}).content.decode()
        assert "hx-trigger" not in part and f"{page}file/" in part
        assert f"{page}" in client.get(REPORT).content.decode()

    def test_holds_no_whole_phone_number(self, client: Client, merchant: User) -> None:
        chain = make_chain()
        pack = pack_of(client)
        everything = b"".join(pack.read(name) for name in pack.namelist()).decode()
        for person in (chain.a.user, chain.b.user, merchant):
            assert person.phone not in everything

    def test_is_taken_by_a_post_only(self, client: Client, merchant: User) -> None:
        pack_of(client)
        file = f"{EVIDENCE}{EvidencePack.objects.get().pk}/file/"
        assert (client.get(EVIDENCE).status_code, client.get(file).status_code) == (405, 405)
        assert AuditEntry.objects.filter(action="download_evidence").count() == 1
        assert EvidencePack.objects.count() == 1

    @pytest.mark.parametrize("keys", [[], ["view_agreement"]])
    def test_is_not_for_everybody(self, client: Client, keys: list[str]) -> None:
        asked = packs.request_pack(by=make_user("店主", is_staff=True))
        packs.prepare_waiting()
        clerk = make_user("客服", is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(codename__in=keys))
        client.force_login(clerk)
        assert client.get(REPORT).status_code == (200 if keys else 403)
        assert client.get(f"{REPORT}networks.csv").status_code == (200 if keys else 403)
        assert client.post(EVIDENCE).status_code == 403
        assert client.get(f"{EVIDENCE}{asked.pk}/").status_code == 403
        assert client.post(f"{EVIDENCE}{asked.pk}/file/").status_code == 403
        assert not AuditEntry.objects.filter(action="download_evidence").exists()
        assert EvidencePack.objects.count() == 1

    def test_a_shopper_gets_nowhere(self, client: Client) -> None:
        client.force_login(make_user())
        assert client.get(REPORT).status_code == 302
        assert client.post(EVIDENCE).status_code == 302
