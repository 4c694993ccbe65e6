from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Kind
from orders.states import OrderState


class Order(models.Model):
    """A purchase as it was agreed: prices, names, address and shipping never follow later edits.

    Times say what happened when; `state` is written only by the modules of this room.
    """

    number = models.CharField(_("订单号"), max_length=40, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("买家")
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=OrderState.choices, default=OrderState.UNPAID
    )
    goods_amount = models.DecimalField(
        _("商品金额"), max_digits=12, decimal_places=2, help_text=_("优惠后，不含运费。")
    )
    discount_amount = models.DecimalField(_("优惠"), max_digits=12, decimal_places=2, default=0)
    shipping_amount = models.DecimalField(_("运费"), max_digits=12, decimal_places=2, default=0)
    total = models.DecimalField(_("应付"), max_digits=12, decimal_places=2)
    refunded_amount = models.DecimalField(_("已退"), max_digits=12, decimal_places=2, default=0)
    refunded_shipping = models.DecimalField(
        _("已退运费"), max_digits=12, decimal_places=2, default=0
    )

    recipient = models.CharField(_("收货人"), max_length=60, blank=True)
    phone = models.CharField(_("电话"), max_length=20, blank=True)
    province = models.CharField(_("省份"), max_length=40, blank=True)
    city = models.CharField(_("城市"), max_length=40, blank=True)
    district = models.CharField(_("区县"), max_length=40, blank=True)
    street = models.CharField(_("详细地址"), max_length=200, blank=True)
    note = models.CharField(_("买家留言"), max_length=200, blank=True)
    # Names the attempt at checkout, so that sending the form twice makes one order.
    token = models.CharField(max_length=40, null=True, editable=False)

    placed_at = models.DateTimeField(_("下单时间"))
    expires_at = models.DateTimeField(_("付款期限"))
    paid_at = models.DateTimeField(_("付款时间"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("发货时间"), null=True, blank=True)
    received_at = models.DateTimeField(_("收货时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    close_reason = models.CharField(_("关闭原因"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("订单")
        verbose_name_plural = pgettext_lazy("plural", "订单")
        ordering = ["-placed_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-placed_at"]),
            models.Index(fields=["-placed_at"]),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="order_phone"),
            models.Index(fields=["recipient"], condition=~Q(recipient=""), name="order_recipient"),
            models.Index(fields=["expires_at"], condition=Q(state="unpaid"), name="order_unpaid"),
            models.Index(fields=["shipped_at"], condition=Q(state="shipped"), name="order_shipped"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "token"], name="order_token_once"),
            models.CheckConstraint(
                condition=Q(total=F("goods_amount") + F("shipping_amount")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(goods_amount__gte=0, shipping_amount__gte=0, discount_amount__gte=0),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    refunded_amount__gte=F("refunded_shipping"), refunded_amount__lte=F("total")
                )
                & Q(refunded_shipping__gte=0, refunded_shipping__lte=F("shipping_amount")),
                name="order_refunds_within_total",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def full_address(self) -> str:
        return f"{self.province}{self.city}{self.district}{self.street}"


class OrderLine(models.Model):
    """One variant of an order, as it was sold. `paid` is the line's money after discounts.

    `category_path` holds the product's categories at placement, nearest first.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("订单"))
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", verbose_name=_("规格")
    )
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="+", verbose_name=_("商品")
    )
    category_path = ArrayField(models.BigIntegerField(), default=list)
    sku = models.CharField(_("货号"), max_length=60)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    variant_name = models.CharField(_("规格"), max_length=60, blank=True)
    variant_name_en = models.CharField(_("英文规格"), max_length=60, blank=True)
    image = models.CharField(_("图片"), max_length=200, blank=True)
    price = models.DecimalField(_("单价"), max_digits=12, decimal_places=2)
    cost = models.DecimalField(_("成本"), max_digits=12, decimal_places=2, null=True, blank=True)
    quantity = models.PositiveIntegerField(_("数量"))
    discount = models.DecimalField(_("优惠"), max_digits=12, decimal_places=2, default=0)
    paid = models.DecimalField(_("实付"), max_digits=12, decimal_places=2)
    refunded_amount = models.DecimalField(_("已退金额"), max_digits=12, decimal_places=2, default=0)
    refunded_quantity = models.PositiveIntegerField(_("已退数量"), default=0)
    received_at = models.DateTimeField(_("收货时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("订单商品")
        verbose_name_plural = pgettext_lazy("plural", "订单商品")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="order_variant_once"),
            models.CheckConstraint(
                condition=Q(paid=F("price") * F("quantity") - F("discount")),
                name="line_paid_adds_up",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(price__gte=0, discount__gte=0, paid__gte=0),
                name="line_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    refunded_amount__gte=0,
                    refunded_amount__lte=F("paid"),
                    refunded_quantity__lte=F("quantity"),
                ),
                name="line_refunds_within_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.variant_title} × {self.quantity}"

    @property
    def title(self) -> str:
        return (self.name_en if get_language() == "en" else "") or self.name

    @property
    def variant_title(self) -> str:
        return (self.variant_name_en if get_language() == "en" else "") or self.variant_name

    @property
    def kept_paid(self) -> Decimal:
        return self.paid - self.refunded_amount

    @property
    def kept_quantity(self) -> int:
        return self.quantity - self.refunded_quantity


class LineDiscount(models.Model):
    """One source's share of a line's discount."""

    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="discounts")
    source = models.CharField(_("来源"), max_length=20)
    label = models.CharField(_("名称"), max_length=60)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "source"], name="line_discount_source_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="line_discount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.label} −{self.amount}"


class Shipment(models.Model):
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="shipments", verbose_name=_("订单")
    )
    courier = models.CharField(_("快递公司"), max_length=40)
    tracking_no = models.CharField(_("运单号"), max_length=40)
    shipped_at = models.DateTimeField(_("发货时间"))

    class Meta:
        verbose_name = _("包裹")
        verbose_name_plural = pgettext_lazy("plural", "包裹")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "courier", "tracking_no"], name="shipment_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.courier} {self.tracking_no}"
