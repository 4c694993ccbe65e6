"""Passing moved-in orders and refunds to their listeners, at their own times.

The same events and functions as live ones, many at once: a live payment is a batch of one.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeVar

from django.db.models import Exists, OuterRef

from base.locks import lock_rows
from distribution.models import Rule
from orders.events import publish_many
from orders.models import Order, OrderEvent, Refund, RefundLine
from orders.states import EventKind, RefundState
from shop.moving.progress import Progress
from shop.moving.staging import FETCH, chunks, flush_checks

CHUNK = 500

T = TypeVar("T")


def accrue_orders(progress: Progress) -> None:
    """Place, pay and receive every order that has no events yet, in order of placement.

    The caller is in a transaction. Where a rule asks how many orders somebody had before this one,
    orders go through one by one, as they came.
    """
    size = 1 if Rule.objects.filter(min_month_orders__isnull=False).exists() else CHUNK
    placed = OrderEvent.objects.filter(order=OuterRef("pk"), kind=EventKind.PLACED)
    waiting = Order.objects.filter(~Exists(placed)).order_by("placed_at", "pk")
    with progress.step("orders.csv", "accrue") as step:
        for orders in chunks(waiting.iterator(chunk_size=FETCH), size):
            lock_rows(Order.objects.filter(pk__in=[order.pk for order in orders]).only("pk"))
            for kind, events in _life(orders):
                if events:
                    publish_many(kind, events)
            flush_checks()
            step.advance(len(orders))


def _life(orders: Sequence[Order]) -> Iterator[tuple[EventKind, list[OrderEvent]]]:
    """What happened to these orders, one kind after the other."""
    received = OrderEvent.objects.filter(order__in=orders, kind=EventKind.RECEIVED)
    done = set(received.values_list("order_id", flat=True))
    times = {
        EventKind.PLACED: lambda order: order.placed_at,
        EventKind.PAID: lambda order: order.paid_at,
        EventKind.CANCELLED: lambda order: None if order.paid_at else order.closed_at,
        EventKind.RECEIVED: lambda order: None if order.pk in done else order.received_at,
    }
    for kind, time_of in times.items():
        at = {order: time_of(order) for order in orders}
        yield kind, [OrderEvent(order=o, kind=kind, at=at[o]) for o in orders if at[o]]


def accrue_refunds(progress: Progress) -> None:
    """Tell of every done refund that has no event yet. The caller is in a transaction."""
    told = OrderEvent.objects.filter(refund=OuterRef("pk"))
    paid = OrderEvent.objects.filter(order=OuterRef("order"), kind=EventKind.PAID)
    waiting = (
        Refund.objects.filter(~Exists(told), Exists(paid), state=RefundState.DONE)
        .select_related("order")
        .order_by("done_at", "pk")
    )
    with progress.step("refunds.csv", "accrue") as step:
        for refunds in chunks(waiting.iterator(chunk_size=FETCH), CHUNK):
            lines = dict(
                RefundLine.objects.filter(refund__in=refunds).values_list("refund", "line")
            )
            pairs = [(refund, lines[refund.pk]) for refund in refunds]
            for wave in waves(pairs, itemgetter(1)):
                publish_refunds([refund for refund, _ in wave])
            step.advance(len(refunds))


def publish_refunds(refunds: Sequence[Refund]) -> None:
    """Refunds of different lines, whose sums are written already, go before the listeners.

    Where something earlier of the order still waits, the refund waits behind it
    (`orders.events.replay_events`).
    """
    waiting = set(
        OrderEvent.objects.filter(
            order__in={refund.order_id for refund in refunds}, handled_at=None
        ).values_list("order_id", flat=True)
    )
    events: list[OrderEvent] = []
    held_back: list[OrderEvent] = []
    for refund in refunds:
        at = refund.done_at or refund.requested_at
        event = OrderEvent(order=refund.order, kind=EventKind.REFUNDED, at=at, refund=refund)
        (held_back if refund.order_id in waiting else events).append(event)
    OrderEvent.objects.bulk_create(held_back)
    if events:
        publish_many(EventKind.REFUNDED, events)
    flush_checks()


def waves(rows: Iterable[T], key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """The rows in lists in which no key comes twice; rows of one key stay in order."""
    left = list(rows)
    while left:
        seen: set[Hashable] = set()
        wave: list[T] = []
        later: list[T] = []
        for row in left:
            (later if key(row) in seen else wave).append(row)
            seen.add(key(row))
        yield wave
        left = later
