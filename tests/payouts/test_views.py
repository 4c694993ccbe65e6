"""A distributor's payouts: each with its stages, why a run left them out, and when the next is."""

import csv
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.clock import BEIJING, beijing_date
from distribution.desk.dashboard import pending_of
from distribution.models import Commission, Distributor
from distribution.money.balances import balance_of
from distribution.money.commissions import mature_commissions
from distribution.money.holds import hold_commissions
from distribution.programme.people import set_status
from distribution.registries import NextPayout
from distribution.states import Status
from orders.refunds import Part
from orders.registries import Outcome
from payouts.models import Payout, Schedule
from payouts.outlook import next_payout
from payouts.runs import run_due, run_period
from payouts.sending import approve_payout, cancel_payout, record_outcome, send_payout
from tests.make import (
    Chain,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

D = Decimal
DAY = timedelta(days=1)
NOW = timezone.now()
# A Wednesday.
NOON = datetime(2026, 3, 18, 12, tzinfo=BEIJING)


@pytest.fixture
def chain() -> Chain:
    make_rule("0.10", "0.05")
    return make_chain()


def sold(chain: Chain, price: str = "100.00", *, at: datetime, received: bool = True) -> Any:
    order = make_order(chain.c, {make_variant(price): 1}, at=at)
    pay(order, at=at)
    return receive(order, at=at) if received else order


def run_at(at: datetime) -> None:
    mature_commissions(at)
    run_period(Schedule.objects.get(), beijing_date(at), at=at)


def pages_of(person: Distributor) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def outlook(person: Distributor, at: datetime = NOON) -> NextPayout:
    return next_payout(person, balance_of(person), pending_of(person), at=at)


class TestThePages:
    def test_what_a_freeze_keeps_back_says_so(self, chain: Chain) -> None:
        sold(chain, at=NOW - 20 * DAY)
        run_at(NOW - 10 * DAY)
        payout = Payout.objects.get(distributor=chain.b)
        page = f"/payouts/{payout.number}/"
        words = "账号冻结期间先不打款"
        assert words not in pages_of(chain.b).get(page).content.decode()
        set_status(chain.b, Status.FROZEN, by=None, reason="核实")
        approve_payout(payout, by=None)
        assert words in pages_of(chain.b).get(page).content.decode()

    def test_from_draft_to_paid(self, chain: Chain) -> None:
        sold(chain, at=NOW - 20 * DAY)
        run_at(NOW - 10 * DAY)
        payout = Payout.objects.get(distributor=chain.b)
        browser = pages_of(chain.b)
        page = f"/payouts/{payout.number}/"
        assert "等待商家审批" in browser.get("/payouts/").content.decode()
        approve_payout(payout, by=None)
        assert "等待打款" in browser.get(page).content.decode()
        send_payout(payout)
        assert "渠道已受理，等待到账" in browser.get(page).content.decode()
        record_outcome(payout, Outcome("paid", reference="V123"), at=NOW)
        html = browser.get(page).content.decode()
        assert "已付款" in html and "凭证号 V123" in html and "¥10.00" in html
        assert "线下打款" in html and "坚果" in html

    def test_an_unknown_outcome_is_explained(self, chain: Chain) -> None:
        sold(chain, at=NOW - 20 * DAY)
        run_at(NOW - 10 * DAY)
        payout = Payout.objects.get(distributor=chain.b)
        Payout.objects.filter(pk=payout.pk).update(state="sending", sent_at=NOW)
        payout.attempts.create(action="send", at=NOW, outcome="unknown")
        html = pages_of(chain.b).get(f"/payouts/{payout.number}/").content.decode()
        assert "不会重复打款" in html and "没有明确答复" in html

    def test_a_failure_and_a_cancellation_with_their_reasons(self, chain: Chain) -> None:
        sold(chain, at=NOW - 30 * DAY)
        run_at(NOW - 20 * DAY)
        for payout in Payout.objects.all():
            send_payout(approve_payout(payout, by=None))
            record_outcome(payout, Outcome("failed", detail="账户名不符"), at=NOW)
        run_at(NOW - 10 * DAY)
        cancel_payout(
            Payout.objects.get(distributor=chain.b, state="draft"), by=None, reason="资料待补"
        )
        html = pages_of(chain.b).get("/payouts/").content.decode()
        assert "账户名不符" in html and "资料待补" in html
        assert "款项已退回可结算余额" in html

    def test_why_a_run_left_them_out(self, chain: Chain) -> None:
        sold(chain, at=NOW - 3 * DAY)
        run_at(NOW)
        html = pages_of(chain.b).get("/payouts/").content.decode()
        assert "为什么这次没有我" in html and "佣金尚未成熟" in html

    def test_only_ones_own(self, chain: Chain) -> None:
        sold(chain, at=NOW - 20 * DAY)
        run_at(NOW - 10 * DAY)
        for payout in Payout.objects.all():
            for person in (chain.a, chain.b):
                wanted = 200 if payout.distributor == person else 404
                assert pages_of(person).get(f"/payouts/{payout.number}/").status_code == wanted
        html = pages_of(make_distributor(name="别人")).get("/payouts/").content.decode()
        assert "还没有结算单" in html

    def test_a_draft_drawn_up_again_is_found_by_its_former_numbers(self, chain: Chain) -> None:
        """Statements and messages name them: no link of theirs leads nowhere."""
        orders = [sold(chain, at=NOW - 30 * DAY) for _ in range(3)]
        run_at(NOW - 20 * DAY)
        former = [Payout.objects.get(distributor=chain.b).number]
        for number, order in enumerate(orders[:2]):
            part = Part(order.lines.get().pk, 0, D("40.00"))
            refund(order, [part], at=NOW - (19 - number) * DAY)
            former.append(Payout.objects.get(distributor=chain.b).number)
        payout = Payout.objects.get(distributor=chain.b)
        assert (len(set(former)), payout.number, payout.amount) == (3, former[2], D("22.00"))
        browser = pages_of(chain.b)
        for number in former[:2]:
            answer = browser.get(f"/payouts/{number}/", follow=True)
            assert answer.redirect_chain == [(f"/payouts/{payout.number}/", 302)]
            assert f"结算单 {number} 因佣金变动重新生成" in answer.content.decode()
            assert pages_of(chain.a).get(f"/payouts/{number}/").status_code == 404
        months = browser.get("/distribution/statements/").content.decode()
        for month in set(re.findall(r"/distribution/statements/[\d-]+/", months)):
            html = browser.get(month).content.decode()
            for link in set(
                re.findall(r'href="(/(?:payouts|distribution/commissions)/\w+/)"', html)
            ):
                assert browser.get(link, follow=True).status_code == 200

    def test_a_part_of_a_payout_never_passes_for_the_whole(self, chain: Chain) -> None:
        first = sold(chain, at=NOW - 30 * DAY)
        sold(chain, "200.00", at=NOW - 30 * DAY)
        run_at(NOW - 20 * DAY)
        payout = Payout.objects.get(distributor=chain.b)
        browser = pages_of(chain.b)
        part = browser.get(f"/payouts/{payout.number}/", {"q": first.number}).content.decode()
        assert f"只列出：<strong>{first.number}</strong>" in part
        assert "这些一共 ¥10.00，整张结算单是 ¥30.00。" in part
        assert "只列出" not in browser.get(f"/payouts/{payout.number}/").content.decode()

    def test_two_drafts_drawn_up_again_at_once_are_not_mixed_up(self, chain: Chain) -> None:
        suspect = []
        for days in (40, 30):
            suspect.append(sold(chain, at=NOW - days * DAY))
            sold(chain, "200.00", at=NOW - days * DAY)
            run_at(NOW - (days - 8) * DAY)
        before = {row.pk: row.number for row in Payout.objects.filter(distributor=chain.b)}
        found = Commission.objects.filter(order__in=suspect, level=1)
        hold_commissions(found, by=None, reason="test", at=NOW - 10 * DAY)
        after = {row.pk: row.number for row in Payout.objects.filter(distributor=chain.b)}
        browser = pages_of(chain.b)
        assert len({*before.values(), *after.values()}) == 4
        for pk, number in before.items():
            answer = browser.get(f"/payouts/{number}/", follow=True)
            assert answer.context["payout"].number == after[pk]

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_fixed_number_of_queries(
        self, chain: Chain, number: int, django_assert_num_queries: Any
    ) -> None:
        for weeks in range(number):
            at = NOW - (70 - 7 * weeks) * DAY
            sold(chain, at=at)
            sold(chain, at=at)
            run_at(at + 7 * DAY)
        browser = pages_of(chain.b)
        payout = Payout.objects.filter(distributor=chain.b).latest("pk")
        with django_assert_num_queries(9):
            browser.get("/payouts/")
        with django_assert_num_queries(7):
            browser.get(f"/payouts/{payout.number}/")

    @pytest.mark.parametrize("number", [1, 3])
    def test_taken_away_in_a_fixed_number_of_queries(
        self, chain: Chain, number: int, django_assert_num_queries: Any
    ) -> None:
        for weeks in range(number):
            at = NOW - (70 - 7 * weeks) * DAY
            sold(chain, at=at)
            run_at(at + 7 * DAY)
        browser = pages_of(chain.b)
        with django_assert_num_queries(4):  # session, person, distributor, payouts
            rows = table(browser, "/payouts/?format=csv")
        numbers = Payout.objects.filter(distributor=chain.b).order_by("-pk")
        assert [row[:4] for row in rows] == [
            [payout.number, "10.00", "待审批", "线下打款"] for payout in numbers
        ]
        # session, person, distributor, payout, its commissions
        with django_assert_num_queries(5):
            parts = table(browser, f"/payouts/{numbers[0].number}/?format=csv")
        assert [(row[1][:2], row[2], row[4]) for row in parts] == [("坚果", "1", "10.00")]
        assert table(pages_of(make_distributor()), "/payouts/?format=csv") == []
        other = pages_of(make_distributor())
        assert other.get(f"/payouts/{numbers[0].number}/?format=csv").status_code == 404

    def test_found_and_filtered(self, chain: Chain) -> None:
        for days in (40, 20):
            sold(chain, at=NOW - days * DAY)
            run_at(NOW - (days - 10) * DAY)
        older, newer = Payout.objects.filter(distributor=chain.b).order_by("pk")
        cancel_payout(older, by=None, reason="资料待补")
        browser = pages_of(chain.b)
        day = f"{beijing_date(newer.created_at):%Y-%m-%d}"
        for query, found in {
            "": [newer, older],
            "state=cancelled": [older],
            "state=nonsense&since=2026-02-30&page=-1": [newer, older],
            f"q={newer.number[-6:].lower()}": [newer],
            f"since={day}": [newer],
            f"until={day}": [newer, older],
            "until=2001-01-01": [],
            "since=0001-01-01&until=9999-12-31": [newer, older],
        }.items():
            rows = browser.get(f"/payouts/?{query}").context["rows"]
            assert [payout for payout, _stages in rows] == found, query
        assert "没有符合条件的结算单" in browser.get("/payouts/?q=无").content.decode()


def table(browser: Client, address: str) -> list[list[str]]:
    text = b"".join(browser.get(address)).decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))[1:]


