"""Receiving an order: by the buyer, or by itself some days after it was sent."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from base.errors import WrongState
from base.locks import lock_row
from base.transitions import require_transition
from orders.events import publish
from orders.models import Order, OrderLine
from orders.states import ORDER_TRANSITIONS, EventKind, OrderState


def receive_order(order: Order, *, at: datetime | None = None) -> Order:
    """Everything has arrived. Received already: nothing happens. Raises WrongState before it was
    sent (virtual orders are received at payment)."""
    at = at or timezone.now()
    with transaction.atomic():
        order = lock_row(Order.objects.filter(pk=order.pk))
        if order.state == OrderState.RECEIVED:
            return order
        waiting = OrderLine.objects.filter(order=order, received_at=None)
        to_send = waiting.filter(refunded_quantity__lt=F("quantity"))
        if order.state == OrderState.PAID and to_send.exists():
            raise WrongState(_("订单还没有发货。"))
        require_transition(ORDER_TRANSITIONS, order.state, OrderState.RECEIVED)
        order.state, order.received_at = OrderState.RECEIVED, at
        order.save(update_fields=["state", "received_at"])
        waiting.update(received_at=at)
        publish(EventKind.RECEIVED, order, at)
    return order


def receive_overdue_orders(at: datetime | None = None, limit: int = 500) -> int:
    """Receive what was sent more than AUTO_RECEIVE_DAYS ago. Returns how many."""
    at = at or timezone.now()
    sent_before = at - timedelta(days=settings.AUTO_RECEIVE_DAYS)
    overdue = Order.objects.filter(state=OrderState.SHIPPED, shipped_at__lte=sent_before)
    found = list(overdue.order_by("shipped_at")[:limit])
    for order in found:
        receive_order(order, at=at)
    return len(found)
