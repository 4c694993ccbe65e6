"""Order events: committed with the change, handled by the listeners, never lost.

`publish` is called by the module that changed the order, under the order's lock. A listener's
failure rolls back the listeners' work alone (savepoint), is recorded on the event, and
`replay_events` tries again. Events of one order are handled in the order they happened: one that
fails holds back the later ones of its order and of no other.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from base.locks import lock_rows
from orders.models import Order, OrderEvent, Refund
from orders.signals import (
    order_cancelled,
    order_paid,
    order_placed,
    order_received,
    order_refunded,
)
from orders.states import EventKind

logger = logging.getLogger(__name__)

SIGNALS: dict[str, Signal] = {
    EventKind.PLACED: order_placed,
    EventKind.PAID: order_paid,
    EventKind.RECEIVED: order_received,
    EventKind.REFUNDED: order_refunded,
    EventKind.CANCELLED: order_cancelled,
}


def publish(kind: EventKind, order: Order, at: datetime, refund: Refund | None = None) -> None:
    """Record that something happened to a locked order and let the listeners do their part."""
    with transaction.atomic():
        OrderEvent.objects.create(order=order, kind=kind, at=at, refund=refund)
        waiting = OrderEvent.objects.filter(order=order, handled_at=None).order_by("pk")
        for event in waiting.select_related("refund"):
            event.order = order
            if not _handle_or_note(event):
                break


def publish_many(kind: EventKind, events: Sequence[OrderEvent]) -> None:
    """Handle many new events of one kind at once, all or nothing: for orders moved in.

    The events are unsaved and their orders locked or not yet visible to anybody else. A
    listener's failure is raised, so that the whole file is refused.
    """
    now = timezone.now()
    for event in events:
        event.handled_at = now
    saved = OrderEvent.objects.bulk_create(events)
    SIGNALS[kind].send(sender=Order, events=saved)


def replay_events(limit: int = 500) -> tuple[int, int]:
    """Try the unhandled events again. Returns how many (handled, still failing)."""
    orders = (
        OrderEvent.objects.filter(handled_at=None)
        .order_by("attempts", "pk")
        .values_list("order_id", flat=True)[:limit]
    )
    handled = failing = 0
    for order_id in dict.fromkeys(orders):
        done, failed = _replay_order(order_id)
        handled += done
        failing += failed
    return handled, failing


def _replay_order(order_id: int) -> tuple[int, int]:
    with transaction.atomic():
        orders = lock_rows(Order.objects.filter(pk=order_id))
        events = OrderEvent.objects.filter(order_id=order_id, handled_at=None).order_by("pk")
        done = 0
        for event in events.select_related("refund"):
            event.order = orders[0]
            if not _handle_or_note(event):
                return done, 1
            done += 1
        return done, 0


def _handle_or_note(event: OrderEvent) -> bool:
    """Handle one event; a failure is written down instead of raised."""
    try:
        with transaction.atomic():
            SIGNALS[event.kind].send(sender=Order, events=[event])
    except Exception as error:  # any listener's failure must leave the order standing
        logger.exception("order event %s of order %s failed", event.kind, event.order_id)
        event.attempts += 1
        event.error = f"{type(error).__name__}: {error}"[:500]
        event.save(update_fields=["attempts", "error"])
        return False
    event.handled_at = timezone.now()
    event.error = ""
    event.save(update_fields=["handled_at", "error"])
    return True
