"""Commissions, their receipts and the orders they come from: one's own and nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.clock import beijing_date
from distribution.desk.earnings import (
    earnings_of,
    in_state,
    movements_of,
    own_earnings,
    with_states,
)
from distribution.models import Commission, Distributor
from distribution.money.balances import balance_of
from distribution.money.commissions import mature_commissions
from distribution.money.holds import hold_commission, release_commission, revoke_commission
from distribution.money.set_offs import set_offs_of
from distribution.programme.people import set_status
from distribution.states import CommissionState, Status
from orders.models import Order
from orders.refunds import Part
from orders.registries import Outcome
from payouts.models import Payout, Schedule
from payouts.runs import run_period
from payouts.sending import approve_payout, cancel_payout, record_outcome, send_payout
from tests.books import unguarded
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

Pages = Callable[[Distributor | User], Client]
State = CommissionState
D = Decimal
DAY = timedelta(days=1)
NOW = timezone.now()
LIST = "/distribution/commissions/"


@pytest.fixture
def chain() -> Chain:
    make_rule("0.10", "0.05")
    return make_chain()


def sold(chain: Chain, price: str = "100.00", *, days_ago: int, received: bool = True) -> Order:
    at = NOW - days_ago * DAY
    order = make_order(chain.c, {make_variant(price): 1}, at=at)
    pay(order, at=at)
    return receive(order, at=at) if received else order


def run_payouts(days_ago: int) -> list[Payout]:
    at = NOW - days_ago * DAY
    mature_commissions(at)
    run = run_period(Schedule.objects.get(), beijing_date(at), at=at)
    return list(run.payouts.order_by("pk"))


def pay_out(days_ago: int) -> None:
    at = NOW - days_ago * DAY
    for payout in run_payouts(days_ago):
        send_payout(approve_payout(payout, by=None, at=at), at=at)
        record_outcome(payout, Outcome("paid", reference="V1"), at=at)


def take_back(order: Order, amount: str, *, days_ago: int) -> None:
    line = order.lines.get()
    refund(order, [Part(line.pk, 0, D(amount))], at=NOW - days_ago * DAY)


@pytest.fixture
def every_state(chain: Chain) -> dict[State, Order]:
    """One order of B's in each state."""
    paid = sold(chain, days_ago=60)
    pay_out(50)
    reserved = sold(chain, days_ago=40)
    run_payouts(30)
    available = sold(chain, days_ago=20)
    reversed_order = sold(chain, days_ago=19)
    take_back(reversed_order, "100.00", days_ago=18)
    mature_commissions(NOW)
    pending = sold(chain, days_ago=1)
    return {
        State.PAID: paid,
        State.RESERVED: reserved,
        State.AVAILABLE: available,
        State.REVERSED: reversed_order,
        State.PENDING: pending,
    }


class TestStates:
    def test_the_filter_and_the_state_say_the_same(
        self, chain: Chain, every_state: dict[State, Order]
    ) -> None:
        for person in (chain.a, chain.b):
            for state, order in every_state.items():
                rows = with_states(in_state(earnings_of(person), person, state))
                assert [(row.state, row.commission.order) for row in rows] == [(state, order)]

    def test_of_a_commission_in_two_payouts(self, chain: Chain) -> None:
        """Paid in part; after a refund of what was paid it is still in exactly one state."""
        order = sold(chain, days_ago=60)
        pay_out(50)
        take_back(order, "40.00", days_ago=45)
        sold(chain, "30.00", days_ago=40)
        mature_commissions(NOW - 30 * DAY)
        for person in (chain.a, chain.b):
            found = [
                (row.commission.pk, state)
                for state in State
                for row in own_earnings(person, in_state(earnings_of(person), person, state))
            ]
            everything = [
                (row.commission.pk, row.state) for row in own_earnings(person, earnings_of(person))
            ]
            assert sorted(found) == sorted(everything)

    def test_what_repays_a_debt_is_not_to_be_paid(self, chain: Chain) -> None:
        """The rows that say so add up to what the balance says, whatever was paid too much."""
        order = sold(chain, days_ago=60)
        pay_out(50)
        take_back(order, "40.00", days_ago=45)
        for days in (40, 39):
            sold(chain, "30.00", days_ago=days)
        mature_commissions(NOW - 30 * DAY)
        for person in (chain.a, chain.b):
            available = balance_of(person).available
            set_offs = set_offs_of(person.pk)
            rows = with_states(earnings_of(person), set_offs)
            assert [row.state for row in rows[:2]] == [State.SET_OFF, State.AVAILABLE]
            free = [row for row in rows if row.state in (State.SET_OFF, State.AVAILABLE)]
            left = [row.commission.amount - row.commission.allocated - row.set_off for row in free]
            assert sum(left) == available > 0
            found = [
                (row.commission.pk, state)
                for state in State
                for row in with_states(in_state(earnings_of(person), person, state), set_offs)
            ]
            assert sorted(found) == sorted((row.commission.pk, row.state) for row in rows)
        mature_commissions(NOW)
        pay_out(20)
        for person in (chain.a, chain.b):
            rows = with_states(earnings_of(person), set_offs_of(person.pk))
            assert balance_of(person).available == 0
            assert {row.state for row in rows} == {State.SET_OFF, State.PAID}


