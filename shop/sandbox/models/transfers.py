"""The transfer gateway's own books: what it paid to whom, once per number."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def new_transfer_no() -> str:
    return f"F{secrets.randbelow(10**20):020d}"


class SandboxTransfer(models.Model):
    """Money a merchant asked to be paid to somebody, under the merchant's own number."""

    class State(models.TextChoices):
        ACCEPTED = "accepted", _("已受理")
        PAID = "paid", _("已到账")
        FAILED = "failed", _("失败")

    number = models.CharField(_("商户转账单号"), max_length=32, unique=True)
    transfer_no = models.CharField(
        _("网关流水号"), max_length=32, unique=True, default=new_transfer_no
    )
    payee = models.CharField(_("收款人"), max_length=64)
    payee_name = models.CharField(_("收款人姓名"), max_length=64)
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices)
    detail = models.CharField(_("原因"), max_length=120, blank=True)
    asked = models.PositiveIntegerField(_("被请求次数"), default=0)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    paid_at = models.DateTimeField(_("到账时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("沙箱转账")
        verbose_name_plural = pgettext_lazy("plural", "沙箱转账")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_transfer_positive"),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False)
                | (~Q(state="paid") & Q(paid_at=None)),
                name="sandbox_transfer_paid_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number
