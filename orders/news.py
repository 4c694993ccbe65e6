"""What buyers are told of their orders in their inbox, in the transaction of what it tells of."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.inbox import Event, News, events, tell, topics
from orders.models import Order, Refund, Repayment, Shipment
from orders.states import RefundState

ORDERS = "orders"

EVENTS = {
    "order_expired": Event(
        ORDERS,
        _("订单已关闭：没有按时付款"),
        _("订单 %(order)s 到时间没有付款，已自动关闭，没有收你的钱。还想要的话可以再买一次。"),
    ),
    "order_closed": Event(
        ORDERS,
        _("订单已被商家关闭"),
        _("订单 %(order)s 还没有付款，商家把它关闭了。原因：%(reason)s"),
    ),
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
    "surplus_returned": Event(
        ORDERS,
        _("多付的 ¥%(amount)s 已退回"),
        _(
            "订单 %(order)s 付了两次，或关闭以后才到账：多出的 ¥%(amount)s 已经退给你，"
            "到账时间以付款渠道为准。"
        ),
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


def tell_closed(order: Order, *, event: str, at: datetime) -> None:
    """An unpaid order was closed, and not by its buyer."""
    _tell(event, order, order.number, {"reason": order.close_reason}, at)


def tell_surplus(repayment: Repayment, *, at: datetime) -> None:
    """Money that no order was waiting for is back."""
    values = {"amount": str(repayment.amount)}
    _tell("surplus_returned", repayment.payment.order, repayment.number, values, at)


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
