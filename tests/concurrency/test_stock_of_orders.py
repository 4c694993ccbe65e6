"""Whole orders at the same moment: the last item, the double click, closing against paying."""

from collections.abc import Callable
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from base.accounts.models import User
from base.errors import WrongState
from catalog import stock
from catalog.models import Variant
from catalog.stock import OutOfStock
from orders.cancellation import cancel_order, expire_orders
from orders.checkout import Item, place_order
from orders.models import Order, OrderEvent, Refund, Repayment
from orders.payments import confirm_payment, start_payment
from orders.refunds import CannotRefund, Part, cancel_paid_order, request_refund
from orders.registries import Outcome, payment_methods
from orders.repayments import send_repayments
from orders.states import EventKind, OrderState, RepaymentState
from tests.concurrency.racing import race
from tests.make import START, make_address, make_order, make_user, make_variant, make_virtual, pay

pytestmark = pytest.mark.django_db(transaction=True)


def buy(buyer: User, variant: Variant, token: str | None = None) -> Callable[[], Order]:
    address = buyer.addresses.first() or make_address(buyer)
    items = [Item(variant.pk, 1)]
    return lambda: place_order(buyer, items, address=address, token=token)


def stock_left() -> int:
    return Variant.objects.get().stock


def happened(order: Order) -> list[str]:
    return list(order.events.order_by("pk").values_list("kind", flat=True))


def test_the_last_item_makes_one_order() -> None:
    nuts = make_variant(stock=1)
    outcomes = race([buy(make_user(), nuts) for _ in range(4)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Order"] + ["OutOfStock"] * 3
    assert (stock_left(), Order.objects.count()) == (0, 1)


def test_control_without_lock_and_constraint_more_is_sold_than_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The race is real: both read that one is left, and both sell it."""
    nuts = make_variant(stock=1)
    both_have_read = Barrier(2, timeout=20)

    def read(rows: Any) -> list[Any]:
        found = list(rows.order_by("pk"))
        both_have_read.wait()
        return found

    monkeypatch.setattr(stock, "lock_rows", read)
    (constraint,) = [c for c in Variant._meta.constraints if c.name == "stock_not_negative"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Variant, constraint)
    try:
        outcomes = race([buy(make_user(), nuts) for _ in range(2)])
        assert [type(outcome) for outcome in outcomes] == [Order, Order]
        assert stock_left() == -1
    finally:
        Variant.objects.update(stock=0)
        with connection.schema_editor() as editor:
            editor.add_constraint(Variant, constraint)


@pytest.mark.parametrize("left", [1, 5])
def test_a_double_click_makes_one_order(left: int) -> None:
    """Also of the last item: the second click is told of its order, not of an empty shelf."""
    nuts, buyer = make_variant(stock=left), make_user()
    outcomes = race([buy(buyer, nuts, "token")] * 4)
    assert len({order.pk for order in outcomes}) == 1
    assert (stock_left(), Order.objects.count()) == (left - 1, 1)


def test_control_without_a_token_a_double_click_buys_twice() -> None:
    nuts, buyer = make_variant(stock=5), make_user()
    race([buy(buyer, nuts)] * 2)
    assert (stock_left(), Order.objects.count()) == (3, 2)


def test_closing_twice_at_once_gives_the_stock_back_once() -> None:
    nuts = make_variant(stock=3)
    order = buy(make_user(), nuts)()
    outcomes = race(
        [
            lambda: cancel_order(order, reason="不要了").state,
            lambda: cancel_order(order, reason="不要了").state,
            lambda: expire_orders(at=order.expires_at),
        ]
    )
    assert not any(isinstance(outcome, Exception) for outcome in outcomes)
    assert (stock_left(), happened(order)) == (3, [EventKind.PLACED, EventKind.CANCELLED])


def test_payment_against_expiry_has_one_winner_and_no_money_is_lost() -> None:
    for _ in range(5):
        order = make_order()
        payment = start_payment(order, "offline")

        def confirm(number: str = payment.number, amount: Decimal = payment.amount) -> str:
            return confirm_payment(number, amount=amount, gateway_no=f"G{number}").state

        def expire(order: Order = order) -> int:
            return expire_orders(at=order.expires_at)

        outcomes = race([confirm, expire])
        assert not any(isinstance(outcome, Exception) for outcome in outcomes)
        order.refresh_from_db()
        returned = Repayment.objects.filter(payment=payment).count()
        variant = order.lines.get().variant
        assert (order.state, returned, variant.stock) in [
            (OrderState.PAID, 0, 99),
            (OrderState.CLOSED, 1, 100),
        ]


def test_payment_against_cancelling_has_one_winner() -> None:
    order = make_order()
    payment = start_payment(order, "offline")
    outcomes = race(
        [
            lambda: confirm_payment(payment.number, amount=payment.amount, gateway_no="G1"),
            lambda: cancel_order(order, reason="不要了"),
        ]
    )
    order.refresh_from_db()
    if order.state == OrderState.PAID:
        assert isinstance(outcomes[1], WrongState)
        assert not Repayment.objects.exists()
    else:
        assert Repayment.objects.get().payment == payment


def test_refunds_asked_at_once_never_exceed_what_was_paid() -> None:
    order = make_order(items={make_variant("10.00"): 3})
    pay(order)
    part = Part(order.lines.get().pk, 2, Decimal("20.00"))
    outcomes = race([lambda: request_refund(order, [part])] * 4)
    refused = [outcome for outcome in outcomes if isinstance(outcome, CannotRefund)]
    assert (len(refused), Refund.objects.count()) == (3, 1)


def test_cancelling_a_paid_order_twice_at_once_gives_one_refund() -> None:
    order = make_order()
    pay(order)
    outcomes = race([lambda: cancel_paid_order(order).number] * 3)
    assert len(set(outcomes)) == 1
    assert Repayment.objects.get().amount == order.total


class Gateway:
    """Counts what it is asked to give back."""

    code = "played"
    is_offered = True
    has_gateway = True
    label = "played"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def start(self, payment: object, return_url: str) -> str:
        return "/"

    def query(self, payment: object) -> Outcome:
        return Outcome("unknown")

    def close(self, payment: object) -> Outcome:
        return Outcome("closed")

    def repay(self, repayment: Repayment) -> Outcome:
        self.asked.append(repayment.number)
        return Outcome("paid")


def test_two_workers_send_a_repayment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway()
    monkeypatch.setitem(payment_methods, "played", gateway)
    order = make_order()
    pay(order, method="played")
    back = cancel_paid_order(order).repayment
    race([send_repayments] * 3)
    back.refresh_from_db()
    assert (gateway.asked, back.state) == ([back.number], RepaymentState.DONE)
    assert OrderEvent.objects.filter(kind=EventKind.REFUNDED).count() == 1


def test_orders_of_the_same_things_in_any_order_do_not_wait_for_each_other() -> None:
    nuts, tea = make_variant(stock=50), make_virtual(stock=50)
    there = [Item(nuts.pk, 1), Item(tea.pk, 1)]
    buyers = [make_user() for _ in range(6)]
    addresses = [make_address(buyer) for buyer in buyers]
    outcomes = race(
        [
            lambda i=i: place_order(
                buyers[i], there if i % 2 else there[::-1], address=addresses[i], at=START
            )
            for i in range(6)
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [Order] * 6
    assert not any(isinstance(outcome, OutOfStock) for outcome in outcomes)
    assert [variant.stock for variant in Variant.objects.order_by("pk")] == [44, 44]
