from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.states import PaymentState, RepaymentState


class Payment(models.Model):
    """One attempt to pay an order under one number, which the gateway echoes."""

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="payments", verbose_name=_("订单")
    )
    number = models.CharField(_("支付单号"), max_length=32, unique=True)
    method = models.CharField(_("支付方式"), max_length=20)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    state = models.CharField(
        _("状态"), max_length=10, choices=PaymentState.choices, default=PaymentState.STARTED
    )
    gateway_no = models.CharField(_("网关流水号"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    paid_at = models.DateTimeField(_("支付时间"), null=True, blank=True)
    # When to ask the gateway about it, should its notice have been lost; null = not any more.
    next_query_at = models.DateTimeField(_("下次查询"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("支付单")
        verbose_name_plural = pgettext_lazy("plural", "支付单")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["next_query_at"], condition=Q(state="started"), name="payment_to_query"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["method", "gateway_no"], condition=~Q(gateway_no=""), name="gateway_no_once"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number


class GatewayNotice(models.Model):
    """What a gateway told us, as it came, once per its own id."""

    gateway = models.CharField(_("网关"), max_length=20)
    notice_id = models.CharField(_("通知编号"), max_length=64)
    body = models.TextField(_("原文"))
    received_at = models.DateTimeField(_("收到时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("网关通知")
        verbose_name_plural = pgettext_lazy("plural", "网关通知")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "notice_id"], name="gateway_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.notice_id}"


class Repayment(models.Model):
    """Money going back through the payment it came from, under a number that never changes.

    For an after-sale (`refund`), or for money the order had no use for: paid twice, or paid
    after closing (`refund` is null).
    """

    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="repayments", verbose_name=_("支付单")
    )
    refund = models.OneToOneField(
        "orders.Refund",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="repayment",
        verbose_name=_("售后单"),
    )
    number = models.CharField(_("退款单号"), max_length=32, unique=True)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    state = models.CharField(
        _("状态"), max_length=10, choices=RepaymentState.choices, default=RepaymentState.WAITING
    )
    error = models.CharField(_("错误"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_attempt_at = models.DateTimeField(_("下次尝试"))
    created_at = models.DateTimeField(_("创建时间"))
    done_at = models.DateTimeField(_("到账时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("退款流水")
        verbose_name_plural = pgettext_lazy("plural", "退款流水")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["waiting", "sent"]),
                name="repayment_open",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(refund=None), name="surplus_returned_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="repayment_positive"),
        ]

    def __str__(self) -> str:
        return self.number
