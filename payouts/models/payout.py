from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payouts.models.run import Run
from payouts.states import PayoutState, SkipReason


class Payout(models.Model):
    """Money on its way to one distributor. Its number is committed before the first call to the
    channel and never changes; the amount changes only while it is a draft."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="payouts", verbose_name=_("批次"))
    distributor = models.ForeignKey(
        "distribution.Distributor", models.PROTECT, related_name="payouts", verbose_name=_("分销商")
    )
    number = models.CharField(_("结算单号"), max_length=32, unique=True)
    reservation = models.OneToOneField(
        "distribution.Reservation", models.PROTECT, related_name="payout", verbose_name=_("预留")
    )
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)
    channel = models.CharField(_("打款渠道"), max_length=20)
    state = models.CharField(
        _("状态"), max_length=10, choices=PayoutState.choices, default=PayoutState.DRAFT
    )
    created_at = models.DateTimeField(_("生成时间"))
    approved_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    sent_at = models.DateTimeField(_("打款时间"), null=True, blank=True)
    next_query_at = models.DateTimeField(_("下次查询"), null=True, blank=True)
    closed_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    reference = models.CharField(_("凭证号"), max_length=64, blank=True)
    failure = models.CharField(_("原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("结算单")
        verbose_name_plural = pgettext_lazy("plural", "结算单")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["distributor", "-created_at"]),
            models.Index(
                fields=["state", "next_query_at"],
                condition=Q(state__in=["approved", "sending", "awaiting"]),
                name="payout_open",
            ),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="payout_reference"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "distributor"], name="payout_once_per_run"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_positive"),
        ]

    def __str__(self) -> str:
        return self.number


class PayoutAttempt(models.Model):
    """One call to a channel, written before it is made."""

    payout = models.ForeignKey(Payout, models.CASCADE, related_name="attempts")
    action = models.CharField(
        _("动作"), max_length=10, choices=[("send", _("打款")), ("query", _("查询"))]
    )
    at = models.DateTimeField(_("时间"))
    outcome = models.CharField(_("结果"), max_length=10, blank=True)
    detail = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("打款记录")
        verbose_name_plural = pgettext_lazy("plural", "打款记录")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.payout_id} {self.action} {self.outcome}"


class Skip(models.Model):
    """Why somebody with money in the programme is not in a run."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="skips", verbose_name=_("批次"))
    distributor = models.ForeignKey(
        "distribution.Distributor", models.PROTECT, related_name="skips", verbose_name=_("分销商")
    )
    reason = models.CharField(_("原因"), max_length=20, choices=SkipReason.choices)
    available = models.DecimalField(_("可结算"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("未结算原因")
        verbose_name_plural = pgettext_lazy("plural", "未结算原因")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "distributor"], name="skip_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.distributor}: {self.get_reason_display()}"
