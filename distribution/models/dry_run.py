from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.models.change_set import ChangeSet
from distribution.states import DryRunState


class DryRun(models.Model):
    """One try of a draft on past orders, and what came of it. Nothing live is touched.

    `revision` is the draft's at that time. `summary` holds the sums (amounts as texts), written
    once together with the rows of `effects`.
    """

    class Baseline(models.TextChoices):
        ACTUAL = "actual", _("实际产生的佣金")
        RULES = "rules", _("现行规则重算的佣金")

    class Dates(models.TextChoices):
        AS_WRITTEN = "written", _("按活动时间")
        ALWAYS = "always", _("当作整个区间都在活动中")

    change_set = models.ForeignKey(
        ChangeSet, models.CASCADE, related_name="dry_runs", verbose_name=_("草稿")
    )
    revision = models.PositiveIntegerField()
    first_day = models.DateField(_("从"))
    last_day = models.DateField(_("到"))
    baseline = models.CharField(
        _("对比"), max_length=10, choices=Baseline.choices, default=Baseline.ACTUAL
    )
    dates = models.CharField(
        _("草稿里的活动"), max_length=10, choices=Dates.choices, default=Dates.AS_WRITTEN
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=DryRunState.choices, default=DryRunState.QUEUED
    )
    total = models.PositiveIntegerField(_("订单数"))
    done = models.PositiveIntegerField(_("已试算"), default=0)
    summary = models.JSONField(default=dict)
    error = models.CharField(_("错误"), max_length=200, blank=True)
    requested_at = models.DateTimeField(_("发起时间"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("发起人"),
    )
    seen_at = models.DateTimeField(_("最近进展"), null=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    class Meta:
        verbose_name = _("试算")
        verbose_name_plural = pgettext_lazy("plural", "试算")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["change_set", "revision", "first_day", "last_day", "baseline", "dates"],
                condition=Q(state__in=["queued", "running"]),
                name="dry_run_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="dry_run_days_run_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class DryRunEffect(models.Model):
    """What a dry run would change for one distributor."""

    run = models.ForeignKey(DryRun, models.CASCADE, related_name="effects")
    distributor = models.ForeignKey("distribution.Distributor", models.CASCADE, related_name="+")
    orders = models.PositiveIntegerField(_("订单数"))
    before = models.DecimalField(_("原来"), max_digits=14, decimal_places=2)
    after = models.DecimalField(_("试算"), max_digits=14, decimal_places=2)
    change = models.DecimalField(_("变化"), max_digits=14, decimal_places=2)

    class Meta:
        ordering = ["-change", "pk"]
        indexes = [models.Index(fields=["run", "-change", "id"])]
        constraints = [
            models.UniqueConstraint(fields=["run", "distributor"], name="dry_run_effect_once"),
            models.CheckConstraint(
                condition=Q(change=F("after") - F("before")), name="dry_run_effect_adds_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.distributor_id} {self.change:+}"
