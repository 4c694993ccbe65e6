"""Links and promo codes in the back office: what leads to whom, and what it brought."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from base.errors import DomainError
from distribution.models import Binding, Click, ClickDay, Link, PromoCode, PromoUse
from distribution.sharing import promo_codes
from shop.backoffice.actions import ReadOnlyAdmin, ReadOnlyInline, merchant
from shop.backoffice.counting import count_of, sum_of
from shop.backoffice.percents import InPercents


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin):
    list_display = ["channel", "distributor", "code", "target", "clicks", "bound", "created_at", "archived_at"]  # fmt: skip
    list_filter = ["created_at", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["distributor__user"]
    search_fields = ["channel", "code", "target", "distributor__code", "distributor__user__name"]
    readonly_fields = ["clicks", "bound"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        rows = super().get_queryset(request)
        return rows.annotate(
            click_count=count_of(Click.objects.all(), "link")
            + sum_of(ClickDay.objects.all(), "link", "clicks"),
            bound_count=count_of(Binding.objects.all(), "link"),
        )

    @display(description=_("访问"))
    def clicks(self, link: Any) -> int:
        return link.click_count

    @display(description=_("新顾客"))
    def bound(self, link: Any) -> int:
        return link.bound_count


class PromoCodeForm(forms.ModelForm):
    """Input alone; what a code may be is checked where it is saved, under its lock."""

    def clean_code(self) -> str:
        if self.instance.pk:
            return self.instance.code
        try:
            return promo_codes.free_code(self.cleaned_data["code"])
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("percent") is not None and data.get("amount") is not None:
            self.add_error("amount", _("折扣比例和减免金额只填一个。"))
        owner = self.instance.owner if self.instance.pk else data.get("owner")
        is_empty = data.get("percent") is None and data.get("amount") is None
        if owner is None and is_empty and not {"percent", "amount"} & set(self.errors):
            self.add_error("percent", _("没有归属分销商的优惠码要有优惠。"))
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("结束要晚于开始。"))
        if data.get("product") is not None and data.get("category") is not None:
            self.add_error("category", _("商品和分类只选一个。"))
        return data


class PromoUseInline(ReadOnlyInline):
    model = PromoUse
    fields = ["at", "member", "order", "discount", "released_at"]
    readonly_fields = fields
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromoUse]:
        return super().get_queryset(request).select_related("member", "order")


@admin.register(PromoCode)
class PromoCodeAdmin(InPercents):
    form = PromoCodeForm
    percents = ("percent",)
    list_display = ["code", "owner", "words", "used", "most_uses", "paid", "brought", "sales", "refunded", "starts_at", "ends_at", "is_active"]  # fmt: skip
    list_filter = ["is_active", ("owner", admin.EmptyFieldListFilter), "ends_at"]
    list_select_related = ["owner__user", "product", "category"]
    search_fields = ["code", "owner__code", "owner__user__name", "owner__user__phone"]
    autocomplete_fields = ["owner", "product", "category"]
    inlines = [PromoUseInline]
    fieldsets = (
        (None, {"fields": ["code", "owner", "is_active"]}),
        (_("优惠"), {"fields": ["percent", "amount", "minimum", "product", "category"]}),
        (_("条件和数量"), {"fields": ["starts_at", "ends_at", "most_uses", "most_per_person"]}),
    )
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromoCode]:
        paid = Q(uses__released_at=None, uses__order__paid_at__isnull=False)
        return (
            super()
            .get_queryset(request)
            .annotate(
                paid_count=Count("uses", filter=paid),
                sales_sum=Coalesce(Sum("uses__order__goods_amount", filter=paid), Decimal(0)),
                refunded_sum=Coalesce(Sum("uses__order__refunded_amount", filter=paid), Decimal(0)),
                bound_count=count_of(promo_codes.uses_that_bound(PromoUse.objects.all()), "promo"),
            )
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["code", "owner"] if obj is not None else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        promo_codes.save_promo_code(obj, by=merchant(request))

    @display(description=_("内容"))
    def words(self, promo: PromoCode) -> str:
        return promo_codes.in_words(promo)

    @display(description=_("付款订单"), ordering="paid_count")
    def paid(self, promo: Any) -> int:
        return promo.paid_count

    @display(description=_("成交额"), ordering="sales_sum")
    def sales(self, promo: Any) -> Decimal:
        return promo.sales_sum

    @display(description=_("新顾客"), ordering="bound_count")
    def brought(self, promo: Any) -> int:
        return promo.bound_count

    @display(description=_("退款额"), ordering="refunded_sum")
    def refunded(self, promo: Any) -> Decimal:
        return promo.refunded_sum


@admin.register(PromoUse)
class PromoUseAdmin(ReadOnlyAdmin):
    """Every code that was typed in, distributors' own ones too."""

    list_display = ["at", "code", "owner", "member", "order", "discount", "released_at"]
    list_filter = [("promo", admin.EmptyFieldListFilter), ("released_at", admin.EmptyFieldListFilter), "at"]  # fmt: skip
    list_select_related = ["owner__user", "member", "order"]
    search_fields = ["code", "owner__code", "member__phone", "member__name", "order__number"]
    date_hierarchy = "at"
    show_full_result_count = False
