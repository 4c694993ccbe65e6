"""How far an order has come, in words, and what its buyer may do with it now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from base.money import ZERO
from catalog.models.product import Kind
from orders.models import Order, OrderLine, Refund, Repayment, Shipment
from orders.states import OrderState, RefundState

# What every order passes on its way; virtual orders are received when they are paid.
WAY = (OrderState.UNPAID, OrderState.PAID, OrderState.SHIPPED, OrderState.RECEIVED)


@dataclass(frozen=True)
class Step:
    """A stage of the way: "done", "now" (what comes next) or empty."""

    label: str
    mark: str


@dataclass(frozen=True)
class Happening:
    at: datetime
    text: str


@dataclass(frozen=True)
class Allowed:
    """What the buyer may do; the acts themselves check again under lock."""

    pay: bool = False
    cancel: bool = False
    cancel_paid: bool = False
    receive: bool = False
    refund: bool = False


def allowed(
    order: Order, lines: Iterable[OrderLine], *, waiting: Decimal = ZERO, at: datetime | None = None
) -> Allowed:
    """Read from the order and its lines alone; `waiting` is the money of open after-sales."""
    at = at or timezone.now()
    has_delivered = any(line.received_at for line in lines)
    has_money = order.total > order.refunded_amount + waiting
    return Allowed(
        pay=order.state == OrderState.UNPAID and order.expires_at > at,
        cancel=order.state == OrderState.UNPAID and not is_closing(order),
        cancel_paid=order.state == OrderState.PAID and not has_delivered and has_money,
        receive=order.state == OrderState.SHIPPED,
        refund=order.paid_at is not None and order.state != OrderState.CLOSED and has_money,
    )


def is_closing(order: Order) -> bool:
    """Somebody has cancelled it; its gateway is being asked."""
    return order.state == OrderState.UNPAID and order.close_reason != ""


def is_going_back(order: Order, waiting: Decimal) -> bool:
    """Nothing was sent and all of the money is on its way back to the buyer."""
    all_back = order.refunded_amount + waiting == order.total
    return order.state == OrderState.PAID and waiting > ZERO and all_back


def steps(order: Order, lines: Sequence[OrderLine]) -> list[Step]:
    """The way of this order; a closed one has none."""
    if order.state == OrderState.CLOSED:
        return []
    is_virtual = not any(line.kind == Kind.PHYSICAL for line in lines)
    names = {
        OrderState.UNPAID: _("下单"),
        OrderState.PAID: _("付款"),
        OrderState.SHIPPED: _("发货"),
        OrderState.RECEIVED: _("交付") if is_virtual else _("收货"),
    }
    way = [state for state in WAY if not (is_virtual and state == OrderState.SHIPPED)]
    reached = way.index(OrderState(order.state))
    marks = ["done"] * (reached + 1) + ["now"] + [""] * len(way)
    return [Step(names[state], mark) for state, mark in zip(way, marks, strict=False)]


def headline(order: Order, *, waiting: Decimal = ZERO, at: datetime | None = None) -> str:
    """One sentence under the state: what happens next."""
    at = at or timezone.now()
    if is_going_back(order, waiting):
        return _("钱正在原路退回，到账后订单关闭。")
    match order.state:
        case OrderState.UNPAID if is_closing(order):
            return _("正在向支付平台确认没有付款，随后自动关闭。")
        case OrderState.UNPAID if order.expires_at <= at:
            return _("订单即将自动关闭。")
        case OrderState.UNPAID:
            until = timezone.localtime(order.expires_at)
            return _("请在 %(time)s 前付款，逾时订单自动关闭。") % {"time": f"{until:%H:%M}"}
        case OrderState.PAID if waiting:
            return _("有进行中的售后，处理好以后再发货。")
        case OrderState.PAID:
            return _("商家正在准备发货。")
        case OrderState.SHIPPED:
            due = (order.shipped_at or at) + timedelta(days=settings.AUTO_RECEIVE_DAYS)
            days = max(0, (due - at).days)
            return _("收到后请确认收货；%(days)d 天后自动确认。") % {"days": days}
        case OrderState.RECEIVED:
            return _("订单已完成，谢谢惠顾。")
        case _closed:
            return _why_closed(order)


def _why_closed(order: Order) -> str:
    """The shop writes its own reasons down in Chinese; what a person typed stays as it is."""
    return _(order.close_reason) if order.close_reason else ""


def history(
    order: Order,
    shipments: Iterable[Shipment],
    refunds: Iterable[Refund],
    surplus: Iterable[Repayment],
) -> list[Happening]:
    """Everything that happened, newest first."""
    found: list[tuple[datetime | None, str]] = [
        (order.placed_at, _("下单")),
        (order.paid_at, _("付款")),
    ]
    for shipment in shipments:
        words = {"courier": shipment.courier, "number": shipment.tracking_no}
        found.append((shipment.shipped_at, _("发货：%(courier)s %(number)s") % words))
    found.append((order.received_at, _("收货")))
    for refund in refunds:
        found.extend(_refund_happenings(refund))
    found.append((order.closed_at, _("订单关闭：%(why)s") % {"why": _why_closed(order)}))
    for repayment in surplus:
        amount = {"amount": repayment.amount}
        found.append((repayment.created_at, _("多收到 ¥%(amount)s，原路退回") % amount))
        found.append((repayment.done_at, _("多收的 ¥%(amount)s 已退回") % amount))
    happenings = [Happening(at, text) for at, text in reversed(found) if at is not None]
    return sorted(happenings, key=lambda happening: happening.at, reverse=True)


def _refund_happenings(refund: Refund) -> list[tuple[datetime | None, str]]:
    words = {"amount": refund.amount, "answer": refund.answer}
    decided = {
        RefundState.APPROVED: _("商家同意退款 ¥%(amount)s"),
        RefundState.DONE: _("商家同意退款 ¥%(amount)s"),
        RefundState.REJECTED: _("商家拒绝退款：%(answer)s"),
        RefundState.WITHDRAWN: _("撤销了退款申请"),
    }
    happened: list[tuple[datetime | None, str]] = [
        (refund.requested_at, _("申请退款 ¥%(amount)s") % words)
    ]
    if refund.state in decided:
        happened.append((refund.decided_at, decided[RefundState(refund.state)] % words))
    happened.append((refund.done_at, _("退款 ¥%(amount)s 已退回原支付账户") % words))
    return happened
