"""Buyers' reviews in the back office: read, filtered, and hidden only with a reason."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders.models import Review
from orders.reviews import hide_review, show_review
from shop.backoffice.actions import ReadOnlyAdmin, ReasonForm, button, merchant


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["product", "rating", "text", "user", "written_at", "hidden_at", "hidden_reason"]
    list_filter = ["rating", ("hidden_at", admin.EmptyFieldListFilter), "written_at"]
    list_select_related = ["product", "user"]
    search_fields = ["text", "product__name", "user__name", "user__phone", "line__order__number"]
    actions_detail = ["hide", "show"]
    show_full_result_count = False

    @button(
        _("隐藏"),
        text=_("商品页不再显示这条评价，也不计入平均分；原因会显示给写评价的人。"),
        form=ReasonForm,
        icon="visibility_off",
        when=lambda review: review.hidden_at is None,
    )
    def hide(self, request: HttpRequest, review: Review, form: ReasonForm) -> Any:
        hide_review(review, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("已隐藏。")

    @button(
        _("恢复显示"),
        form=ReasonForm,
        icon="visibility",
        when=lambda review: review.hidden_at is not None,
    )
    def show(self, request: HttpRequest, review: Review, form: ReasonForm) -> Any:
        show_review(review, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("已恢复显示。")
