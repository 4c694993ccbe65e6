from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.pictures import Picture, PictureField


class Kind(models.TextChoices):
    PHYSICAL = "physical", _("实物")
    VIRTUAL = "virtual", _("虚拟")


# The orders in which lists show products (`catalog.listing.SORTS`), each with an index.
LISTED_BY = {
    "rank": ("-rank", "-sold", "-id"),
    "sold": ("-sold", "-id"),
    "new": ("-created_at", "-id"),
    "price": ("price_from", "id"),
}


class Product(models.Model):
    """What a page shows; what is bought is one of its variants.

    `price_from`, `sold` and `search_terms` are kept by `catalog.products` and `catalog.search`
    so that a list is one query.
    """

    category = models.ForeignKey(
        "catalog.Category", models.PROTECT, related_name="products", verbose_name=_("分类")
    )
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices, default=Kind.PHYSICAL)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    slug = models.SlugField(_("网址"), max_length=140, unique=True, allow_unicode=True)
    subtitle = models.CharField(_("卖点"), max_length=160, blank=True)
    subtitle_en = models.CharField(_("英文卖点"), max_length=160, blank=True)
    description = models.TextField(_("介绍"), blank=True)
    description_en = models.TextField(_("英文介绍"), blank=True)
    delivery_note = models.TextField(
        _("虚拟商品交付内容"), blank=True, help_text=_("付款后显示在订单页，例如兑换说明。")
    )
    price_from = models.DecimalField(
        _("起价"), max_digits=12, decimal_places=2, default=0, editable=False
    )
    sold = models.PositiveIntegerField(_("销量"), default=0, editable=False)
    rank = models.PositiveIntegerField(
        _("推荐度"), default=0, help_text=_("数字越大，在“综合”排序里越靠前。")
    )
    search_terms = ArrayField(models.CharField(max_length=40), default=list, editable=False)
    is_active = models.BooleanField(_("上架"), default=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)

    class Meta:
        verbose_name = _("商品")
        verbose_name_plural = pgettext_lazy("plural", "商品")
        ordering = ["-pk"]
        indexes = [
            GinIndex(fields=["search_terms"], name="product_search"),
            # For large shelves and the home page the whole order, for small ones by category.
            *(
                models.Index(
                    fields=[*of, *order], condition=Q(is_active=True), name=f"product_{name}"
                )
                for name, order in LISTED_BY.items()
                for of, name in (([], f"all_{name}"), (["category"], f"in_{name}"))
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return (self.name_en if get_language() == "en" else "") or self.name

    @property
    def tagline(self) -> str:
        return (self.subtitle_en if get_language() == "en" else "") or self.subtitle

    @property
    def text(self) -> str:
        return (self.description_en if get_language() == "en" else "") or self.description

    @property
    def cover(self) -> Picture | None:
        """The picture lists show; the row must come from `catalog.listing.for_cards`."""
        name = vars(self)["cover_name"]
        return Picture(name) if name else None

    @property
    def in_stock(self) -> bool:
        """Whether any variant can be bought; needs `catalog.listing.for_cards` as well."""
        return bool(vars(self)["most_stock"])


class ProductImage(models.Model):
    """A picture; the first by position is the one lists show."""

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="images", verbose_name=_("商品")
    )
    image = PictureField(_("图片"), upload_to="products")
    position = models.PositiveIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("商品图片")
        verbose_name_plural = pgettext_lazy("plural", "商品图片")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.image.name)

    @property
    def picture(self) -> Picture:
        return Picture(str(self.image.name))


class Variant(models.Model):
    """What is bought: one specification with its own price, cost and stock."""

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="variants", verbose_name=_("商品")
    )
    sku = models.CharField(_("货号"), max_length=60, unique=True)
    name = models.CharField(_("规格"), max_length=60, blank=True)
    name_en = models.CharField(_("英文规格"), max_length=60, blank=True)
    price = models.DecimalField(_("售价"), max_digits=12, decimal_places=2)
    list_price = models.DecimalField(
        _("划线价"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    cost = models.DecimalField(
        _("成本"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("留空表示未知。"),
    )
    weight_grams = models.PositiveIntegerField(_("重量（克）"), default=0)
    stock = models.IntegerField(_("库存"), default=0)
    position = models.PositiveIntegerField(_("排序"), default=0)
    is_active = models.BooleanField(_("可售"), default=True)

    class Meta:
        verbose_name = _("规格")
        verbose_name_plural = pgettext_lazy("plural", "规格")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="stock_not_negative"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(cost=None) | Q(cost__gte=0), name="cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.title}".strip()

    @property
    def title(self) -> str:
        return (self.name_en if get_language() == "en" else "") or self.name
