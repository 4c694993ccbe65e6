"""The life of commissions: accrued at payment, mature after receipt, reversed by refunds."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.clock import BEIJING
from base.money import ZERO
from distribution import commissions as life
from distribution.balances import lock_balances
from distribution.commissions import mature_commissions
from distribution.models import Commission, OrderTerms, Transfer
from distribution.people import set_status
from distribution.policy import publish_policy
from distribution.reservations import Claim, reserve, settle
from distribution.states import Status
from orders.events import replay_events
from orders.models import Order, OrderEvent, OrderLine
from orders.payments import confirm_payment
from orders.refunds import Part, approve_refund, reject_refund, request_refund, withdraw_refund
from orders.states import EventKind
from tests.books import commissions, ledger, money, prove, reversals, transfer_keys
from tests.make import (
    START,
    Chain,
    make_address,
    make_chain,
    make_order,
    make_rule,
    make_shipping_rate,
    make_variant,
    make_virtual,
    pay,
    receive,
    refund,
    ship,
)

pytestmark = pytest.mark.django_db

D = Decimal
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)


def paid_order(chain: Chain, price: str = "99.00", quantity: int = 1, **values: Any) -> Order:
    order = make_order(chain.c, {make_variant(price, **values): quantity}, at=NOON)
    pay(order, at=NOON)
    return order


def line_of(order: Order) -> OrderLine:
    return order.lines.get()


def take_back(order: Order, quantity: int, amount: str, *, at: datetime = NOON + DAY) -> None:
    refund(order, [Part(line_of(order).pk, quantity, D(amount))], at=at)


class TestAccrual:
    def test_both_levels_are_pending_against_the_expense(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = paid_order(chain)
        assert ledger() == [
            "accrue expense shop -49.50",
            "accrue pending 乙 27.00",
            "accrue pending 甲 22.50",
        ]
        assert transfer_keys() == [f"accrue:{order.pk}"]
        assert money(chain.a) == {"pending": "22.50"}
        assert money(chain.b) == {"pending": "27.00"}
        first = Commission.objects.get(level=1)
        assert (first.base_amount, first.raw_amount, first.limit_amount) == (
            D("99.00"),
            D("29.70"),
            D("49.50"),
        )
        assert (first.accrued_at, first.matures_at, first.matured_at) == (NOON, None, None)
        prove()

    def test_a_frozen_level_2_leaves_level_1_whole(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        set_status(chain.a, Status.FROZEN, by=None, reason="test", at=START + DAY)
        paid_order(chain)
        assert ledger() == ["accrue expense shop -29.70", "accrue pending 乙 29.70"]

    def test_a_zero_level_does_not_silence_the_other_nor_the_other_lines(self) -> None:
        chain = make_chain()
        nuts, soap, free = make_variant("100.00"), make_variant("10.00"), make_variant("0.00")
        make_rule("0", "0.05")
        make_rule("0.20", None, scope="variant", variant=soap)
        pay(make_order(chain.c, {free: 1, nuts: 1, soap: 1}, at=NOON), at=NOON)
        assert commissions() == [
            "2 甲 5.00 → 5.00",
            "1 乙 2.00 → 2.00",
            "2 甲 0.50 → 0.50",
        ]
        prove()

    def test_shipping_earns_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        make_shipping_rate("50.00")
        variant = make_variant("100.00")
        pay(make_order(chain.c, {variant: 1}, address=make_address(chain.c), at=NOON), at=NOON)
        assert commissions() == ["1 乙 10.00 → 10.00", "2 甲 5.00 → 5.00"]

    def test_unknown_cost_earns_nothing_under_a_profit_rule(self) -> None:
        chain = make_chain()
        make_rule("0.50", "0.10", base="profit")
        known = paid_order(chain, "100.00", cost="60.00")
        paid_order(chain, "100.00", cost=None)
        assert commissions() == ["1 乙 20.00 → 20.00", "2 甲 4.00 → 4.00"]
        assert set(Commission.objects.values_list("order", flat=True)) == {known.pk}

    def test_an_order_without_distributors_books_nothing(self) -> None:
        make_rule()
        pay(make_order(at=NOON), at=NOON)
        assert (ledger(), commissions()) == ([], [])
        prove()

    def test_a_free_order_books_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.30", None, amount2=D("1.00"), rate2=None)
        order = make_order(chain.c, {make_variant("0.00"): 1}, at=NOON)
        assert order.paid_at == NOON
        assert (ledger(), commissions()) == ([], [])

    def test_buying_for_oneself(self) -> None:
        chain = make_chain()
        publish_policy(by=None, at=START, self_purchase=True)
        make_rule("0.10", "0.05")
        pay(make_order(chain.b.user, {make_variant("100.00"): 1}, at=NOON), at=NOON)
        assert commissions() == ["1 乙 10.00 → 10.00", "2 甲 5.00 → 5.00"]
        flags = Commission.objects.order_by("level").values_list("is_self_purchase", flat=True)
        assert list(flags) == [True, False]
        prove()

    def test_the_same_event_again_changes_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = paid_order(chain)
        before = ledger(), commissions()
        event = OrderEvent.objects.get(order=order, kind=EventKind.PAID)
        life.accrue([event])
        assert (ledger(), commissions()) == before

    def test_the_same_notice_again_changes_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = paid_order(chain)
        before = ledger(), commissions()
        payment = order.payments.get()
        confirm_payment(payment.number, amount=payment.amount, gateway_no="other", at=NOON + DAY)
        assert (ledger(), commissions()) == before
        assert OrderTerms.objects.get(order=order).paid_at == NOON

    def test_adds_at_most_six_queries_for_any_number_of_orders(self) -> None:
        chain = make_chain()
        make_rule()
        orders = [
            make_order(chain.c, {make_variant(): 1, make_variant(): 2}, at=NOON) for _ in range(4)
        ]
        for order in orders:
            order.state, order.paid_at = "paid", NOON
            order.save()
        for batch in (orders[:1], orders[1:]):
            events = [OrderEvent(order=order, kind="paid", at=NOON) for order in batch]
            with CaptureQueriesContext(connection) as queries:
                life.accrue(events)
            assert len(queries) == 6
        assert Commission.objects.count() == 16

    def test_locks_no_balance(self) -> None:
        chain = make_chain()
        make_rule()
        order = make_order(chain.c, at=NOON)
        with CaptureQueriesContext(connection) as queries:
            pay(order, at=NOON)
        assert not [q["sql"] for q in queries if "distribution_balance" in q["sql"]]
        assert Commission.objects.count() == 2


class TestFailure:
    def test_a_failing_accrual_leaves_the_payment_and_comes_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = make_order(chain.c, {make_variant("99.00"): 1}, at=NOON)
        with monkeypatch.context() as broken:
            broken.setattr(life, "post", fail)
            pay(order, at=NOON)
        order.refresh_from_db()
        assert order.state == "paid"
        assert (ledger(), commissions()) == ([], [])
        event = OrderEvent.objects.get(order=order, kind=EventKind.PAID)
        assert (event.handled_at, event.attempts) == (None, 1)
        assert "ArithmeticError: a bug" in event.error
        assert replay_events() == (1, 0)
        assert commissions() == ["1 乙 27.00 → 27.00", "2 甲 22.50 → 22.50"]
        assert Commission.objects.first().accrued_at == NOON  # type: ignore[union-attr]
        assert replay_events() == (0, 0)
        prove()

    def test_receipt_and_refund_wait_for_the_accrual_before_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = make_order(chain.c, {make_variant("33.00"): 3}, at=NOON)
        with monkeypatch.context() as broken:
            broken.setattr(life, "post", fail)
            pay(order, at=NOON)
            take_back(order, 1, "33.00")
            receive(order, at=NOON + 2 * DAY)
            take_back(order, 0, "3.00", at=NOON + 3 * DAY)
        assert (ledger(), commissions()) == ([], [])
        assert replay_events() == (4, 0)
        assert commissions() == ["1 乙 27.00 → 17.19", "2 甲 22.50 → 14.31"]
        first = Commission.objects.get(level=1)
        assert first.matures_at == NOON + 9 * DAY
        assert mature_commissions(NOON + 9 * DAY) == 2
        assert money(chain.b) == {"available": "17.19"}
        prove()

    def test_a_failing_reversal_never_blocks_the_buyers_refund(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = paid_order(chain, "100.00")
        with monkeypatch.context() as broken:
            broken.setattr(life, "share_of", fail)
            take_back(order, 0, "50.00")
        order.refresh_from_db()
        assert order.refunded_amount == D("50.00")
        assert commissions() == ["1 乙 30.00 → 30.00", "2 甲 10.00 → 10.00"]
        assert replay_events() == (1, 0)
        assert commissions() == ["1 乙 30.00 → 15.00", "2 甲 10.00 → 5.00"]
        prove()

    def test_one_bad_order_does_not_hold_back_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        bad, good = (make_order(chain.c, {make_variant("100.00"): 1}, at=NOON) for _ in range(2))
        accrue = life.accrue

        def fails_for_one(events: list[OrderEvent]) -> None:
            if events[0].order_id == bad.pk:
                fail()
            accrue(events)

        monkeypatch.setattr(life, "accrue", fails_for_one)
        pay(bad, at=NOON)
        pay(good, at=NOON)
        assert replay_events() == (0, 1)
        assert set(Commission.objects.values_list("order", flat=True)) == {good.pk}


def fail(*args: Any, **kwargs: Any) -> None:
    raise ArithmeticError("a bug")


class TestMaturity:
    def test_some_days_after_receipt(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = paid_order(chain)
        assert mature_commissions(NOON + 1000 * DAY) == 0
        receive(order, at=NOON + 3 * DAY)
        assert mature_commissions(NOON + 10 * DAY - MOMENT) == 0
        assert mature_commissions(NOON + 10 * DAY) == 2
        assert ledger("mature") == [
            "mature pending 甲 -22.50",
            "mature available 甲 22.50",
            "mature pending 乙 -27.00",
            "mature available 乙 27.00",
        ]
        assert (money(chain.a), money(chain.b)) == ({"available": "22.50"}, {"available": "27.00"})
        assert mature_commissions(NOON + 1000 * DAY) == 0
        prove()

    def test_the_days_are_those_of_the_policy_at_placement(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        publish_policy(by=None, at=START, maturity_days=15)
        order = paid_order(chain)
        publish_policy(by=None, at=NOON + DAY, maturity_days=0)
        receive(order, at=NOON + 2 * DAY)
        assert mature_commissions(NOON + 17 * DAY - MOMENT) == 0
        assert mature_commissions(NOON + 17 * DAY) == 1

    def test_virtual_goods_count_from_delivery(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        pay(make_order(chain.c, {make_virtual("10.00"): 1}, at=NOON), at=NOON + 5 * MINUTE)
        assert mature_commissions(NOON + 7 * DAY) == 0
        assert mature_commissions(NOON + 7 * DAY + 5 * MINUTE) == 1
        prove()

    def test_each_line_of_a_mixed_order_by_itself(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = make_order(chain.c, {make_virtual("10.00"): 1, make_variant("50.00"): 1}, at=NOON)
        pay(order, at=NOON)
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"pending": "5.00", "available": "1.00"}
        receive(order, at=NOON + 8 * DAY)
        assert mature_commissions(NOON + 14 * DAY) == 0
        assert mature_commissions(NOON + 15 * DAY) == 1
        assert money(chain.b) == {"available": "6.00"}
        prove()

    @pytest.mark.parametrize("end", [withdraw_refund, reject_refund])
    def test_an_open_after_sale_on_the_line_blocks_it(self, end: Any) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = make_order(chain.c, {make_variant("10.00"): 1, make_variant("20.00"): 1}, at=NOON)
        pay(order, at=NOON)
        receive(order, at=NOON)
        blocked = order.lines.earliest("pk")
        asked = request_refund(order, [Part(blocked.pk, 0, D("1.00"))], at=NOON + DAY)
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"pending": "1.00", "available": "2.00"}
        if end is reject_refund:
            end(asked, by=None, answer="test", at=NOON + 8 * DAY)
        else:
            end(asked, at=NOON + 8 * DAY)
        assert mature_commissions(NOON + 8 * DAY) == 1
        assert money(chain.b) == {"available": "3.00"}
        prove()

    def test_an_approved_refund_blocks_until_the_money_is_back(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = paid_order(chain, "10.00")
        receive(order, at=NOON)
        asked = request_refund(order, [Part(line_of(order).pk, 0, D("1.00"))], at=NOON + DAY)
        approve_refund(asked, by=None, at=NOON + DAY)
        assert mature_commissions(NOON + 7 * DAY) == 0

    def test_in_chunks_each_its_own_transfer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        for _ in range(3):
            receive(paid_order(chain, "10.00"), at=NOON)
        monkeypatch.setattr(life, "MATURE_CHUNK", 2)
        assert mature_commissions(NOON + 7 * DAY) == 6
        assert (money(chain.a), money(chain.b)) == ({"available": "1.50"}, {"available": "3.00"})
        prove()

    def test_a_chunk_that_is_done_stays_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        for _ in range(3):
            receive(paid_order(chain, "10.00"), at=NOON)
        monkeypatch.setattr(life, "MATURE_CHUNK", 2)
        chunk = life._mature_chunk
        done = []

        def dies_at_the_second(at: datetime) -> Any:
            if done:
                raise SystemExit("killed")
            done.append(chunk(at))
            return done[0]

        with monkeypatch.context() as broken:
            broken.setattr(life, "_mature_chunk", dies_at_the_second)
            with pytest.raises(SystemExit):
                mature_commissions(NOON + 7 * DAY)
        assert money(chain.b) == {"pending": "1.00", "available": "2.00"}
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"available": "3.00"}
        prove()

    def test_what_another_run_took_meanwhile_is_not_counted_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        for _ in range(2):
            receive(paid_order(chain, "10.00"), at=NOON)
        others: list[int] = []

        def lock_after_another_run(payees: Any) -> Any:
            monkeypatch.setattr(life, "lock_balances", lock_balances)
            others.append(mature_commissions(NOON + 7 * DAY))
            return lock_balances(payees)

        monkeypatch.setattr(life, "lock_balances", lock_after_another_run)
        assert mature_commissions(NOON + 7 * DAY) == 0
        assert others == [2]
        assert money(chain.b) == {"available": "2.00"}
        prove()

    def test_a_transfer_for_each_payee_whatever_their_commissions(self) -> None:
        """Each row is proved against its whole transfer: one for everybody would be quadratic."""
        chain = make_chain()
        make_rule("0.10", "0.05")
        for _ in range(3):
            receive(paid_order(chain, "10.00"), at=NOON)
        mature_commissions(NOON + 7 * DAY)
        sizes = Transfer.objects.filter(kind="mature").values_list("entry_count", flat=True)
        assert list(sizes) == [2, 2]

    def test_what_is_wholly_refunded_matures_as_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = paid_order(chain, "10.00")
        ship(order, at=NOON)
        take_back(order, 1, "10.00")
        receive(order, at=NOON + DAY)
        mature_commissions(NOON + 30 * DAY)
        assert ledger("mature") == []
        assert money(chain.b) == {}
        prove()

    def test_frozen_money_matures_and_stays(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        receive(paid_order(chain, "10.00"), at=NOON)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"available": "1.00"}

    def test_the_receipt_again_does_not_move_the_date(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = paid_order(chain, "10.00")
        receive(order, at=NOON)
        event = OrderEvent.objects.get(order=order, kind=EventKind.RECEIVED)
        OrderLine.objects.update(received_at=NOON + 5 * DAY)
        life.note_receipt([event])
        assert Commission.objects.get().matures_at == NOON + 7 * DAY


class TestReversal:
    def test_while_pending_both_levels_fall(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = paid_order(chain, "33.00", 3)
        take_back(order, 1, "33.00")
        assert ledger("reverse") == [
            "reverse pending 乙 -9.00",
            "reverse expense shop 16.50",
            "reverse pending 甲 -7.50",
        ]
        assert reversals() == ["1 乙 9.00", "2 甲 7.50"]
        assert commissions() == ["1 乙 27.00 → 18.00", "2 甲 22.50 → 15.00"]
        prove()

    def test_when_mature_it_comes_from_the_available_balance(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = paid_order(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        take_back(order, 0, "10.00", at=NOON + 8 * DAY)
        assert ledger("reverse") == [
            "reverse available 乙 -3.00",
            "reverse expense shop 4.00",
            "reverse available 甲 -1.00",
        ]
        assert (money(chain.a), money(chain.b)) == ({"available": "9.00"}, {"available": "27.00"})
        prove()

    def test_one_line_mature_and_one_pending_each_from_its_own_place(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = make_order(chain.c, {make_virtual("10.00"): 1, make_variant("50.00"): 1}, at=NOON)
        pay(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        parts = [Part(line.pk, line.quantity, line.paid) for line in order.lines.order_by("pk")]
        refund(order, parts, at=NOON + 8 * DAY)
        assert ledger("reverse") == [
            "reverse available 乙 -1.00",
            "reverse expense shop 6.00",
            "reverse pending 乙 -5.00",
        ]
        assert money(chain.b) == {}
        prove()

    def test_refunded_shipping_does_not_count(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        make_shipping_rate("8.00")
        order = make_order(
            chain.c, {make_variant("50.00"): 1}, address=make_address(chain.c), at=NOON
        )
        pay(order, at=NOON)
        refund(order, [], shipping_amount=D("8.00"), at=NOON + DAY)
        assert (ledger("reverse"), commissions()) == ([], ["1 乙 5.00 → 5.00"])
        prove()

    def test_only_the_refunded_line_falls(self) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        order = make_order(chain.c, {make_variant("10.00"): 1, make_variant("20.00"): 1}, at=NOON)
        pay(order, at=NOON)
        refund(order, [Part(order.lines.latest("pk").pk, 1, D("20.00"))], at=NOON + DAY)
        assert commissions() == [
            "1 乙 1.00 → 1.00",
            "2 甲 0.50 → 0.50",
            "1 乙 2.00 → 0.00",
            "2 甲 1.00 → 0.00",
        ]

    def test_fixed_amounts_fall_by_pieces(self) -> None:
        chain = make_chain()
        make_rule(None, None, amount1=D("1.00"), amount2=D("0.35"))
        order = paid_order(chain, "10.00", 3)
        assert commissions() == ["1 乙 3.00 → 3.00", "2 甲 1.05 → 1.05"]
        take_back(order, 1, "10.00")
        assert commissions() == ["1 乙 3.00 → 2.00", "2 甲 1.05 → 0.70"]

    def test_never_more_than_at_payment(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = paid_order(chain, "0.05")
        assert commissions() == ["1 乙 0.02 → 0.02"]
        take_back(order, 0, "0.01")
        assert commissions() == ["1 乙 0.02 → 0.01"]
        prove()

    def test_the_same_refund_again_changes_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = paid_order(chain, "100.00")
        take_back(order, 0, "50.00")
        before = ledger(), commissions(), reversals()
        event = OrderEvent.objects.get(order=order, kind=EventKind.REFUNDED)
        life.reverse([event])
        assert (ledger(), commissions(), reversals()) == before
        assert transfer_keys()[-1] == f"reverse:{event.refund_id}"

    def test_a_refund_that_costs_no_commission_books_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.01", None)
        order = paid_order(chain, "10.00")
        take_back(order, 0, "0.01")
        assert (ledger("reverse"), reversals()) == ([], [])
        prove()

    @pytest.mark.parametrize("is_mature", [False, True])
    def test_a_later_refund_may_give_back(self, is_mature: bool) -> None:
        """Money first and the piece later: its cost is kept no longer, so the profit is back."""
        chain = make_chain()
        make_rule("0.50", None, base="profit")
        order = paid_order(chain, "60.00", 2, cost="50.00")
        if is_mature:
            receive(order, at=NOON)
            mature_commissions(NOON + 7 * DAY)
        take_back(order, 0, "40.00", at=NOON + 8 * DAY)
        assert commissions() == ["1 乙 10.00 → 0.00"]
        take_back(order, 1, "15.00", at=NOON + 9 * DAY)
        assert commissions() == ["1 乙 10.00 → 7.50"]
        place = "available" if is_mature else "pending"
        assert ledger("reverse") == [
            f"reverse {place} 乙 -10.00",
            "reverse expense shop 10.00",
            f"reverse {place} 乙 7.50",
            "reverse expense shop -7.50",
        ]
        assert reversals() == ["1 乙 10.00", "1 乙 -7.50"]
        assert money(chain.b) == {place: "7.50"}
        prove()

    def test_the_cents_of_a_cap_may_come_back(self) -> None:
        chain = make_chain()
        make_rule("0.38", "0.292")
        order = paid_order(chain, "0.21")
        assert commissions() == ["1 乙 0.06 → 0.06", "2 甲 0.04 → 0.04"]
        take_back(order, 0, "0.06")
        assert commissions() == ["1 乙 0.06 → 0.05", "2 甲 0.04 → 0.02"]
        take_back(order, 0, "0.01")
        assert commissions() == ["1 乙 0.06 → 0.04", "2 甲 0.04 → 0.03"]
        prove()


PIECES = [(1, "0.01"), (0, "31.00"), (1, "20.00"), (0, "0.01"), (0, "8.98")]


@pytest.mark.parametrize("base", ["paid", "profit"])
@pytest.mark.parametrize("order_of_refunds", list(permutations(PIECES, 5))[::24])
def test_the_order_of_refunds_does_not_matter(
    base: str, order_of_refunds: tuple[tuple[int, str], ...]
) -> None:
    chain = make_chain()
    publish_policy(by=None, at=START, margin_guard=True)
    make_rule("0.31", "0.27", base=base)
    order = paid_order(chain, "50.00", 3, cost="20.00")
    for i, (quantity, amount) in enumerate(order_of_refunds):
        take_back(order, quantity, amount, at=NOON + i * DAY)
        prove()
    # Kept: ¥90.00 and one piece that cost ¥20.00.
    assert (
        commissions()
        == {
            "paid": ["1 乙 40.09 → 24.06", "2 甲 34.91 → 20.94"],
            "profit": ["1 乙 27.90 → 21.70", "2 甲 24.30 → 18.90"],
        }[base]
    )


class TestAfterAPayout:
    def test_debt_is_carried_and_repaid_by_later_earnings(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        order = paid_order(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        lock_balances([chain.b.pk])
        (held,) = reserve([Claim("J1", chain.b.pk, D("30.00"))], NOON + 8 * DAY)
        settle(held, NOON + 9 * DAY)
        take_back(order, 0, "40.00", at=NOON + 10 * DAY)
        assert money(chain.b) == {"paid": "30.00", "debt": "12.00"}
        receive(paid_order(chain, "20.00"), at=NOON + 11 * DAY)
        mature_commissions(NOON + 18 * DAY)
        assert money(chain.b) == {"paid": "30.00", "debt": "6.00"}
        receive(paid_order(chain, "100.00"), at=NOON + 11 * DAY)
        mature_commissions(NOON + 18 * DAY)
        assert money(chain.b) == {"available": "24.00", "paid": "30.00"}
        prove()
        (held,) = reserve([Claim("J2", chain.b.pk, D("24.00"))], NOON + 19 * DAY)
        settle(held, NOON + 19 * DAY)
        assert money(chain.b) == {"paid": "54.00"}
        prove()


class TestAfterABan:
    def test_later_refunds_are_still_right(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = paid_order(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        lock_balances([chain.b.pk])
        (held,) = reserve([Claim("J1", chain.b.pk, D("20.00"))], NOON + 8 * DAY)
        settle(held, NOON + 8 * DAY)
        set_status(chain.b, Status.BANNED, by=None, reason="test", at=NOON + 9 * DAY)
        assert ledger("forfeit") == ["forfeit available 乙 -10.00", "forfeit expense shop 10.00"]
        assert money(chain.b) == {"paid": "20.00"}
        take_back(order, 0, "10.00", at=NOON + 10 * DAY)  # still earns 27.00: nothing to take
        assert commissions() == ["1 乙 30.00 → 20.00", "2 甲 10.00 → 9.00"]
        take_back(order, 0, "40.00", at=NOON + 11 * DAY)
        assert commissions() == ["1 乙 30.00 → 15.00", "2 甲 10.00 → 5.00"]
        assert money(chain.b) == {"paid": "20.00", "debt": "5.00"}
        prove()

    def test_what_a_ban_took_does_not_come_back(self) -> None:
        chain = make_chain()
        make_rule("0.50", None, base="profit")
        order = paid_order(chain, "60.00", 2, cost="50.00")
        set_status(chain.b, Status.BANNED, by=None, reason="test", at=NOON + DAY)
        take_back(order, 0, "40.00", at=NOON + 8 * DAY)
        take_back(order, 1, "15.00", at=NOON + 9 * DAY)
        assert commissions() == ["1 乙 10.00 → 0.00"]
        assert money(chain.b) == {}
        prove()

    def test_a_debt_stays_a_debt(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        order = paid_order(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        paid_order(chain, "10.00")
        assert money(chain.b) == {"pending": "3.00", "available": "30.00"}
        set_status(chain.b, Status.BANNED, by=None, reason="test", at=NOON + 8 * DAY)
        assert ledger("forfeit") == [
            "forfeit pending 乙 -3.00",
            "forfeit expense shop 33.00",
            "forfeit available 乙 -30.00",
        ]
        assert sum((row.amount for row in Commission.objects.all()), ZERO) == 0
        prove()
