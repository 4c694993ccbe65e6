from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.clock import validate_moment

CENT = Decimal("0.01")


class PromoCode(models.Model):
    """What a buyer types in at checkout: it speaks for its owner, takes something off, or both."""

    code = models.CharField(
        _("优惠码"),
        max_length=20,
        unique=True,
        help_text=_("顾客结算时输入，不分大小写，可用汉字、字母和数字。保存后不能修改。"),
    )
    owner = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="promo_codes",
        verbose_name=_("归属分销商"),
        help_text=_("使用它的订单算这位分销商的推荐；空表示商家自己的优惠码。"),
    )
    percent = models.DecimalField(
        _("折扣比例"),
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001")), MaxValueValidator(Decimal(1))],
        help_text=_("10 表示减 10%。比例和金额只填一个，都不填则只记推荐。"),
    )
    amount = models.DecimalField(
        _("减免金额"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(CENT)],
    )
    minimum = models.DecimalField(
        _("最低商品金额"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("其他优惠之后、运费之前的商品金额。"),
    )
    starts_at = models.DateTimeField(_("开始"), null=True, blank=True, validators=[validate_moment])
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True, validators=[validate_moment])
    most_uses = models.PositiveIntegerField(
        _("总次数"), null=True, blank=True, help_text=_("空表示不限。未付款关闭的订单会退回次数。")
    )
    most_per_person = models.PositiveSmallIntegerField(
        _("每人次数"), null=True, blank=True, default=1, help_text=_("空表示不限。")
    )
    product = models.ForeignKey(
        "catalog.Product",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("仅限商品"),
    )
    category = models.ForeignKey(
        "catalog.Category",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("仅限分类"),
        help_text=_("包括下级分类。商品和分类只选一个，都不选则全场可用。"),
    )
    used = models.PositiveIntegerField(_("已用次数"), default=0, editable=False)
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("优惠码")
        verbose_name_plural = pgettext_lazy("plural", "优惠码")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent=None) | Q(amount=None), name="promo_one_discount"
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=False)
                | Q(percent__isnull=False)
                | Q(amount__isnull=False),
                name="promo_does_something",
            ),
            models.CheckConstraint(
                condition=Q(percent=None) | Q(percent__gt=0, percent__lte=1),
                name="promo_percent_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0), name="promo_amount_positive"
            ),
            models.CheckConstraint(condition=Q(minimum__gte=0), name="promo_minimum_not_negative"),
            models.CheckConstraint(
                condition=Q(product=None) | Q(category=None), name="promo_one_scope"
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="promo_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PromoUse(models.Model):
    """A code typed in for an order. Given back (`released_at`) when the order closes unpaid.

    `owner` is whom it spoke for. Without a promo code it was the distributor's own, or a link's.
    """

    code = models.CharField(_("输入的码"), max_length=20)
    promo = models.ForeignKey(
        PromoCode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="uses",
        verbose_name=_("优惠码"),
    )
    owner = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("归属分销商"),
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("会员")
    )
    order = models.OneToOneField(
        "orders.Order", models.PROTECT, related_name="+", verbose_name=_("订单")
    )
    discount = models.DecimalField(_("优惠金额"), max_digits=12, decimal_places=2)
    at = models.DateTimeField(_("时间"))
    released_at = models.DateTimeField(_("退回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("优惠码使用记录")
        verbose_name_plural = pgettext_lazy("plural", "优惠码使用记录")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["promo", "member"], condition=Q(released_at=None), name="promo_used_by"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(discount__gte=0), name="promo_use_not_negative"),
            models.CheckConstraint(
                condition=Q(promo__isnull=False) | Q(owner__isnull=False),
                name="promo_use_is_somebodys",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promo} {self.order_id}"
