"""Commissions and the ledger in the back office: to look at, with their explanation."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from distribution.explanations import explain
from distribution.models import Commission, Entry, Reversal, Transfer
from shop.backoffice.actions import ReadOnlyAdmin, ReadOnlyInline


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


@admin.register(Commission)
class CommissionAdmin(ReadOnlyAdmin):
    list_display = ["pk", "order", "sku", "level", "payee", "amount", "taken_back", "accrued_at", "matures_at", "matured_at"]  # fmt: skip
    list_filter = [MaturityFilter, "level", "accrued_at"]
    list_select_related = ["order", "line", "payee__user"]
    search_fields = ["order__number", "payee__code", "payee__user__phone", "line__sku"]
    date_hierarchy = "accrued_at"
    inlines = [ReversalInline]
    show_full_result_count = False
    change_form_before_template = "backoffice/explanation.html"

    @display(description=_("货号"))
    def sku(self, commission: Commission) -> str:
        return commission.line.sku

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
            extra_context = (extra_context or {}) | {"explanation": explain(commission)}
        return super().changeform_view(request, object_id, form_url, extra_context)


class EntryInline(ReadOnlyInline):
    model = Entry
    fields = ["account", "distributor", "amount"]
    readonly_fields = fields


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ["key", "kind", "moved", "at"]
    list_filter = ["kind", "at"]
    search_fields = ["key"]
    date_hierarchy = "at"
    inlines = [EntryInline]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        gained = Sum("entries__amount", filter=Q(entries__amount__gt=0))
        return super().get_queryset(request).annotate(gained=gained)

    @display(description=_("金额"))
    def moved(self, transfer: Any) -> Any:
        return transfer.gained
