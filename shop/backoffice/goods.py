"""Goods in the back office: categories, products with variants and pictures, shipping rates."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display

from catalog.models import Category, Product, ProductImage, Variant
from catalog.products import free_slugs, refresh_listing, save_category
from distribution.exclusions import exclude_goods, exclusions, include_goods, still_paying
from orders.models import ShippingRate
from shop.backoffice.actions import merchant
from shop.backoffice.stock import LocksStock, StockForm


class Excludable(ModelAdmin):
    """Quick ways in and out of distribution: a rule of 0, and its end."""

    def has_rules_permission(self, request: HttpRequest) -> bool:
        keys = ("distribution.add_rule", "distribution.change_rule")
        return all(request.user.has_perm(key) for key in keys)

    @display(description=_("参与分销"), boolean=True)
    def is_distributed(self, goods: Any) -> bool:
        return not goods.is_excluded

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        name = self.opts.model_name or ""
        excluded = exclusions().filter(**{name: models.OuterRef("pk")})
        return super().get_queryset(request).annotate(is_excluded=models.Exists(excluded))

    @admin.action(description=_("不参与分销"), permissions=["rules"])
    def exclude_selected(self, request: HttpRequest, rows: models.QuerySet[Any]) -> None:
        goods = list(rows)
        done = exclude_goods(goods, by=merchant(request), reason=str(_("在列表里设为不参与分销")))
        self.message_user(request, _("已设为不参与分销：%(count)d 个。") % {"count": len(done)})
        left = still_paying(goods)
        if left:
            text = _("还有 %(count)d 条更优先的规则会给这些商品付佣金，请到佣金规则里查看。")
            self.message_user(request, text % {"count": left}, messages.WARNING)

    @admin.action(description=_("恢复参与分销"), permissions=["rules"])
    def include_selected(self, request: HttpRequest, rows: models.QuerySet[Any]) -> None:
        done = include_goods(
            list(rows), by=merchant(request), reason=str(_("在列表里恢复参与分销"))
        )
        self.message_user(request, _("已恢复参与分销：%(count)d 个。") % {"count": len(done)})


@admin.register(Category)
class CategoryAdmin(Excludable):
    list_display = ["name", "parent", "position", "is_active", "is_distributed"]
    actions = ["exclude_selected", "include_selected"]
    list_filter = ["is_active"]
    list_select_related = ["parent"]
    search_fields = ["name", "name_en"]
    autocomplete_fields = ["parent"]
    fields = ["name", "name_en", "slug", "parent", "image", "position", "is_active"]

    def save_model(
        self, request: HttpRequest, obj: Category, form: ModelForm, change: bool
    ) -> None:
        values = dict(form.cleaned_data)
        save_category(name=values.pop("name"), parent=values.pop("parent"), category=obj, **values)


class VariantInline(TabularInline):
    model = Variant
    form = StockForm
    extra = 0
    min_num = 1
    fields = [
        "sku",
        "name",
        "name_en",
        "price",
        "list_price",
        "cost",
        "stock",
        "weight_grams",
        "is_active",
    ]


class ImageInline(StackedInline):
    model = ProductImage
    extra = 0
    fields = ["image", "position"]


@admin.register(Product)
class ProductAdmin(LocksStock, Excludable):
    list_display = [
        "name",
        "category",
        "kind",
        "price_from",
        "stock",
        "sold",
        "is_active",
        "is_distributed",
    ]
    list_filter = ["is_active", "kind", ("category", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["category"]
    search_fields = ["name", "name_en", "variants__sku"]
    autocomplete_fields = ["category"]
    readonly_fields = ["price_from", "sold"]
    inlines = [VariantInline, ImageInline]
    actions = ["put_on_sale", "take_off_sale", "exclude_selected", "include_selected"]
    fieldsets = [
        (None, {"fields": ["category", "kind", "name", "subtitle", "description", "is_active"]}),
        (_("英文"), {"fields": ["name_en", "subtitle_en", "description_en"], "classes": ["tab"]}),
        (
            _("更多"),
            {
                "fields": ["slug", "delivery_note", "rank", "price_from", "sold", "created_at"],
                "classes": ["tab"],
            },
        ),
    ]

    def variants_of(self, request: HttpRequest, object_id: str | None) -> list[int]:
        if object_id is None or not object_id.isdigit():
            return []
        return list(Variant.objects.filter(product=int(object_id)).values_list("pk", flat=True))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Product]:
        return super().get_queryset(request).annotate(pieces=models.Sum("variants__stock"))

    @display(description=_("库存"), ordering="pieces")
    def stock(self, product: Any) -> int:
        return product.pieces or 0

    def get_form(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "slug" in form.base_fields:
            form.base_fields["slug"].required = False
        return form

    def save_model(self, request: HttpRequest, obj: Product, form: ModelForm, change: bool) -> None:
        obj.slug = obj.slug or free_slugs(Product, [obj.name])[0]
        super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        refresh_listing(Product.objects.filter(pk=form.instance.pk))

    @admin.action(description=_("上架所选商品"), permissions=["change"])
    def put_on_sale(self, request: HttpRequest, products: models.QuerySet[Product]) -> None:
        products.update(is_active=True)

    @admin.action(description=_("下架所选商品"), permissions=["change"])
    def take_off_sale(self, request: HttpRequest, products: models.QuerySet[Product]) -> None:
        products.update(is_active=False)


@admin.register(Variant)
class VariantAdmin(LocksStock, ModelAdmin):
    """The stock list: what is nearly gone first."""

    form = StockForm
    list_display = ["product", "name", "sku", "price", "cost", "stock", "is_active"]
    list_editable = ["price", "cost", "stock"]
    list_select_related = ["product"]
    list_filter = ["is_active", ("cost", admin.EmptyFieldListFilter)]
    search_fields = ["sku", "name", "product__name"]
    ordering = ["stock", "pk"]
    autocomplete_fields = ["product"]

    def variants_of(self, request: HttpRequest, object_id: str | None) -> list[int]:
        """The one that is open, or those of the list that was sent."""
        fields = [name for name in request.POST if name.startswith("form-") and name[-3:] == "-id"]
        shown = [str(request.POST[name]) for name in fields] if object_id is None else [object_id]
        return [int(key) for key in shown if key.isdigit()]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=StockForm, **kwargs)

    def save_model(self, request: HttpRequest, obj: Variant, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        refresh_listing(Product.objects.filter(pk=obj.product_id))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ShippingRate)
class ShippingRateAdmin(ModelAdmin):
    list_display = ["name", "first_fee", "step_fee", "free_from"]
    search_fields = ["name"]