class TestTheList:
    def rows_in(self, html: str) -> int:
        return html.count('class="row" href="/distribution/commissions/')

    def test_by_state(self, chain: Chain, every_state: dict[State, Order], pages_of: Pages) -> None:
        browser = pages_of(chain.b)
        assert self.rows_in(browser.get(LIST).content.decode()) == 5
        for state in every_state:
            html = browser.get(f"{LIST}?state={state}").content.decode()
            assert self.rows_in(html) == 1 and str(state.label) in html

    def test_by_level_and_order_number(self, chain: Chain, pages_of: Pages) -> None:
        first, _second = sold(chain, days_ago=2), sold(chain, days_ago=1)
        browser = pages_of(chain.b)
        assert self.rows_in(browser.get(f"{LIST}?level=1").content.decode()) == 2
        assert self.rows_in(browser.get(f"{LIST}?level=2").content.decode()) == 0
        assert self.rows_in(browser.get(f"{LIST}?q={first.number}").content.decode()) == 1
        assert self.rows_in(browser.get(f"{LIST}?q={first.number[:12]}&level=1").content.decode())

    @pytest.mark.parametrize(
        "query",
        ["state=nonsense", "level=3", "page=-1", "page=x", "q=%00", "q=%27%3B--", "state=%00"],
    )
    def test_nonsense_does_no_harm(self, chain: Chain, pages_of: Pages, query: str) -> None:
        sold(chain, days_ago=1)
        assert pages_of(chain.b).get(f"{LIST}?{query}").status_code == 200

    def test_other_peoples_are_not_in_it(self, chain: Chain, pages_of: Pages) -> None:
        sold(chain, days_ago=1)
        html = pages_of(make_distributor(name="别人")).get(LIST).content.decode()
        assert self.rows_in(html) == 0 and "还没有佣金" in html

    @pytest.mark.parametrize("number", [1, 3])
    def test_five_queries(
        self, chain: Chain, number: int, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:
        for days in range(number):
            sold(chain, days_ago=days + 1)
        browser = pages_of(chain.b)
        with django_assert_num_queries(5):
            browser.get(LIST)
        with django_assert_num_queries(5):
            browser.get(f"{LIST}?state=pending&level=1")
        mature_commissions(NOW + 30 * DAY)
        with django_assert_num_queries(6):
            browser.get(LIST)
        with django_assert_num_queries(7):
            browser.get(f"{LIST}?state=available")


class TestTheReceipt:
    def receipt(self, pages_of: Pages, person: Distributor, order: Order) -> str:
        commission = Commission.objects.get(order=order, payee=person)
        answer = pages_of(person).get(f"{LIST}{commission.pk}/")
        assert answer.status_code == 200
        return str(answer.content.decode())

    def test_it_says_who_why_how_and_when(self, chain: Chain, pages_of: Pages) -> None:
        order = sold(chain, days_ago=1)
        html = self.receipt(pages_of, chain.b, order)
        for words in (
            "一级佣金",
            "下单时，买家绑定的分销商是你。",
            "一级 10%",
            "¥100.00 × 10%",
            "重新计算一致 ✓",
            order.number,
            "可结算。",
        ):
            assert words in html, words
        assert f"accrue:{order.pk}" not in html  # a key of the books says nothing to people
        assert "丙**" in html
        html = self.receipt(pages_of, chain.a, order)
        assert "二级佣金" in html and "你是这笔订单一级分销商的推荐人。" in html

    def test_a_refund_is_told_and_still_recomputes(self, chain: Chain, pages_of: Pages) -> None:
        order = sold(chain, days_ago=2)
        take_back(order, "30.00", days_ago=1)
        html = self.receipt(pages_of, chain.b, order)
        assert "−¥3.00" in html and "买家退款" in html and "重新计算一致 ✓" in html

    def test_what_does_not_recompute_is_said(self, chain: Chain, pages_of: Pages) -> None:
        order = sold(chain, days_ago=2)
        with unguarded():
            Commission.objects.filter(order=order).update(amount=D("1.23"))
        html = self.receipt(pages_of, chain.b, order)
        assert "与记账不一致" in html and "重新计算一致" not in html

    def test_what_is_held_or_revoked_may_be_objected_to(
        self, chain: Chain, pages_of: Pages
    ) -> None:
        order = sold(chain, days_ago=2)
        commission = Commission.objects.get(order=order, payee=chain.b)
        help_link = f"/me/tickets/new/?commission={commission.pk}"

        def offers() -> tuple[bool, int]:
            html = self.receipt(pages_of, chain.b, order)
            return "提出异议" in html, html.count(help_link)

        assert offers() == (False, 1)
        hold_commission(commission, by=None, reason="核实")
        assert offers() == (True, 1)
        release_commission(commission, by=None, reason="没问题")
        assert offers() == (False, 1)
        revoke_commission(commission, by=None, reason="自买自卖")
        assert offers() == (True, 1)

    def test_only_ones_own(self, chain: Chain, pages_of: Pages) -> None:
        order = sold(chain, days_ago=1)
        for commission in Commission.objects.filter(order=order):
            for person in (chain.a, chain.b):
                wanted = 200 if commission.payee == person else 404
                answer = pages_of(person).get(f"{LIST}{commission.pk}/")
                assert answer.status_code == wanted
        assert pages_of(chain.b).get(f"{LIST}999999999/").status_code == 404

    @pytest.mark.parametrize("orders", [1, 3])
    def test_a_fixed_number_of_queries(
        self, chain: Chain, orders: int, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:
        for days in range(orders):
            order = sold(chain, days_ago=days + 1)
        commission = Commission.objects.get(order=order, payee=chain.b)
        browser = pages_of(chain.b)
        with django_assert_num_queries(15):
            browser.get(f"{LIST}{commission.pk}/")


class TestTheWayThroughTheBooks:
    def way(self, order: Order, person: Distributor) -> list[str]:
        commission = Commission.objects.get(order=order, payee=person)
        return [f"{m.kind} {m.source}→{m.target} {m.amount}" for m in movements_of(commission)]

    def test_to_the_payout(self, chain: Chain) -> None:
        order = sold(chain, days_ago=60)
        sold(chain, "500.00", days_ago=60)
        pay_out(50)
        assert self.way(order, chain.b) == [
            "accrue expense→pending 10.00",
            "mature pending→available 10.00",
            "reserve available→reserved 10.00",
            "settle reserved→cash 10.00",
        ]

    def test_refunded_before_and_after(self, chain: Chain) -> None:
        order = sold(chain, days_ago=60)
        take_back(order, "30.00", days_ago=59)
        pay_out(50)
        take_back(order, "20.00", days_ago=40)
        assert self.way(order, chain.b) == [
            "accrue expense→pending 10.00",
            "reverse pending→expense 3.00",
            "mature pending→available 7.00",
            "reserve available→reserved 7.00",
            "settle reserved→cash 7.00",
            "reverse available→expense 2.00",
        ]

    def test_a_payout_that_was_cancelled_gives_back(self, chain: Chain) -> None:
        order = sold(chain, days_ago=60)
        for payout in run_payouts(50):
            cancel_payout(payout, by=None, reason="test", at=NOW - 49 * DAY)
        assert self.way(order, chain.b)[2:] == [
            "reserve available→reserved 10.00",
            "release reserved→available 10.00",
        ]

    def test_forfeited_by_a_ban(self, chain: Chain) -> None:
        order = sold(chain, days_ago=2)
        set_status(chain.b, Status.BANNED, by=None, reason="刷单")
        assert self.way(order, chain.b) == [
            "accrue expense→pending 10.00",
            "forfeit pending→expense 10.00",
        ]


class TestOrders:
    PAGE = "/distribution/orders/"

    def test_with_what_they_earn_and_the_buyer_masked(self, chain: Chain, pages_of: Pages) -> None:
        at = NOW - DAY
        order = make_order(chain.c, {make_variant("100.00"): 1, make_variant("50.00"): 2}, at=at)
        pay(order, at=at)
        html = pages_of(chain.b).get(self.PAGE).content.decode()
        assert order.number in html and "丙**" in html and "¥20.00" in html
        assert str(chain.c.phone) not in html
        html = pages_of(chain.a).get(f"{self.PAGE}?level=2").content.decode()
        assert "¥10.00" in html and "二级" in html
        assert order.number not in pages_of(chain.a).get(f"{self.PAGE}?level=1").content.decode()

    def test_unpaid_and_strangers_orders_are_not_in_it(self, chain: Chain, pages_of: Pages) -> None:
        unpaid = make_order(chain.c, {make_variant("100.00"): 1})
        stranger = make_order(items={make_variant("100.00"): 1})
        pay(stranger)
        html = pages_of(chain.b).get(self.PAGE).content.decode()
        assert unpaid.number not in html and stranger.number not in html
        assert "还没有推广订单" in html

    def test_newest_first_and_found_by_number(self, chain: Chain, pages_of: Pages) -> None:
        old, new = sold(chain, days_ago=3), sold(chain, days_ago=1)
        browser = pages_of(chain.b)
        html = browser.get(self.PAGE).content.decode()
        assert html.index(new.number) < html.index(old.number)
        html = browser.get(f"{self.PAGE}?q={old.number}").content.decode()
        assert old.number in html and new.number not in html

    @pytest.mark.parametrize("number", [1, 3])
    def test_six_queries(
        self, chain: Chain, number: int, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:
        for days in range(number):
            sold(chain, days_ago=days + 1)
        browser = pages_of(chain.b)
        with django_assert_num_queries(6):
            browser.get(self.PAGE)
