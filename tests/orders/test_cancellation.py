from datetime import timedelta

import pytest

from base.accounts.models import User
from base.errors import WrongState
from catalog.models import Variant
from orders.cancellation import cancel_order, expire_orders
from orders.models import Order
from orders.states import EventKind, OrderState
from tests.make import make_order, make_variant, pay


@pytest.fixture
def nuts(db: None) -> Variant:
    return make_variant(stock=5)


def stock_of(variant: Variant) -> int:
    variant.refresh_from_db()
    return variant.stock


def test_closing_gives_the_stock_back_once(buyer: User, nuts: Variant) -> None:
    order = make_order(buyer, {nuts: 2})
    assert stock_of(nuts) == 3
    first = cancel_order(order, reason="不要了")
    again = cancel_order(order, reason="还是不要")
    assert (first.state, again.close_reason) == (OrderState.CLOSED, "不要了")
    assert again.closed_at == first.closed_at
    assert stock_of(nuts) == 5
    kinds = order.events.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [EventKind.PLACED, EventKind.CANCELLED]


def test_a_paid_order_is_not_closed_this_way(buyer: User, nuts: Variant) -> None:
    order = make_order(buyer, {nuts: 2})
    pay(order)
    with pytest.raises(WrongState, match="申请退款"):
        cancel_order(order, reason="不要了")
    order.refresh_from_db()
    assert (order.state, stock_of(nuts)) == (OrderState.PAID, 3)


def test_orders_close_by_themselves_when_their_time_is_up(buyer: User, nuts: Variant) -> None:
    overdue, paid = make_order(buyer, {nuts: 1}), make_order(buyer, {nuts: 1})
    pay(paid)
    before = overdue.expires_at - timedelta(seconds=1)
    younger = make_order(buyer, {nuts: 1}, at=overdue.placed_at + timedelta(minutes=5))
    assert expire_orders(at=before) == 0
    assert expire_orders(at=overdue.expires_at) == 1
    assert expire_orders(at=overdue.expires_at) == 0
    states = {order.pk: order.state for order in Order.objects.all()}
    assert states == {
        overdue.pk: OrderState.CLOSED,
        paid.pk: OrderState.PAID,
        younger.pk: OrderState.UNPAID,
    }
    assert stock_of(nuts) == 3
    overdue.refresh_from_db()
    assert overdue.close_reason == "超时未付款"


def test_a_payment_between_the_look_and_the_lock_stands(
    buyer: User, nuts: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order(buyer, {nuts: 1})

    def pay_first(late: Order, **options: object) -> Order:
        pay(order)
        return cancel_order(late, reason="超时未付款")

    monkeypatch.setattr("orders.cancellation.cancel_order", pay_first)
    assert expire_orders(at=order.expires_at) == 0
    order.refresh_from_db()
    assert (order.state, stock_of(nuts)) == (OrderState.PAID, 4)
