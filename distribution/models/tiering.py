from datetime import date
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Floor
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MOST_DAYS = 366


class TierCalendar(models.Model):
    """By which calendar tiers are reviewed. One row; periods begin at Beijing midnight."""

    class Kind(models.TextChoices):
        MONTH = "month", _("每个自然月")
        QUARTER = "quarter", _("每个自然季度")
        DAYS = "days", _("每 N 天")

    kind = models.CharField(_("周期"), max_length=10, choices=Kind.choices, default=Kind.MONTH)
    days = models.PositiveSmallIntegerField(
        _("每期天数"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text=_("只用于“每 N 天”。"),
    )
    days_from = models.DateField(
        _("第一期开始"),
        default=date(2026, 1, 1),
        help_text=_("只用于“每 N 天”，从这一天起一期接一期。"),
    )
    warning_days = models.PositiveSmallIntegerField(
        _("提前提醒天数"),
        default=7,
        validators=[MaxValueValidator(60)],
        help_text=_("期末前这么多天还没完成任务，就提醒本人；没有提醒过就不会降级。0 表示不提醒。"),
    )
    grace_days = models.PositiveSmallIntegerField(
        _("宽限天数"),
        default=0,
        validators=[MaxValueValidator(60)],
        help_text=_("期末后还有这么多天可以补上，期间的成交也算。"),
    )

    class Meta:
        verbose_name = _("等级周期")
        verbose_name_plural = pgettext_lazy("plural", "等级周期")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_tier_calendar"),
            models.CheckConstraint(
                condition=Q(days__gte=1, days__lte=MOST_DAYS), name="tier_period_days_sane"
            ),
            models.CheckConstraint(
                condition=Q(warning_days__lte=60, grace_days__lte=60), name="tier_days_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class TierTask(models.Model):
    """What has to be done within a period to have a tier, by the person alone.

    There is no kind that counts recruits or what a team sells, and the database takes no other:
    paying for heads or for the work of those below is forbidden.
    """

    class Kind(models.TextChoices):
        SALES = "sales", _("完成销售额")
        ORDERS = "orders", _("完成订单数")
        CUSTOMERS = "customers", _("付款顾客数")

    tier = models.ForeignKey(
        "distribution.Tier", models.CASCADE, related_name="tasks", verbose_name=_("等级")
    )
    kind = models.CharField(_("任务"), max_length=10, choices=Kind.choices)
    target = models.DecimalField(
        _("目标"), max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )

    class Meta:
        verbose_name = _("升级任务")
        verbose_name_plural = pgettext_lazy("plural", "升级任务")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["tier", "kind"], name="tier_task_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["sales", "orders", "customers"]),
                name="tier_task_counts_own_sales",
            ),
            models.CheckConstraint(condition=Q(target__gt=0), name="tier_task_positive"),
            models.CheckConstraint(
                condition=Q(kind="sales") | Q(target=Floor("target")),
                name="tier_task_counts_whole",
                violation_error_message=_("订单数和顾客数须为整数。"),
            ),
        ]

    def __str__(self) -> str:
        is_money = self.kind == TierTask.Kind.SALES
        return f"{self.get_kind_display()} {self.target if is_money else int(self.target)}"


class TierReview(models.Model):
    """What a review found for one person and one period, with the figures it rests on.

    Open: they were warned that the period may end unmet. `period_end` is the first day after.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("已提醒")
        HELD = "held", _("保级")
        FELL = "fell", _("降级")
        ROSE = "rose", _("升级")

    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.CASCADE,
        related_name="tier_reviews",
        verbose_name=_("分销商"),
    )
    tier = models.ForeignKey(
        "distribution.Tier",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("当时等级"),
    )
    to_tier = models.ForeignKey(
        "distribution.Tier", models.PROTECT, null=True, related_name="+", verbose_name=_("新等级")
    )
    period_start = models.DateField(_("期初"))
    period_end = models.DateField(_("期末"))
    outcome = models.CharField(_("结果"), max_length=10, choices=Outcome.choices)
    sales = models.DecimalField(_("完成销售额"), max_digits=14, decimal_places=2)
    orders = models.PositiveIntegerField(_("完成订单数"))
    customers = models.PositiveIntegerField(_("付款顾客数"))
    warned_at = models.DateTimeField(_("提醒时间"), null=True)
    decided_at = models.DateTimeField(_("定级时间"), null=True)

    class Meta:
        verbose_name = _("等级考核")
        verbose_name_plural = pgettext_lazy("plural", "等级考核")
        ordering = ["-period_start", "-pk"]
        indexes = [models.Index(fields=["-period_start", "outcome"])]
        constraints = [
            models.UniqueConstraint(
                fields=["distributor", "period_start", "period_end"],
                condition=~Q(outcome="rose"),
                name="one_tier_review_a_period",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", decided_at=None, warned_at__isnull=False)
                | (~Q(outcome="open") & Q(decided_at__isnull=False)),
                name="tier_review_decided_or_open",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["rose", "fell"], to_tier__isnull=False)
                | Q(outcome__in=["open", "held"], to_tier=None),
                name="tier_review_leads_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gt=F("period_start")), name="tier_review_runs_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.distributor_id} {self.period_start} {self.outcome}"
