"""The dashboard: its figures are the ledger's, its queries few, its chart to scale."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.clock import BEIJING, beijing_date
from distribution.desk.charts import day_chart, round_top
from distribution.desk.dashboard import pending_of, position_of
from distribution.desk.trends import Day, Step, earned_by
from distribution.models import Commission, Distributor
from distribution.money.balances import balance_of
from distribution.money.commissions import mature_commissions
from distribution.money.holds import hold_commission
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import Order
from orders.refunds import Part, request_refund
from orders.registries import Outcome
from payouts.models import Schedule
from payouts.runs import run_period
from payouts.sending import approve_payout, record_outcome, send_payout
from tests.make import (
    Chain,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
D = Decimal
DAY = timedelta(days=1)


def sold(buyer: User, price: str = "100.00", *, at: datetime, received: bool = False) -> Order:
    order = make_order(buyer, {make_variant(price): 1}, at=at)
    pay(order, at=at)
    if received:
        receive(order, at=at)
    return order


def pay_out(at: datetime) -> None:
    """Everybody's available money, by the weekly schedule and by hand."""
    run = run_period(Schedule.objects.get(), beijing_date(at), at=at)
    for payout in run.payouts.all():
        send_payout(approve_payout(payout, by=None, at=at), at=at)
        record_outcome(payout, Outcome("paid", reference="V1"), at=at)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def busy(now: datetime) -> Chain:
    """B has money in every place: paid, reserved, available, pending in all its ways."""
    chain = make_chain()
    make_rule("0.10", "0.05")
    buyer = chain.c
    sold(buyer, "1000.00", at=now - 40 * DAY, received=True)
    mature_commissions(now - 30 * DAY)
    pay_out(now - 28 * DAY)
    sold(buyer, "500.00", at=now - 25 * DAY, received=True)
    mature_commissions(now - 15 * DAY)
    run_period(Schedule.objects.get(), beijing_date(now - 14 * DAY), at=now - 14 * DAY)
    sold(buyer, "300.00", at=now - 10 * DAY, received=True)
    mature_commissions(now)
    sold(buyer, "70.00", at=now)
    sold(buyer, "80.00", at=now - 3 * DAY, received=True)
    held = sold(buyer, "90.00", at=now - 2 * DAY, received=True)
    request_refund(held, [Part(held.lines.get().pk, 1, D("90.00"))], at=now)
    return chain


