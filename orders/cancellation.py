"""Closing an order that was not paid: by its buyer or the merchant, or when its time is up.

Where money may be under way the gateway is asked first and told to take none any more; only then
does the stock go back. No transaction is open while it answers.
"""

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError, WrongState
from base.locks import lock_row
from base.transitions import require_transition
from catalog.stock import lock_variants, return_stock
from orders.coupons import return_coupon
from orders.events import publish
from orders.models import Order, OrderLine, Payment
from orders.news import tell_closed
from orders.payments import close_payment, payable
from orders.states import ORDER_TRANSITIONS, PAYABLE, EventKind, OrderState

logger = logging.getLogger(__name__)

# So long a silent gateway may keep the stock; money that comes later goes back by itself.
WAIT_FOR_GATEWAY = timedelta(hours=2)
MOST_SILENT = 5
# What is no news to the buyer, and what nobody decided; any other reason is the merchant's.
BUYERS_REASON = gettext_noop("买家取消")
TIME_IS_UP = gettext_noop("超时未付款")


class NoAnswer(DomainError):
    """The gateway gave no definite answer; the order stays as it is and is asked about again."""


def cancel_order(
    order: Order, *, reason: str, by: User | None = None, at: datetime | None = None
) -> Order:
    """Close an unpaid order and give its stock back. Closed already: nothing happens.

    `by` is the merchant's person, whose deed is written down; None when it is the buyer, whose
    reason is BUYERS_REASON: everybody else's is told them.

    When somebody has begun to pay it, its time is up from now on and no payment can be started;
    `close_overdue` asks the gateway and closes it: the order comes back unpaid. Raises
    WrongState once it is paid: then a refund is the way.
    """
    at = at or timezone.now()
    with transaction.atomic():
        order = _lock(order)
        if order.state == OrderState.CLOSED or _is_closing(order):
            return order
        if order.state != OrderState.UNPAID:
            raise WrongState(_("订单已付款，请申请退款。"))
        if by is not None:
            record_audit("close_order", order, by=by, reason=reason)
        if payable(order).exists():
            order.expires_at, order.close_reason = min(order.expires_at, at), reason[:100]
            order.save(update_fields=["expires_at", "close_reason"])
            return order
        return _close(order, reason, at)


def close_overdue(order: Order, *, at: datetime | None = None) -> Order:
    """Close an unpaid order whose time is up, its gateways first. Closed already: nothing happens.

    Raises WrongState when it is paid, also when that turns out only now, and NoAnswer as long as
    a gateway says nothing definite, at most WAIT_FOR_GATEWAY.
    """
    at = at or timezone.now()
    for payment in payable(order):
        if not _is_settled(payment, at) and at < _latest(order):
            raise NoAnswer(_("支付平台暂时没有答复，稍后自动关闭。"))
    with transaction.atomic():
        order = _lock(order)
        if order.state == OrderState.CLOSED:
            return order
        if order.state != OrderState.UNPAID:
            raise WrongState(_("订单已付款，请申请退款。"))
        return _close(order, order.close_reason or TIME_IS_UP, at)


def _is_settled(payment: Payment, at: datetime) -> bool:
    """Whether it is certain now that it is paid, or never will be."""
    try:
        return close_payment(payment, at=at).state not in PAYABLE
    except Exception:  # whatever is wrong with one gateway is no answer
        logger.exception("payment %s could not be closed", payment.number)
        return False


def _latest(order: Order) -> datetime:
    return order.expires_at + WAIT_FOR_GATEWAY


def _lock(order: Order) -> Order:
    lock_variants(quantities_of(order))  # stock before order, as everywhere
    return lock_row(Order.objects.filter(pk=order.pk))


def _is_closing(order: Order) -> bool:
    return order.state == OrderState.UNPAID and order.close_reason != ""


def _close(order: Order, reason: str, at: datetime) -> Order:
    require_transition(ORDER_TRANSITIONS, order.state, OrderState.CLOSED)
    order.state, order.closed_at, order.close_reason = OrderState.CLOSED, at, reason[:100]
    order.save(update_fields=["state", "closed_at", "close_reason"])
    return_stock(quantities_of(order))
    return_coupon(order)
    publish(EventKind.CANCELLED, order, at)
    if reason != BUYERS_REASON:
        tell_closed(order, at=at, event="order_expired" if reason == TIME_IS_UP else "order_closed")
    return order


def quantities_of(order: Order) -> Counter[int]:
    """Pieces per variant; an order's lines never change."""
    return Counter(
        dict(OrderLine.objects.filter(order=order).values_list("variant_id", "quantity"))
    )


def expire_orders(at: datetime | None = None, limit: int = 500) -> int:
    """Close what was not paid in time. Returns how many; a payment that wins the race stands.

    What a gateway gives no answer about stays for the next round and keeps nobody else waiting:
    after a few silences nobody is asked any more in this one.
    """
    at = at or timezone.now()
    overdue = Order.objects.filter(state=OrderState.UNPAID, expires_at__lte=at)
    closed = silent = 0
    for order in overdue.order_by("expires_at", "pk").iterator():
        if closed == limit:
            break
        if silent >= MOST_SILENT and payable(order).exists() and at < _latest(order):
            continue
        try:
            close_overdue(order, at=at)
        except WrongState:
            continue
        except NoAnswer:
            silent += 1
            continue
        closed += 1
    return closed
