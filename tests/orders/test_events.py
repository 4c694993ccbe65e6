from collections.abc import Iterator
from typing import Any

import pytest

from base.accounts.models import User
from orders.cancellation import cancel_order
from orders.events import replay_events
from orders.models import Order, OrderEvent
from orders.signals import order_cancelled, order_paid, order_placed
from orders.states import EventKind, OrderState
from tests.make import make_order, pay

SIGNALS = {"placed": order_placed, "paid": order_paid, "cancelled": order_cancelled}


class Listener:
    """Hears events of all kinds and fails while it is `broken`, after it wrote something."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.broken: set[str] = set()

    def __call__(self, events: list[OrderEvent], **kwargs: Any) -> None:
        for event in events:
            Order.objects.filter(pk=event.order_id).update(note=f"heard {event.kind}")
            if event.kind in self.broken:
                raise RuntimeError("out of order")
            self.heard.append((event.order.number, event.kind))


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    for signal in SIGNALS.values():
        signal.connect(listener, dispatch_uid="test listener")
    yield listener
    for signal in SIGNALS.values():
        signal.disconnect(listener, dispatch_uid="test listener")


def unhandled() -> list[tuple[str, int, str]]:
    waiting = OrderEvent.objects.filter(handled_at=None).order_by("pk")
    return [(event.kind, event.attempts, event.error) for event in waiting]


def test_a_failing_listener_leaves_the_order_and_the_payment_standing(
    buyer: User, listener: Listener
) -> None:
    listener.broken = {EventKind.PAID}
    order = make_order(buyer)
    pay(order)
    assert (order.state, order.note) == (OrderState.PAID, "heard placed")
    assert unhandled() == [(EventKind.PAID, 1, "RuntimeError: out of order")]


def test_the_event_comes_again_until_it_is_handled(buyer: User, listener: Listener) -> None:
    listener.broken = {EventKind.PAID}
    order = make_order(buyer)
    pay(order)
    assert replay_events() == (0, 1)
    assert unhandled() == [(EventKind.PAID, 2, "RuntimeError: out of order")]
    listener.broken = set()
    assert replay_events() == (1, 0)
    assert replay_events() == (0, 0)
    assert (unhandled(), listener.heard) == (
        [],
        [(order.number, EventKind.PLACED), (order.number, EventKind.PAID)],
    )
    assert list(OrderEvent.objects.values_list("error", flat=True)) == ["", ""]


def test_later_events_of_an_order_wait_for_the_earlier_ones(
    buyer: User, listener: Listener
) -> None:
    listener.broken = {EventKind.PLACED}
    held = make_order(buyer)
    listener.broken = set()
    listener.broken = {EventKind.PLACED}
    cancel_order(held, reason="不要了")
    listener.broken = set()
    free = make_order(buyer)
    assert listener.heard == [(free.number, EventKind.PLACED)]
    assert [kind for kind, _attempts, _error in unhandled()] == [
        EventKind.PLACED,
        EventKind.CANCELLED,
    ]
    assert replay_events() == (2, 0)
    assert listener.heard[1:] == [
        (held.number, EventKind.PLACED),
        (held.number, EventKind.CANCELLED),
    ]


def test_the_next_event_of_an_order_catches_up_on_what_was_missed(
    buyer: User, listener: Listener
) -> None:
    listener.broken = {EventKind.PLACED}
    order = make_order(buyer)
    listener.broken = set()
    pay(order)
    assert [kind for _number, kind in listener.heard] == [EventKind.PLACED, EventKind.PAID]
    assert unhandled() == []
