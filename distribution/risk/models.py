from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.risk.states import Kind, State


class Footprint(models.Model):
    """That somebody was seen from a browser or an address, or is paid to an account.

    Only a keyed digest is kept (`base.digests`): it can be found equal to another, and says nothing
    by itself. Rows that have not been seen for a while are deleted.
    """

    class Kind(models.TextChoices):
        VISITOR = "visitor", _("浏览器")
        IP = "ip", _("网络地址")
        ACCOUNT = "account", _("收款账户")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    digest = models.BinaryField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "digest"], name="footprint_shared"),
            models.Index(fields=["last_at"], name="footprint_age"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "digest"], name="footprint_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class Thresholds(models.Model):
    """From when on something is noticed. One row, changed by the merchant."""

    window_days = models.PositiveSmallIntegerField(
        _("看最近多少天"), default=90, validators=[MinValueValidator(1), MaxValueValidator(730)]
    )
    ip_most_people = models.PositiveSmallIntegerField(
        _("同一网络地址最多几人仍算可疑"),
        default=4,
        validators=[MinValueValidator(2)],
        help_text=_("公司、学校的网络有很多人共用，超过这个人数就不再当作线索。"),
    )
    refund_share = models.DecimalField(
        _("结算后退款占比"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.300"),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(1))],
        help_text=_("成熟后被退款撤回的佣金，占成熟佣金的百分之几。"),
    )
    refund_orders = models.PositiveSmallIntegerField(
        _("至少几笔这样的退款"), default=3, validators=[MinValueValidator(1)]
    )
    hasty_days = models.PositiveSmallIntegerField(
        _("成熟后几天内算“刚成熟”"), default=3, validators=[MinValueValidator(1)]
    )
    hasty_orders = models.PositiveSmallIntegerField(
        _("刚成熟就退款至少几笔"), default=2, validators=[MinValueValidator(1)]
    )
    clicks_per_hour = models.PositiveSmallIntegerField(
        _("同一访客或网络地址每小时点击"),
        default=40,
        validators=[MinValueValidator(5), MaxValueValidator(60)],
    )
    accounts_per_visitor = models.PositiveSmallIntegerField(
        _("一台设备注册几个账号算可疑"), default=3, validators=[MinValueValidator(2)]
    )

    class Meta:
        verbose_name = _("风险阈值")
        verbose_name_plural = pgettext_lazy("plural", "风险阈值")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_thresholds"),
            models.CheckConstraint(
                condition=Q(refund_share__gt=0, refund_share__lte=1), name="refund_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Signal(models.Model):
    """Something that looks wrong, what it rests on, and what somebody decided.

    `evidence` holds figures and the ids of those involved; the words are made for the reader.
    """

    kind = models.CharField(_("线索"), max_length=10, choices=Kind.choices)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    key = models.CharField(max_length=120, editable=False)
    payee = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("受益人"),
    )
    evidence = models.JSONField(_("证据"), default=dict)
    found_at = models.DateTimeField(_("发现时间"))
    seen_at = models.DateTimeField(_("最近出现"))
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("处理人"),
    )
    reason = models.CharField(_("处理原因"), max_length=200, blank=True)
    commissions = models.ManyToManyField(
        "distribution.Commission", through="NamedCommission", related_name="risk_signals"
    )

    class Meta:
        verbose_name = _("风险线索")
        verbose_name_plural = pgettext_lazy("plural", "风险线索")
        ordering = ["-found_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "-found_at"], name="signal_by_state"),
            models.Index(fields=["key"], name="signal_by_key"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state="open"), name="one_open_signal_per_key"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None)
                | (~Q(state="open") & Q(decided_at__isnull=False) & ~Q(reason="")),
                name="signal_decided_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class NamedCommission(models.Model):
    """A commission that a signal names. `held_at`: set aside because of this signal."""

    signal = models.ForeignKey(Signal, models.CASCADE, related_name="named")
    commission = models.ForeignKey(
        "distribution.Commission", models.PROTECT, related_name="named_by_risk"
    )
    held_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["signal", "commission"], name="commission_named_once_a_signal"
            )
        ]

    def __str__(self) -> str:
        return f"{self.signal_id}: {self.commission_id}"
