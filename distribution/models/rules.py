from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.clock import validate_moment


class RuleContent(models.Model):
    """What a commission rule says: about which goods, for whom, how much, under which demands.

    Rate or amount of a level: both empty = the rule says nothing about this level and the next
    rule is asked; 0 = it says "nothing" and that stands.
    `starts_at`/`ends_at` are the dates of a campaign.
    """

    class Scope(models.TextChoices):
        SHOP = "shop", _("全店")
        CATEGORY = "category", _("分类")
        PRODUCT = "product", _("商品")
        VARIANT = "variant", _("规格")

    class Base(models.TextChoices):
        PAID = "paid", _("实付金额")
        PROFIT = "profit", _("毛利")

    scope = models.CharField(_("范围"), max_length=10, choices=Scope.choices)
    category = models.ForeignKey(
        "catalog.Category",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("分类"),
    )
    product = models.ForeignKey(
        "catalog.Product",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("商品"),
    )
    variant = models.ForeignKey(
        "catalog.Variant",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("规格"),
    )
    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("仅限分销商"),
    )
    tier = models.ForeignKey(
        "distribution.Tier",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("仅限等级"),
    )
    base = models.CharField(_("计佣基数"), max_length=10, choices=Base.choices, default=Base.PAID)
    rate1 = models.DecimalField(
        _("一级比例"), max_digits=9, decimal_places=8, null=True, blank=True
    )
    amount1 = models.DecimalField(
        _("一级固定金额（每件）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    rate2 = models.DecimalField(
        _("二级比例"), max_digits=9, decimal_places=8, null=True, blank=True
    )
    amount2 = models.DecimalField(
        _("二级固定金额（每件）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    min_quantity = models.PositiveIntegerField(_("该商品至少件数"), null=True, blank=True)
    min_amount = models.DecimalField(
        _("订单商品金额至少"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    min_month_orders = models.PositiveIntegerField(
        _("受益人当月一级订单至少"),
        null=True,
        blank=True,
        help_text=_("此单之前，北京时间自然月内已付款的一级订单数。"),
    )
    starts_at = models.DateTimeField(
        _("活动开始"), null=True, blank=True, validators=[validate_moment]
    )
    ends_at = models.DateTimeField(
        _("活动结束"), null=True, blank=True, validators=[validate_moment]
    )

    class Meta:
        abstract = True

    @property
    def target(self) -> models.Model | None:
        """What the rule is about; None for the whole shop."""
        return self.variant or self.product or self.category

    @property
    def is_dated(self) -> bool:
        return self.starts_at is not None or self.ends_at is not None


def content_constraints(prefix: str) -> list[models.CheckConstraint]:
    """What no rule may break, for every table that holds rules."""
    return [
        models.CheckConstraint(
            condition=Q(scope="shop", category=None, product=None, variant=None)
            | Q(scope="category", category__isnull=False, product=None, variant=None)
            | Q(scope="product", category=None, product__isnull=False, variant=None)
            | Q(scope="variant", category=None, product=None, variant__isnull=False),
            name=f"{prefix}_target_fits_scope",
        ),
        models.CheckConstraint(
            condition=Q(rate1=None) | Q(amount1=None), name=f"{prefix}_level1_one_value"
        ),
        models.CheckConstraint(
            condition=Q(rate2=None) | Q(amount2=None), name=f"{prefix}_level2_one_value"
        ),
        models.CheckConstraint(
            condition=(Q(rate1=None) | Q(rate1__gte=0, rate1__lte=1))
            & (Q(rate2=None) | Q(rate2__gte=0, rate2__lte=1))
            & (Q(amount1=None) | Q(amount1__gte=0))
            & (Q(amount2=None) | Q(amount2__gte=0)),
            name=f"{prefix}_values_sane",
        ),
        models.CheckConstraint(
            condition=Q(distributor=None) | Q(tier=None), name=f"{prefix}_one_audience"
        ),
        models.CheckConstraint(
            condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            name=f"{prefix}_dates_run_forward",
        ),
    ]


class Rule(RuleContent):
    """One version of one commission rule. Never edited: a change ends it and adds the next.

    `valid_from`/`valid_to` are when this version is the merchant's word (open = always); a version
    may begin in the future, and one that is cancelled before it begins ends at the moment it would
    have begun, so that it never was.
    """

    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="successors", editable=False
    )
    valid_from = models.DateTimeField(_("版本生效"), null=True, blank=True, editable=False)
    valid_to = models.DateTimeField(_("版本失效"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("操作人"),
    )
    import_key = models.CharField(max_length=64, unique=True, null=True, editable=False)

    class Meta:
        verbose_name = _("佣金规则")
        verbose_name_plural = pgettext_lazy("plural", "佣金规则")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["scope"]),
        ]
        constraints = [
            *content_constraints("rule"),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(cancelled_at=None),
                name="rule_replaced_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="rule_version_runs_forward",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None)
                | Q(valid_to__isnull=False, valid_to=F("valid_from")),
                name="rule_cancelled_never_was",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_scope_display()} {self.target or ''}".strip()
