"""Commissions and the ledger in the back office: to look at, with their explanation."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from distribution.models import Commission, Entry, Hold, Reversal, Transfer
from distribution.money.explanations import explain, why_named
from shop.backoffice.actions import ReadOnlyAdmin, ReadOnlyInline
from shop.backoffice.finding import Finds, distributors_named, orders_numbered


class MaturityFilter(admin.SimpleListFilter):
    title = _("成熟")
    parameter_name = "mature"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("pending", _("待成熟")), ("mature", _("已成熟")), ("reversed", _("全部撤回"))]

    def queryset(self, request: HttpRequest, rows: Any) -> Any:
        if self.value() == "pending":
            return rows.filter(matured_at=None, amount__gt=0)
        if self.value() == "mature":
            return rows.filter(matured_at__isnull=False, amount__gt=0)
        return rows.filter(amount=0) if self.value() == "reversed" else rows


class ReversalInline(ReadOnlyInline):
    model = Reversal
    fields = ["amount", "refund", "reason", "at"]
    readonly_fields = fields


class HoldInline(ReadOnlyInline):
    model = Hold
    fields = ["held_at", "held_by", "reason", "end", "ended_at", "ended_by", "end_reason"]
    readonly_fields = fields


@admin.register(Commission)
class CommissionAdmin(Finds, ReadOnlyAdmin):
    list_display = ["row_number", "order", "sku", "level", "payee", "amount", "taken_back", "accrued_at", "unlocks"]  # fmt: skip
    file_columns = ["row_number", "order", "sku", "level", "payee", "amount", "taken_back", "accrued_at", "matures_at", "matured_at"]  # fmt: skip
    list_filter = [MaturityFilter, "level", "accrued_at"]
    list_select_related = ["order", "line", "payee__user"]
    search_fields = ["order__number", "payee__code", "payee__user__phone"]
    search_help_text = _("完整的订单号、推广码、手机号、会员号或姓名，或其中几个，用空格隔开")
    ordering = ["-pk"]
    sortable_by = ["row_number"]
    inlines = [HoldInline, ReversalInline]
    show_full_result_count = False
    change_form_before_template = "backoffice/explanation.html"

    def rows_of(self, word: str) -> Q:
        return Q(order__in=orders_numbered(word)) | Q(payee__in=distributors_named(word))

    @display(description=_("货号"))
    def sku(self, commission: Commission) -> str:
        return commission.line.sku

    @display(description=_("解锁时间"))
    def unlocks(self, commission: Commission) -> Any:
        """When it became free, or when it will as far as is known."""
        return commission.matured_at or commission.matures_at

    @display(description=_("已撤回"))
    def taken_back(self, commission: Commission) -> Any:
        return commission.reversed_amount

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        commission = self.get_object(request, object_id) if object_id else None
        if commission is not None:
            explanation = explain(commission)
            told = {"explanation": explanation, "why": why_named(explanation)}
            extra_context = (extra_context or {}) | told
        return super().changeform_view(request, object_id, form_url, extra_context)


class EntryInline(ReadOnlyInline):
    model = Entry
    fields = ["account", "distributor", "amount"]
    readonly_fields = fields


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "moved", "key"]
    list_filter = ["kind", "at"]
    search_fields = ["key__startswith"]
    search_help_text = _("唯一键的开头，例如 accrue:")
    inlines = [EntryInline]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """The sum is looked up for the rows of the page alone."""
        gains = Entry.objects.filter(transfer=OuterRef("pk"), amount__gt=0).order_by()
        gained = gains.values("transfer").values(total=Sum("amount"))
        return super().get_queryset(request).annotate(gained=Subquery(gained))

    @display(description=_("金额"))
    def moved(self, transfer: Any) -> Any:
        return transfer.gained
