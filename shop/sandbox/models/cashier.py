"""The gateway's own books: what merchants asked it to take, what it gave back, whom it told."""

import secrets
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def new_trade_no() -> str:
    return f"T{secrets.randbelow(10**20):020d}"


def new_notice_id() -> str:
    return uuid.uuid4().hex


class SandboxTrade(models.Model):
    """A payment a merchant asked for under its own number."""

    class State(models.TextChoices):
        OPEN = "open", _("待支付")
        PAID = "paid", _("已支付")
        FAILED = "failed", _("支付失败")
        CLOSED = "closed", _("已关闭")

    number = models.CharField(_("商户支付单号"), max_length=32, unique=True)
    trade_no = models.CharField(_("网关流水号"), max_length=32, unique=True, default=new_trade_no)
    order_no = models.CharField(_("商户订单号"), max_length=40)
    subject = models.CharField(_("商品说明"), max_length=120)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    state = models.CharField(_("状态"), max_length=6, choices=State.choices, default=State.OPEN)
    notify_url = models.CharField(_("通知地址"), max_length=300)
    return_url = models.CharField(_("返回地址"), max_length=300)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    pays_at = models.DateTimeField(_("将于此时付款"), null=True, blank=True)
    paid_at = models.DateTimeField(_("支付时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("沙箱交易")
        verbose_name_plural = pgettext_lazy("plural", "沙箱交易")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["order_no"])]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_trade_positive"),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False)
                | (~Q(state="paid") & Q(paid_at=None)),
                name="sandbox_paid_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class SandboxTradeNotice(models.Model):
    """One thing to tell the merchant about a trade, and whether they heard it."""

    trade = models.ForeignKey(SandboxTrade, models.CASCADE, related_name="notices")
    notice_id = models.CharField(_("通知编号"), max_length=32, unique=True, default=new_notice_id)
    event = models.CharField(_("内容"), max_length=6, choices=SandboxTrade.State.choices)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    answer = models.CharField(_("最近一次应答"), max_length=100, blank=True)
    delivered_at = models.DateTimeField(_("送达时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("沙箱通知")
        verbose_name_plural = pgettext_lazy("plural", "沙箱通知")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.trade} {self.event}"


class SandboxRepayment(models.Model):
    """Money sent back to a payer, once per the merchant's number."""

    class State(models.TextChoices):
        DONE = "done", _("已退回")
        FAILED = "failed", _("退款失败")

    trade = models.ForeignKey(SandboxTrade, models.CASCADE, related_name="repayments")
    number = models.CharField(_("商户退款单号"), max_length=32, unique=True)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    state = models.CharField(_("状态"), max_length=6, choices=State.choices)
    reason = models.CharField(_("原因"), max_length=120, blank=True)
    asked = models.PositiveIntegerField(_("被请求次数"), default=1)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)

    class Meta:
        verbose_name = _("沙箱退款")
        verbose_name_plural = pgettext_lazy("plural", "沙箱退款")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_repayment_positive")
        ]

    def __str__(self) -> str:
        return self.number


class SandboxWish(models.Model):
    """How the gateway shall behave from now on, chosen on its page: one row per subject."""

    class Mode(models.TextChoices):
        OK = "ok", _("成功")
        FAIL = "fail", _("明确失败")
        UNKNOWN = "unknown", _("办成了，但答复丢失")

    subject = models.CharField(_("事项"), max_length=20, primary_key=True)
    mode = models.CharField(_("表现"), max_length=10, choices=Mode.choices, default=Mode.OK)

    class Meta:
        verbose_name = _("沙箱表现")
        verbose_name_plural = pgettext_lazy("plural", "沙箱表现")

    def __str__(self) -> str:
        return f"{self.subject}: {self.mode}"
