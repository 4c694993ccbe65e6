"""Sending an order."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from base.transitions import require_transition
from orders.models import Order, Refund, Shipment
from orders.news import tell_shipped
from orders.states import OPEN_REFUNDS, ORDER_TRANSITIONS, OrderState


class CannotShip(DomainError):
    """The parcel cannot be recorded."""


def ship_order(
    order: Order, *, courier: str, tracking_no: str, by: User | None, at: datetime | None = None
) -> Order:
    """Record a parcel; the first one marks the order shipped. The same parcel again: nothing.

    Raises CannotShip without courier or number, or while an after-sale is open; WrongState when
    the order is not paid or is closed.
    """
    at = at or timezone.now()
    courier, tracking_no = courier.strip(), tracking_no.strip()
    if not courier or not tracking_no:
        raise CannotShip(_("请填写快递公司和运单号。"))
    with transaction.atomic():
        order = lock_row(Order.objects.filter(pk=order.pk))
        if Shipment.objects.filter(order=order, courier=courier, tracking_no=tracking_no).exists():
            return order
        if order.state != OrderState.SHIPPED:
            require_transition(ORDER_TRANSITIONS, order.state, OrderState.SHIPPED)
            if Refund.objects.filter(order=order, state__in=OPEN_REFUNDS).exists():
                raise CannotShip(_("订单有进行中的售后，请先处理售后再发货。"))
            order.state, order.shipped_at = OrderState.SHIPPED, at
            order.save(update_fields=["state", "shipped_at"])
        shipment = Shipment.objects.create(
            order=order, courier=courier, tracking_no=tracking_no, shipped_at=at
        )
        tell_shipped(shipment, at=at)
        if by is not None:
            record_audit("ship_order", order, by=by, courier=courier, tracking_no=tracking_no)
    return order
