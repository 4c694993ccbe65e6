"""States of orders, payments and refunds, and the changes between them that are allowed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderState(models.TextChoices):
    UNPAID = "unpaid", _("待付款")
    PAID = "paid", _("待发货")
    SHIPPED = "shipped", _("待收货")
    RECEIVED = "received", _("已完成")
    CLOSED = "closed", _("已关闭")


ORDER_TRANSITIONS = {
    OrderState.UNPAID: frozenset({OrderState.PAID, OrderState.CLOSED}),
    # A virtual order is received at once; a wholly refunded one that never left is closed.
    OrderState.PAID: frozenset({OrderState.SHIPPED, OrderState.RECEIVED, OrderState.CLOSED}),
    OrderState.SHIPPED: frozenset({OrderState.RECEIVED}),
    OrderState.RECEIVED: frozenset(),
    OrderState.CLOSED: frozenset(),
}


class PaymentState(models.TextChoices):
    STARTED = "started", _("支付中")
    PAID = "paid", _("已支付")
    FAILED = "failed", _("支付失败")
    CLOSED = "closed", _("已关闭")


PAYMENT_TRANSITIONS = {
    PaymentState.STARTED: frozenset({PaymentState.PAID, PaymentState.FAILED, PaymentState.CLOSED}),
    # A gateway may report failure first and success later; money that came is money that came.
    PaymentState.FAILED: frozenset({PaymentState.PAID, PaymentState.CLOSED}),
    # So may one whose closing crossed with the payer's money.
    PaymentState.CLOSED: frozenset({PaymentState.PAID}),
    PaymentState.PAID: frozenset(),
}

# May still turn out paid: the gateway is asked, and told to close them, before their order closes.
PAYABLE = (PaymentState.STARTED, PaymentState.FAILED)


class RefundState(models.TextChoices):
    REQUESTED = "requested", _("待商家处理")
    APPROVED = "approved", _("退款中")
    DONE = "done", _("已退款")
    REJECTED = "rejected", _("商家已拒绝")
    WITHDRAWN = "withdrawn", _("已撤销")


# An after-sale that is open keeps the commission of its lines from maturing.
OPEN_REFUNDS = (RefundState.REQUESTED, RefundState.APPROVED)

REFUND_TRANSITIONS = {
    RefundState.REQUESTED: frozenset(
        {RefundState.APPROVED, RefundState.REJECTED, RefundState.WITHDRAWN}
    ),
    RefundState.APPROVED: frozenset({RefundState.DONE}),
    RefundState.DONE: frozenset(),
    RefundState.REJECTED: frozenset(),
    RefundState.WITHDRAWN: frozenset(),
}


class RepaymentState(models.TextChoices):
    """Money going back to a buyer: one call to the gateway under one number."""

    WAITING = "waiting", _("待发起")
    SENT = "sent", _("已发起")
    DONE = "done", _("已到账")
    FAILED = "failed", _("失败，需人工处理")


REPAYMENT_TRANSITIONS = {
    RepaymentState.WAITING: frozenset({RepaymentState.SENT}),
    RepaymentState.SENT: frozenset({RepaymentState.DONE, RepaymentState.FAILED}),
    # The merchant tries a definite failure again, under the same number.
    RepaymentState.FAILED: frozenset({RepaymentState.SENT, RepaymentState.DONE}),
    RepaymentState.DONE: frozenset(),
}


class EventKind(models.TextChoices):
    PLACED = "placed", _("已下单")
    PAID = "paid", _("已付款")
    RECEIVED = "received", _("已收货")
    REFUNDED = "refunded", _("已退款")
    CANCELLED = "cancelled", _("已取消")
