from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class Schedule(models.Model):
    """When available balances are paid out. Beat looks once a day; a period runs once."""

    class Kind(models.TextChoices):
        WEEKLY = "weekly", _("每周")
        MONTHLY = "monthly", _("每月")
        THRESHOLD = "threshold", _("达到金额")

    WEEKDAYS = [
        (1, _("周一")),
        (2, _("周二")),
        (3, _("周三")),
        (4, _("周四")),
        (5, _("周五")),
        (6, _("周六")),
        (7, _("周日")),
    ]

    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices, default=Kind.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("星期"), choices=WEEKDAYS, default=1)
    day_of_month = models.PositiveSmallIntegerField(
        _("每月几号"), default=1, help_text=_("当月没有这一天时取月末。")
    )
    threshold = models.DecimalField(
        _("自动结算额"),
        max_digits=12,
        decimal_places=2,
        default=Decimal("100"),
        help_text=_("仅用于“达到金额”。"),
    )
    minimum = models.DecimalField(
        _("最低结算额"), max_digits=12, decimal_places=2, default=Decimal("1.00")
    )
    channel = models.CharField(_("打款渠道"), max_length=20)
    auto_approve = models.BooleanField(_("自动审批"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("结算计划")
        verbose_name_plural = pgettext_lazy("plural", "结算计划")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="schedule_weekday"),
            models.CheckConstraint(condition=Q(day_of_month__range=(1, 31)), name="schedule_day"),
            models.CheckConstraint(
                condition=Q(minimum__gte=Decimal("0.01"), threshold__gt=0), name="schedule_amounts"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name; that of the schedule every shop begins with, in the reader's language."""
        return gettext(self.name)


class Run(models.Model):
    """One period of one schedule. `cursor` is the last distributor done, so that a run that was
    interrupted goes on where it stopped and nobody is counted twice."""

    schedule = models.ForeignKey(
        Schedule, models.PROTECT, related_name="runs", verbose_name=_("结算计划")
    )
    period = models.DateField(_("期次"))
    channel = models.CharField(_("打款渠道"), max_length=20)
    minimum = models.DecimalField(_("最低结算额"), max_digits=12, decimal_places=2)
    auto_approve = models.BooleanField(_("自动审批"), default=False)
    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    cursor = models.BigIntegerField(default=0, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("结算批次")
        verbose_name_plural = pgettext_lazy("plural", "结算批次")
        ordering = ["-period", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "period"], name="run_once_per_period")
        ]

    def __str__(self) -> str:
        return f"{self.schedule} {self.period}"
