"""Accepting a new version, staying reachable, and leaving: each a page, each once."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import Consent, User
from base.audit import AuditEntry
from base.models import Notice
from distribution.models import Commission, ContactDetails, Distributor, Link
from distribution.money.commissions import mature_commissions
from distribution.programme.people import appoint, approve, join, set_status
from distribution.states import Status
from payouts.models import Payout, Schedule, Skip
from payouts.runs import run_period
from payouts.sending import send_payouts
from payouts.states import PayoutState, SkipReason
from tests.books import money, prove
from tests.make import (
    Chain,
    make_agreement,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
    receive,
)

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
ACCEPTANCE = "/distribution/agreement/acceptance/"
CONTACT = "/distribution/contact/"
RESIGNATION = "/distribution/resignation/"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def earned() -> Chain:
    """乙 has 30.00 available and 15.00 pending; 甲 10.00 and 5.00."""
    chain = make_chain()
    make_rule("0.30", "0.10")
    ago = timezone.now() - timedelta(days=20)
    mature = make_order(chain.c, {make_variant("100.00"): 1}, at=ago)
    pay(mature, at=ago)
    receive(mature, at=ago)
    pay(make_order(chain.c, {make_variant("50.00"): 1}))
    mature_commissions(timezone.now())
    assert money(chain.b) == {"pending": "15.00", "available": "30.00"}
    return chain


class TestNewVersion:
    def test_is_asked_for_at_the_next_visit(self, pages_of: Pages) -> None:
        person = make_distributor()
        browser = pages_of(person)
        assert browser.get("/distribution/").status_code == 200
        make_agreement("2027-01", note="新增直播规范")
        answer = browser.get("/distribution/links/?page=2")
        assert answer["Location"] == f"{ACCEPTANCE}?next=%2Fdistribution%2Flinks%2F%3Fpage%3D2"
        html = text_of(browser.get(answer["Location"]))
        assert "2026-11" in html and "2027-01" in html and "改动：新增直播规范" in html
        values = {"agree": "on", "version": "2027-01", "next": "/distribution/links/?page=2"}
        assert browser.post(ACCEPTANCE, values)["Location"] == "/distribution/links/?page=2"
        assert browser.get("/distribution/").status_code == 200
        versions = Consent.objects.filter(user=person.user).order_by("pk")
        assert list(versions.values_list("version", flat=True)) == ["2026-11", "2027-01"]

    def test_meanwhile_money_is_in_sight_and_orders_earn(self, pages_of: Pages) -> None:
        chain = earned()
        make_agreement("2027-01")
        browser = pages_of(chain.b)
        html = text_of(browser.get(ACCEPTANCE))
        assert "¥15.00" in html and "¥30.00" in html
        for path in ("/distribution/commissions/", "/distribution/orders/", "/payouts/", CONTACT):
            assert browser.get(path).status_code == 200, path
        pay(make_order(chain.c, {make_variant("10.00"): 1}))
        assert money(chain.b) == {"pending": "18.00", "available": "30.00"}
        run = run_period(Schedule.objects.get(), timezone.localdate())
        assert run.payouts.get(distributor=chain.b).amount == Decimal("30.00")

    def test_nothing_is_made_before_it_is_accepted(self, pages_of: Pages) -> None:
        person = make_distributor()
        make_agreement("2027-01")
        answer = pages_of(person).post("/distribution/links/", {"channel": "抖音", "target": ""})
        assert answer["Location"] == ACCEPTANCE
        assert not Link.objects.exists()

    def test_who_was_appointed_is_asked_first(self, pages_of: Pages) -> None:
        person = appoint(make_user(), by=None, reason="test")
        browser = pages_of(person)
        html = text_of(browser.get("/distribution/", follow=True))
        assert "开始推广前，请先看协议" in html
        browser.post(ACCEPTANCE, {"agree": "on", "version": "2026-11"})
        assert browser.get("/distribution/").status_code == 200

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"version": "2027-01"}, "请先阅读并同意《分销协议》。"),
            ({"agree": "on", "version": "2026-11"}, "协议刚刚有了新版本"),
            ({"agree": "on", "version": "no-such"}, "协议刚刚有了新版本"),
        ],
    )
    def test_refused_in_words(self, pages_of: Pages, values: dict[str, str], says: str) -> None:
        person = make_distributor()
        make_agreement("2027-01")
        assert says in text_of(pages_of(person).post(ACCEPTANCE, values))
        assert Consent.objects.filter(user=person.user).count() == 1

    @pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example/", "javascript:1"])
    def test_leads_to_our_own_pages_only(self, pages_of: Pages, onward: str) -> None:
        values = {"agree": "on", "version": "2026-11", "next": onward}
        answer = pages_of(make_distributor()).post(ACCEPTANCE, values)
        assert answer["Location"] == "/distribution/"

    def test_one_that_begins_later_is_not_asked_for_yet(
        self, pages_of: Pages, guest: Client
    ) -> None:
        make_agreement("2027-01", at=timezone.now() + timedelta(days=1))
        assert pages_of(make_distributor()).get("/distribution/").status_code == 200
        assert guest.get("/distribution/agreement/2027-01/").status_code == 404


class TestContact:
    def test_is_theirs_to_change(self, pages_of: Pages) -> None:
        person = make_distributor()
        browser = pages_of(person)
        assert browser.post(CONTACT, {"wechat": "azhen_88", "city": "杭州"})["Location"] == CONTACT
        kept = ContactDetails.objects.get()
        assert (kept.pk, kept.wechat, kept.city) == (person.pk, "azhen_88", "杭州")
        assert 'value="azhen_88"' in text_of(browser.get(CONTACT))

    def test_what_is_wrong_changes_nothing(self, pages_of: Pages) -> None:
        html = text_of(pages_of(make_distributor()).post(CONTACT, {"phone": "123"}))
        assert 'aria-invalid="true"' in html
        assert not ContactDetails.objects.exists()


class TestLeaving:
    def test_says_what_becomes_of_each_part_of_the_money(self, pages_of: Pages) -> None:
        chain = earned()
        html = text_of(pages_of(chain.b).get(RESIGNATION))
        assert "¥15.00" in html and "¥30.00" in html and "想回来，随时可以再申请" in html

    def test_needs_to_be_sure(self, pages_of: Pages) -> None:
        person = make_distributor()
        html = text_of(pages_of(person).post(RESIGNATION, {"reason": "忙"}))
        assert "请先确认你知道退出之后会怎样。" in html
        person.refresh_from_db()
        assert person.status == Status.APPROVED

    def test_keeps_what_was_earned_to_the_cent(self, pages_of: Pages) -> None:
        chain = earned()
        browser = pages_of(chain.b)
        for _ in range(2):
            answer = browser.post(RESIGNATION, {"sure": "on", "reason": "搬家了"})
            assert answer["Location"] == "/distribution/join/"
        chain.b.refresh_from_db()
        assert (chain.b.status, chain.b.standings.last().reason) == (Status.RESIGNED, "搬家了")
        assert AuditEntry.objects.get(action="resigned_distributor").actor == chain.b.user
        assert money(chain.b) == {"pending": "15.00", "available": "30.00"}
        run = run_period(Schedule.objects.get(), timezone.localdate())
        assert run.payouts.get(distributor=chain.b).amount == Decimal("30.00")
        pay(make_order(chain.c, {make_variant("100.00"): 1}))
        assert money(chain.b) == {"pending": "15.00", "reserved": "30.00"}
        prove()

    def test_not_while_frozen_or_what_is_held_would_be_paid(self, pages_of: Pages) -> None:
        chain = earned()
        set_status(chain.b, Status.FROZEN, by=None, reason="核实")
        browser = pages_of(chain.b)
        assert "账号冻结期间不能自行退出" in text_of(browser.get(RESIGNATION))
        browser.post(RESIGNATION, {"sure": "on"})
        chain.b.refresh_from_db()
        assert chain.b.status == Status.FROZEN


class TestFreezing:
    def test_holds_what_is_unpaid_and_gives_it_back(self) -> None:
        """Pending still matures, nothing is paid; after thawing the next run pays it all."""
        chain = earned()
        set_status(chain.b, Status.FROZEN, by=None, reason="核实")
        held = Commission.objects.get(payee=chain.b, matured_at=None)
        receive(held.order)
        mature_commissions(timezone.now() + timedelta(days=8))
        assert money(chain.b) == {"available": "45.00"}
        schedule, today = Schedule.objects.get(), timezone.localdate()
        run = run_period(schedule, today)
        assert not run.payouts.filter(distributor=chain.b).exists()
        assert Skip.objects.get(run=run, distributor=chain.b).reason == SkipReason.FROZEN
        assert money(chain.b) == {"available": "45.00"}
        approve(chain.b, by=None, reason="没有问题")
        run = run_period(schedule, today + timedelta(days=7))
        assert run.payouts.get(distributor=chain.b).amount == Decimal("45.00")
        prove()

    def test_an_approved_payout_waits_too(self) -> None:
        chain = earned()
        Schedule.objects.update(auto_approve=True)
        run = run_period(Schedule.objects.get(), timezone.localdate())
        set_status(chain.b, Status.FROZEN, by=None, reason="核实")
        send_payouts()
        assert run.payouts.get(distributor=chain.b).state == PayoutState.APPROVED
        assert money(chain.b) == {"pending": "15.00", "reserved": "30.00"}

    def test_a_ban_forfeits_pending_available_and_drafts(self) -> None:
        chain = earned()
        run_period(Schedule.objects.get(), timezone.localdate())
        set_status(chain.b, Status.BANNED, by=None, reason="刷单")
        assert money(chain.b) == {}
        assert Payout.objects.get(distributor=chain.b).state == PayoutState.CANCELLED
        assert money(chain.a) == {"pending": "5.00", "reserved": "10.00"}
        prove()


class TestWhatTheyAreTold:
    def told(self, person: Distributor) -> list[str]:
        rows = Notice.objects.filter(recipient=person.user.phone).order_by("pk")
        return [row.text for row in rows]

    def test_of_every_change_with_its_reason(self) -> None:
        person = join(make_user())
        set_status(person, Status.REJECTED, by=None, reason="资料不全。")
        join(person.user)
        approve(person, by=None)
        set_status(person, Status.FROZEN, by=None, reason="核实")
        approve(person, by=None, reason="没有问题")
        set_status(person, Status.BANNED, by=None, reason="刷单")
        shop = "【邻里好物】"
        assert self.told(person) == [
            f"{shop}您的分销申请没有通过，可以补充资料后再次申请。原因：资料不全。",
            f"{shop}您的分销申请已通过，登录后在“推广”里开始分享。",
            f"{shop}您的推广账号已冻结，未付的款项为您保留，解冻后继续结算。原因：核实",
            f"{shop}您的推广账号已解冻，保留的款项照常结算。原因：没有问题",
            f"{shop}您的推广资格已被取消，未结算的佣金已收回。如有异议请联系客服。原因：刷单",
        ]

    def test_by_mail_when_there_is_no_phone(self) -> None:
        person = appoint(User.objects.create_user(None, email="a@example.com"), by=None, reason="t")
        assert Notice.objects.get().recipient == "a@example.com"
        assert person.status == Status.APPROVED