class TestFigures:
    def test_they_are_the_ledgers(self, busy: Chain, now: datetime) -> None:
        for person in (busy.a, busy.b):
            assert position_of(person, at=now).money == balance_of(person)
        money = position_of(busy.b, at=now).money
        assert (money.pending, money.available, money.reserved, money.paid, money.debt) == (
            D("24.00"),
            D("30.00"),
            D("50.00"),
            D("100.00"),
            D("0.00"),
        )

    def test_pending_says_what_it_waits_for(self, busy: Chain, now: datetime) -> None:
        pending = pending_of(busy.b)
        unlock = beijing_date(now + 4 * DAY)
        assert (pending.waiting, pending.held) == (D("7.00"), D("9.00"))
        assert [(row.day, row.amount, row.count) for row in pending.unlocks] == [
            (unlock, D("8.00"), 1)
        ]
        assert pending.due_by(unlock) == 0
        assert pending.due_by(unlock + DAY) == D("8.00")

    def test_all_that_was_earned_is_what_lies_somewhere(self, busy: Chain, now: datetime) -> None:
        assert position_of(busy.b, at=now).money.total == D("204.00")

    def test_earned_follows_refunds_and_beijings_days(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        evening = datetime(2026, 5, 31, 23, 59, tzinfo=BEIJING)
        sold(chain.c, "10.00", at=evening)
        order = sold(chain.c, "30.00", at=evening + timedelta(minutes=2), received=True)
        sold(chain.c, "50.00", at=evening + timedelta(minutes=5))
        refund(order, [Part(order.lines.get().pk, 0, D("10.00"))], at=evening + 2 * DAY)
        earned = earned_by(chain.b, at=evening + timedelta(hours=1))
        assert (earned.today.now, earned.month.now, earned.last_days) == (
            D("7.00"),
            D("7.00"),
            D("8.00"),
        )
        assert [(day.day, day.amount, day.orders) for day in earned.days if day.orders] == [
            (date(2026, 5, 31), D("1.00"), 1),
            (date(2026, 6, 1), D("7.00"), 2),
        ]
        assert len(earned.days) == 30 and earned.days[-1].day == date(2026, 6, 1)

    def test_against_the_same_moment_of_the_period_before(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        now = datetime(2026, 5, 20, 15, 0, tzinfo=BEIJING)
        hour = timedelta(hours=1)
        sold(chain.c, "10.00", at=now)
        sold(chain.c, "20.00", at=now - DAY - hour)
        sold(chain.c, "40.00", at=now - DAY + hour)  # later yesterday than it is now
        month_ago = datetime(2026, 4, 20, 15, 0, tzinfo=BEIJING)
        sold(chain.c, "80.00", at=month_ago - hour)
        sold(chain.c, "160.00", at=month_ago + hour)
        sold(chain.c, "320.00", at=month_ago - 9 * DAY)
        sold(chain.c, "640.00", at=month_ago + 9 * DAY)
        earned = earned_by(chain.b, at=now)
        assert (earned.today.now, earned.today.before, earned.today.arrow) == (D(1), D(2), "↓")
        assert (earned.month.now, earned.month.before, earned.month.arrow) == (D(7), D(40), "↓")

    def test_a_shorter_month_before_counts_whole(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        sold(chain.c, "10.00", at=datetime(2026, 2, 28, 23, 0, tzinfo=BEIJING))
        earned = earned_by(chain.b, at=datetime(2026, 3, 31, 9, 0, tzinfo=BEIJING))
        assert (earned.month.now, earned.month.before) == (D(0), D(1))

    def test_weeks_and_months_with_what_was_paid(self, busy: Chain, now: datetime) -> None:
        for step, bars in ((Step.DAYS, 30), (Step.WEEKS, 12), (Step.MONTHS, 12)):
            earned = earned_by(busy.b, at=now, step=step)
            assert (len(earned.days), earned.last_paid) == (bars, D("100.00"))
        assert earned_by(busy.b, at=now, step=Step.MONTHS).last_days == D("204.00")
        weeks = earned_by(busy.b, at=now, step=Step.WEEKS).days
        assert {week.day.isoweekday() for week in weeks} == {1}

    def test_what_is_under_review_unlocks_on_no_day(self, busy: Chain, now: datetime) -> None:
        unlocking = busy.b.commissions.get(amount=D("8.00"))
        hold_commission(unlocking, by=None, reason="test")
        pending = pending_of(busy.b)
        assert (pending.reviewed, pending.unlocks) == (D("8.00"), [])
        assert pending.total == balance_of(busy.b).pending

    def test_both_levels_are_told_apart(self, busy: Chain, now: datetime) -> None:
        days = earned_by(busy.a, at=now).days
        assert sum(day.level1 for day in days) == 0
        assert sum(day.level2 for day in days) == D("52.00")

    def test_a_debt_is_shown(self, now: datetime, pages_of: Pages) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = sold(chain.c, at=now - 30 * DAY, received=True)
        mature_commissions(now - 20 * DAY)
        pay_out(now - 20 * DAY)
        refund(order, [Part(order.lines.get().pk, 1, D("100.00"))], at=now)
        money = position_of(chain.b, at=now).money
        assert (money.available, money.debt) == (D("0.00"), D("10.00"))
        html = pages_of(chain.b).get("/distribution/").content.decode()
        assert "待抵扣" in html and "有 ¥10.00 待抵扣" in html

    def test_the_team_in_three_numbers_and_no_deeper(self, now: datetime) -> None:
        chain = make_chain()
        third = make_distributor(name="丁", recruiter=chain.b)
        make_distributor(name="戊", recruiter=third)
        sizes = position_of(chain.a, at=now).team
        assert (sizes.customers, sizes.distributors, sizes.second) == (1, 1, 2)
        assert position_of(chain.b, at=now).team.second == 1


class TestThePage:
    def test_it_says_what_each_figure_means(self, busy: Chain, pages_of: Pages) -> None:
        html = pages_of(busy.b).get("/distribution/").content.decode()
        for name in ("available", "pending", "reserved", "paid", "debt", "today", "month", "total"):
            assert f'popovertarget="about-{name}"' in html, name
            assert f'id="about-{name}" popover' in html, name
        assert "¥204.00" in html
        assert 'aria-current="page">概览' in html

    def test_the_next_payout_and_what_it_waits_for(self, busy: Chain, pages_of: Pages) -> None:
        html = pages_of(busy.b).get("/distribution/").content.decode()
        assert "下次结算" in html and "每周一结算" in html

    def test_bars_of_weeks_and_months_are_links(self, busy: Chain, pages_of: Pages) -> None:
        browser = pages_of(busy.b)
        for step, words in (
            ("weeks", "最近 12 周"),
            ("months", "最近 12 个月"),
            ("x", "最近 30 天"),
        ):
            assert words in browser.get(f"/distribution/?trend={step}").content.decode()

    def test_a_debt_leads_to_its_reasons(self, now: datetime, pages_of: Pages) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = sold(chain.c, at=now - 30 * DAY, received=True)
        mature_commissions(now - 20 * DAY)
        pay_out(now - 20 * DAY)
        html = pages_of(chain.b).get("/distribution/").content.decode()
        assert "/distribution/debt/" not in html
        refund(order, [Part(order.lines.get().pk, 1, D("100.00"))], at=now)
        html = pages_of(chain.b).get("/distribution/").content.decode()
        assert "/distribution/debt/" in html

    def test_a_newcomer_is_shown_where_to_begin(self, pages_of: Pages) -> None:
        html = pages_of(make_distributor()).get("/distribution/").content.decode()
        assert "还没有佣金" in html and "去分享" in html

    @pytest.mark.parametrize("orders", [1, 3])
    def test_eight_queries_however_much_there_is(
        self, orders: int, now: datetime, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        for number in range(orders):
            sold(chain.c, at=now - number * DAY)
        browser = pages_of(chain.b)
        with django_assert_num_queries(8):
            browser.get("/distribution/")
        Commission.objects.update(matures_at=now, matured_at=now)
        with django_assert_num_queries(9):  # one of the latest may repay a debt
            browser.get("/distribution/")
        set_status(chain.b, Status.FROZEN, by=None, reason="核实中")
        with django_assert_num_queries(9):
            assert "核实中" in browser.get("/distribution/").content.decode()


class TestTheChart:
    def day(self, number: int, level1: str, level2: str = "0.00") -> Day:
        return Day(date(2026, 5, 1) + number * DAY, D(level1), D(level2), 1)

    def test_bars_stand_on_each_other_under_a_round_top(self) -> None:
        chart = day_chart([self.day(0, "30.00", "15.00"), self.day(1, "0.00"), self.day(2, "7.50")])
        assert (chart.top, chart.half) == (D(50), D(25))
        first = chart.bars[0]
        assert (first.level1_y, first.level1_height) == ("40.00%", "60.00%")
        assert (first.level2_y, first.level2_height) == ("10.00%", "30.00%")
        assert first.paid_height == "0.00%"
        assert chart.bars[1].level1_height == "0.00%"
        assert chart.bars[0].label == "05-01  ¥45.00  1 笔订单"

    @pytest.mark.parametrize(
        ("highest", "top"),
        [
            ("0", "0"),
            ("0.01", "0.01"),
            ("1", "1"),
            ("11", "12"),
            ("99", "100"),
            ("101", "120"),
            ("5001", "6000"),
        ],
    )
    def test_the_top_is_round(self, highest: str, top: str) -> None:
        assert round_top(D(highest)) == D(top)

    def test_nothing_earned(self) -> None:
        assert day_chart([self.day(0, "0.00")]).is_empty


class TestTheTabInTheBars:
    PERSONAL = "/personal/"

    def test_distributors_have_it(self, pages_of: Pages) -> None:
        html = pages_of(make_distributor()).get(self.PERSONAL).content.decode()
        assert 'id="bar-promote" href="/distribution/"' in html
        assert 'id="header-promote"' in html and "aria-current" not in html

    def test_it_is_lit_on_their_own_pages(self, pages_of: Pages) -> None:
        headers = {"hx-request": "true", "hx-current-url": "http://testserver/distribution/team/"}
        html = pages_of(make_distributor()).get(self.PERSONAL, headers=headers).content.decode()
        assert html.count('aria-current="page"') == 2

    def test_every_page_has_a_place_for_it(self, pages_of: Pages) -> None:
        """Also where the bar at the foot is another one: htmx complains of a missing place."""
        browser, variant = pages_of(make_distributor()), make_variant()
        browser.post("/cart/lines/", {"variant": variant.pk, "quantity": 1})
        for path in ("/", f"/p/{variant.product.slug}/", "/cart/", "/checkout/"):
            html = browser.get(path).content.decode()
            assert (html.count('id="bar-promote"'), html.count('id="header-promote"')) == (1, 1)

    def test_nobody_else_has(self, guest: Client, pages_of: Pages) -> None:
        banned = set_status(make_distributor(), Status.BANNED, by=None, reason="test")
        for browser in (guest, pages_of(make_user()), pages_of(banned)):
            assert "bar-promote" not in browser.get(self.PERSONAL).content.decode()
