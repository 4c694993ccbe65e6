"""What buyers are told of their orders in their inbox, in the transaction of what it tells of."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.inbox import Event, News, events, tell, topics
from orders.models import Order, Refund, Shipment
from orders.states import RefundState

ORDERS = "orders"

EVENTS = {
    "order_shipped": Event(
        ORDERS,
        _("包裹已发出"),
        _("订单 %(order)s 的包裹由%(courier)s发出，运单号 %(tracking_no)s。"),
    ),
    "refund_made": Event(
        ORDERS,
        _("已退款 ¥%(amount)s"),
        _("订单 %(order)s 的 ¥%(amount)s 已经退给你，到账时间以付款渠道为准。"),
    ),
    "refund_rejected": Event(
        ORDERS,
        _("售后申请没有通过"),
        _("订单 %(order)s 申请退 ¥%(amount)s，商家没有同意。商家的答复：%(reason)s"),
    ),
}


def register() -> None:
    topics[ORDERS] = pgettext_lazy("plural", "订单")
    events.update(EVENTS)


def tell_shipped(shipment: Shipment, *, at: datetime) -> None:
    """One message a parcel."""
    values = {"courier": shipment.courier, "tracking_no": shipment.tracking_no}
    _tell("order_shipped", shipment.order, str(shipment.pk), values, at)


def tell_refund(refund: Refund, *, at: datetime) -> None:
    """How an after-sale ended: the money is back, or the merchant refused."""
    event = {RefundState.DONE: "refund_made", RefundState.REJECTED: "refund_rejected"}
    values = {"amount": str(refund.amount), "reason": refund.answer}
    _tell(event[RefundState(refund.state)], refund.order, refund.number, values, at)


def _tell(event: str, order: Order, key: str, values: dict[str, str], at: datetime) -> None:
    told = {"order": order.number} | values
    tell(event, [News(order.user_id, key, told, f"/orders/{order.number}/")], at=at)
