from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from base.money import percent


class CouponOffer(models.Model):
    """What a coupon takes off and when it is good; people get coupons of it.

    Once somebody has one its terms stay: what a person holds keeps its worth.
    """

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("减金额")
        SHARE = "share", _("打折")
        GIFT = "gift", _("赠品（一件免费）")

    name = models.CharField(_("名称"), max_length=40)
    name_en = models.CharField(_("英文名称"), max_length=40, blank=True)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    amount = models.DecimalField(
        _("减多少元"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    share = models.DecimalField(
        _("减百分之几"),
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001")), MaxValueValidator(Decimal(1))],
        help_text=_("10 表示减 10%，也就是九折。"),
    )
    min_amount = models.DecimalField(
        _("适用商品满"), max_digits=10, decimal_places=2, default=Decimal(0)
    )
    category = models.ForeignKey(
        "catalog.Category",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("仅限分类"),
    )
    product = models.ForeignKey(
        "catalog.Product",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("仅限商品"),
        help_text=_("赠品券必填：下单时这件商品有一件免费。"),
    )
    valid_days = models.PositiveSmallIntegerField(
        _("领到后几天内有效"), default=30, validators=[MinValueValidator(1)]
    )
    most = models.PositiveIntegerField(_("最多发多少张"), null=True, blank=True)
    per_person = models.PositiveSmallIntegerField(
        _("每人最多几张"), default=1, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("可发放"), default=True)

    class Meta:
        verbose_name = _("优惠券类型")
        verbose_name_plural = pgettext_lazy("plural", "优惠券类型")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="amount", amount__isnull=False, amount__gt=0, share=None)
                | Q(kind="share", share__isnull=False, share__gt=0, share__lte=1, amount=None)
                | Q(kind="gift", amount=None, share=None, product__isnull=False, category=None),
                name="coupon_offer_says_one_thing",
                violation_error_message=_(
                    "减金额券填“减多少元”，折扣券填“减几成”（0 到 1），赠品券只填商品。"
                ),
            ),
            models.CheckConstraint(
                condition=Q(category=None) | Q(product=None),
                name="coupon_offer_one_place",
                violation_error_message=_("分类和商品只能选一个。"),
            ),
            models.CheckConstraint(
                condition=Q(valid_days__gte=1, per_person__gte=1, min_amount__gte=0),
                name="coupon_offer_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return (self.name_en if get_language() == "en" else "") or self.name

    @property
    def in_words(self) -> str:
        """`满 ¥99.00，减 ¥10.00，仅限“坚果”`; product and category are loaded."""
        if self.kind == self.Kind.GIFT:
            what = gettext("“%(name)s”一件免费") % {"name": self.product}
        elif self.amount is not None:
            what = gettext("减 ¥%(amount)s") % {"amount": self.amount}
        else:
            what = gettext("减 %(share)s") % {"share": percent(self.share or Decimal(0))}
        parts = [what]
        if self.min_amount:
            parts.insert(0, gettext("满 ¥%(amount)s") % {"amount": self.min_amount})
        place = self.category or (self.product if self.kind != self.Kind.GIFT else None)
        if place:
            parts.append(gettext("仅限“%(place)s”") % {"place": place})
        return gettext("，").join(parts)


class Coupon(models.Model):
    """One coupon of one person; used up by one order, and back when that order closes unpaid."""

    offer = models.ForeignKey(
        CouponOffer, models.PROTECT, related_name="coupons", verbose_name=_("优惠券类型")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="coupons", verbose_name=_("会员")
    )
    # Names what it was given for, so that it is given once.
    key = models.CharField(max_length=80, unique=True, null=True, editable=False)
    reason = models.CharField(_("发放原因"), max_length=100)
    issued_at = models.DateTimeField(_("发放时间"))
    expires_at = models.DateTimeField(_("有效期至"))
    order = models.OneToOneField(
        "orders.Order",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="coupon",
        verbose_name=_("用于订单"),
    )
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("优惠券")
        verbose_name_plural = pgettext_lazy("plural", "优惠券")
        ordering = ["-issued_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "expires_at"], name="coupon_of_person"),
            models.Index(fields=["-issued_at"], name="coupon_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(order=None, used_at=None)
                | Q(order__isnull=False, used_at__isnull=False),
                name="coupon_used_by_an_order",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("issued_at")), name="coupon_lives"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer} #{self.pk}"
