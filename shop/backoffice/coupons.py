"""Coupons in the back office: what is offered, who has one, and giving one to a member."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from orders.coupons import issue_coupon
from orders.models import Coupon, CouponOffer
from shop.backoffice.actions import ReadOnlyAdmin, TellsWhy, button, merchant
from shop.backoffice.percents import InPercents, worded


class IssueForm(BaseDialogForm):
    phone = forms.CharField(label=_("会员手机号"), max_length=20, widget=UnfoldAdminTextInputWidget)
    reason = forms.CharField(label=_("原因"), max_length=100, widget=UnfoldAdminTextInputWidget)


@admin.register(CouponOffer)
class CouponOfferAdmin(InPercents):
    percents = ("share",)
    list_display = ["name", "kind", "words", "issued", "used", "is_active"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["product", "category"]
    search_fields = ["name", "name_en"]
    autocomplete_fields = ["category", "product"]
    actions_detail = ["issue"]
    fieldsets = (
        (None, {"fields": ["name", "name_en", "kind", "amount", "share", "product", "category"]}),
        (_("条件和数量"), {"fields": ["min_amount", "valid_days", "per_person", "most"]}),
        (None, {"fields": ["is_active"]}),
    )
    # Once somebody has one, its terms stay.
    TERMS = ["kind", "amount", worded(CouponOffer, "share"), "product", "category", "min_amount"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouponOffer]:
        return (
            super()
            .get_queryset(request)
            .annotate(issued_count=Count("coupons"), used_count=Count("coupons__order"))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.TERMS if obj is not None and obj.coupons.exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or not obj.coupons.exists()
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        record_audit("save_coupon_offer", obj, by=merchant(request), **values)

    @display(description=_("内容"))
    def words(self, offer: CouponOffer) -> str:
        return offer.in_words

    @display(description=_("已发"), ordering="issued_count")
    def issued(self, offer: Any) -> int:
        return offer.issued_count

    @display(description=_("已用"), ordering="used_count")
    def used(self, offer: Any) -> int:
        return offer.used_count

    @button(_("发给会员"), form=IssueForm, icon="redeem")
    def issue(self, request: HttpRequest, offer: CouponOffer, dialog: BaseDialogForm) -> str:
        data = dialog.cleaned_data
        user = User.objects.filter(phone=data["phone"].strip(), is_active=True).first()
        if user is None:
            raise DomainError(gettext("没有使用这个手机号的会员。"))
        coupon = issue_coupon(user, offer, reason=data["reason"])
        record_audit("issue_coupon", coupon, by=merchant(request), reason=data["reason"])
        return gettext("已发给 %(name)s。") % {"name": user}


@admin.register(Coupon)
class CouponAdmin(TellsWhy, ReadOnlyAdmin):
    list_display = [
        "row_number",
        "offer",
        "user",
        "said",
        "issued_at",
        "expires_at",
        "used_at",
        "order",
    ]
    fields = ["offer", "user", "said", "issued_at", "expires_at", "used_at", "order"]
    readonly_fields = ["said"]
    list_filter = ["offer", "issued_at", ("used_at", admin.EmptyFieldListFilter)]
    list_select_related = ["offer", "user", "order"]
    search_fields = ["user__phone", "user__name", "order__number", "reason"]
    date_hierarchy = "issued_at"
