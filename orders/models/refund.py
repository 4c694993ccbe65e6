from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.states import RefundState


class Refund(models.Model):
    """An after-sale: which lines, how many, how much, and how it went."""

    class Reason(models.TextChoices):
        NO_LONGER_WANTED = "unwanted", _("不想要了")
        NOT_AS_DESCRIBED = "not_as_described", _("与描述不符")
        DAMAGED = "damaged", _("收到时破损")
        LATE = "late", _("发货太慢")
        AGREED = "agreed", _("与商家协商一致")
        OTHER = "other", _("其他")

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="refunds", verbose_name=_("订单")
    )
    number = models.CharField(_("售后单号"), max_length=120, unique=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=RefundState.choices, default=RefundState.REQUESTED
    )
    reason = models.CharField(
        _("原因"), max_length=20, choices=Reason.choices, default=Reason.OTHER
    )
    note = models.CharField(_("说明"), max_length=200, blank=True)
    answer = models.CharField(_("商家答复"), max_length=200, blank=True)
    amount = models.DecimalField(
        _("退款金额"), max_digits=12, decimal_places=2, help_text=_("含运费。")
    )
    shipping_amount = models.DecimalField(_("退运费"), max_digits=12, decimal_places=2, default=0)
    requested_at = models.DateTimeField(_("申请时间"))
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    done_at = models.DateTimeField(_("到账时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("售后单")
        verbose_name_plural = pgettext_lazy("plural", "售后单")
        ordering = ["-requested_at", "-pk"]
        indexes = [
            models.Index(
                fields=["order"],
                condition=Q(state__in=["requested", "approved"]),
                name="refund_open",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, shipping_amount__gte=0), name="refund_amounts_sane"
            )
        ]

    def __str__(self) -> str:
        return self.number


class RefundLine(models.Model):
    """What of a line goes back: pieces (may be none) and money (may be none)."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines")
    line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField(_("数量"), default=0)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2, default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="refund_line_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & (Q(amount__gt=0) | Q(quantity__gt=0)),
                name="refund_line_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} −{self.quantity} −{self.amount}"
