from datetime import timedelta

import pytest
from django.utils import timezone

from base.accounts.models import User
from base.errors import WrongState
from orders.receipt import receive_order, receive_overdue_orders
from orders.states import EventKind, OrderState
from tests.make import make_order, make_variant, make_virtual, pay, ship


def test_receiving_twice_is_receiving_once(buyer: User) -> None:
    order = make_order(buyer)
    pay(order)
    ship(order)
    first = receive_order(order)
    assert receive_order(order).received_at == first.received_at
    kinds = order.events.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [EventKind.PLACED, EventKind.PAID, EventKind.RECEIVED]
    assert order.lines.get().received_at == first.received_at


def test_nothing_is_received_before_it_was_sent(buyer: User) -> None:
    order = make_order(buyer)
    with pytest.raises(WrongState, match="待付款"):
        receive_order(order)
    pay(order)
    with pytest.raises(WrongState, match="还没有发货"):
        receive_order(order)
    order.refresh_from_db()
    assert (order.state, order.received_at) == (OrderState.PAID, None)


def test_virtual_lines_keep_the_time_they_were_delivered(buyer: User) -> None:
    order = make_order(buyer, {make_virtual(): 1, make_variant(): 1})
    pay(order)
    ship(order)
    receive_order(order, at=timezone.now() + timedelta(days=2))
    virtual, sent = order.lines.order_by("pk")
    assert virtual.received_at == order.paid_at
    assert sent.received_at == order.lines.model.objects.get(pk=sent.pk).order.received_at


def test_what_was_sent_long_ago_is_received_by_itself(
    buyer: User, settings: "pytest.FixtureRequest"
) -> None:
    settings.AUTO_RECEIVE_DAYS = 10  # type: ignore[attr-defined]  # pytest-django's settings
    now = timezone.now()
    old, young = make_order(buyer), make_order(buyer)
    for order, days in ((old, 10), (young, 9)):
        pay(order)
        ship(order, at=now - timedelta(days=days))
    assert receive_overdue_orders(at=now) == 1
    assert receive_overdue_orders(at=now) == 0
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.state, young.state) == (OrderState.RECEIVED, OrderState.SHIPPED)