class TestTheNextPayout:
    """Monday the 23rd is the next day of the weekly schedule."""

    def test_the_balance_and_what_unlocks_before(self, chain: Chain) -> None:
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        sold(chain, "50.00", at=NOON - 4 * DAY)
        sold(chain, "70.00", at=NOON - 2 * DAY)
        found = outlook(chain.b)
        assert (found.schedule, found.on, found.amount) == (
            "每周一结算",
            date(2026, 3, 23),
            D("15.00"),
        )
        assert found.blockers == []
        assert found.note == "当天生成结算单，商家审批后打款。"

    def test_it_is_what_the_run_then_pays(self, chain: Chain) -> None:
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        sold(chain, "50.00", at=NOON - 4 * DAY)
        foretold = outlook(chain.b)
        assert foretold.on is not None
        monday = datetime(2026, 3, 23, 0, 10, tzinfo=BEIJING)
        mature_commissions(monday)
        run_due(foretold.on, at=monday)
        assert Payout.objects.get(distributor=chain.b).amount == foretold.amount

    def test_on_the_day_itself_until_it_has_run(self, chain: Chain) -> None:
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        monday = NOON + 5 * DAY
        assert outlook(chain.b, monday).on == date(2026, 3, 23)
        run_due(date(2026, 3, 23), at=monday)
        found = outlook(chain.b, monday)
        assert (found.on, found.blockers) == (date(2026, 3, 30), ["可结算的款项都已在结算中。"])

    def test_below_the_minimum_says_how_much_is_missing(self, chain: Chain) -> None:
        Schedule.objects.update(minimum=D("50.00"))
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        assert outlook(chain.b).blockers == ["满 ¥50.00 才结算，还差 ¥40.00。"]

    def test_a_threshold_has_no_day_until_it_is_reached(self, chain: Chain) -> None:
        Schedule.objects.update(kind="threshold", threshold=D("15.00"))
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        found = outlook(chain.b)
        assert (found.schedule, found.on) == ("满 ¥15.00 自动结算", None)
        assert found.blockers == ["满 ¥15.00 才结算，还差 ¥5.00。"]
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        assert (outlook(chain.b).on, outlook(chain.b).blockers) == (date(2026, 3, 18), [])

    def test_monthly(self, chain: Chain) -> None:
        Schedule.objects.update(kind="monthly", day_of_month=31)
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        found = outlook(chain.b, datetime(2026, 4, 2, 12, tzinfo=BEIJING))
        assert (found.schedule, found.on) == ("每月 31 日结算", date(2026, 4, 30))

    def test_the_first_schedule_that_pays_is_named(self, chain: Chain) -> None:
        Schedule.objects.create(
            name="月结", kind="monthly", day_of_month=28, minimum=D("1.00"), channel="manual"
        )
        Schedule.objects.filter(kind="weekly").update(minimum=D("500.00"))
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        found = outlook(chain.b)
        assert (found.schedule, found.on, found.blockers) == (
            "每月 28 日结算",
            date(2026, 3, 28),
            [],
        )

    def test_nothing_mature_yet(self, chain: Chain) -> None:
        assert outlook(chain.b).blockers == ["还没有佣金。"]
        waiting = sold(chain, at=NOON - DAY, received=False)
        assert outlook(chain.b).blockers == ["佣金还在等买家收货或售后处理完。"]
        receive(waiting, at=NOON)
        assert outlook(chain.b).blockers == [
            "佣金尚未到可结算的日子，最早 3月25日 有 ¥10.00 解锁。"
        ]

    def test_a_debt_comes_first(self, chain: Chain) -> None:
        order = sold(chain, at=NOON - 30 * DAY)
        mature_commissions(NOON - 20 * DAY)
        run = run_period(Schedule.objects.get(), date(2026, 3, 2), at=NOON - 16 * DAY)
        for payout in run.payouts.all():
            send_payout(approve_payout(payout, by=None))
            record_outcome(payout, Outcome("paid"), at=NOON)
        refund(order, [Part(order.lines.get().pk, 1, D("100.00"))], at=NOON)
        found = outlook(chain.b)
        assert found.amount == 0
        assert found.blockers == [
            "有 ¥10.00 待抵扣（有的佣金结算给你之后又撤回了），之后的佣金会先抵扣。"
        ]

    def test_frozen(self, chain: Chain) -> None:
        sold(chain, at=NOON - 20 * DAY)
        mature_commissions(NOON)
        set_status(chain.b, Status.FROZEN, by=None, reason="test")
        chain.b.refresh_from_db()
        found = outlook(chain.b)
        assert (found.on, found.schedule, found.blockers) == (
            None,
            "每周一结算",
            ["账号已冻结，款项保留。"],
        )

    def test_banned(self, chain: Chain) -> None:
        set_status(chain.b, Status.BANNED, by=None, reason="test")
        chain.b.refresh_from_db()
        found = outlook(chain.b)
        assert (found.on, found.schedule, found.blockers) == (None, "", ["账号已封禁，不再结算。"])

    def test_without_any_schedule(self, chain: Chain) -> None:
        Schedule.objects.update(is_active=False)
        found = outlook(chain.b)
        assert (found.on, found.blockers) == (None, ["商家还没有启用自动结算，款项会一直保留。"])
