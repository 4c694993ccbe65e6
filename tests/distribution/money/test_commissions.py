"""What a paid order books, and that nothing of it is ever lost."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from distribution.models import Commission, LineTerms, OrderTerms
from distribution.money import commissions as life
from distribution.money.commissions import mature_commissions
from distribution.money.terms import fix_terms
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.states import Status
from orders.events import replay_events
from orders.models import OrderEvent
from orders.payments import confirm_payment
from orders.states import EventKind
from tests.books import commissions, ledger, money, prove, transfer_keys
from tests.buying import DAY, NOON, buy, take_back
from tests.make import (
    START,
    make_address,
    make_chain,
    make_order,
    make_rule,
    make_shipping_rate,
    make_variant,
    pay,
    receive,
)

pytestmark = pytest.mark.django_db

D = Decimal


def fail(*args: Any, **kwargs: Any) -> None:
    raise ArithmeticError("a bug")


class TestAccrual:
    def test_both_levels_are_pending_against_the_expense(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = buy(chain)
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
        buy(chain)
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
        known = buy(chain, "100.00", cost="60.00")
        buy(chain, "100.00", cost=None)
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
        order = buy(chain)
        before = ledger(), commissions()
        event = OrderEvent.objects.get(order=order, kind=EventKind.PAID)
        life.accrue([event])
        assert (ledger(), commissions()) == before

    def test_the_same_notice_again_changes_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = buy(chain)
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

    def test_without_terms_it_waits_for_them(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)
        LineTerms.objects.all().delete()
        OrderTerms.objects.all().delete()
        pay(order, at=NOON)
        assert replay_events() == (0, 1)
        fix_terms(list(OrderEvent.objects.filter(kind=EventKind.PLACED)))
        assert replay_events() == (1, 0)
        assert commissions() == ["1 乙 30.00 → 30.00", "2 甲 10.00 → 10.00"]

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
        order = buy(chain, "100.00")
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
