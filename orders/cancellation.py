"""Closing an order that was not paid: by the buyer, or when its time is up. Stock goes back."""

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.errors import WrongState
from base.locks import lock_row
from base.transitions import require_transition
from catalog.stock import lock_variants, return_stock
from orders.events import publish
from orders.models import Order, OrderLine
from orders.states import ORDER_TRANSITIONS, EventKind, OrderState


def cancel_order(order: Order, *, reason: str, at: datetime | None = None) -> Order:
    """Close an unpaid order and give its stock back. Closed already: nothing happens.

    Raises WrongState once it is paid: then a refund is the way.
    """
    at = at or timezone.now()
    with transaction.atomic():
        taken = quantities_of(order)
        lock_variants(taken)  # stock before order, as everywhere
        order = lock_row(Order.objects.filter(pk=order.pk))
        if order.state == OrderState.CLOSED:
            return order
        if order.state != OrderState.UNPAID:
            raise WrongState(_("订单已付款，请申请退款。"))
        require_transition(ORDER_TRANSITIONS, order.state, OrderState.CLOSED)
        order.state, order.closed_at, order.close_reason = OrderState.CLOSED, at, reason[:100]
        order.save(update_fields=["state", "closed_at", "close_reason"])
        return_stock(taken)
        publish(EventKind.CANCELLED, order, at)
    return order


def quantities_of(order: Order) -> Counter[int]:
    """Pieces per variant; an order's lines never change."""
    return Counter(
        dict(OrderLine.objects.filter(order=order).values_list("variant_id", "quantity"))
    )


def expire_orders(at: datetime | None = None, limit: int = 500) -> int:
    """Close what was not paid in time. Returns how many; a payment that wins the race stands."""
    at = at or timezone.now()
    overdue = Order.objects.filter(state=OrderState.UNPAID, expires_at__lte=at)
    closed = 0
    for order in overdue.order_by("expires_at")[:limit]:
        try:
            cancel_order(order, reason=gettext_noop("超时未付款"), at=at)
        except WrongState:
            continue
        closed += 1
    return closed
