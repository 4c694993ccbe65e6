"""Tiers and positions in the back office: what each allows and asks for, in plain words; by which
calendar tiers are reviewed, what a review would do now, and what the reviews have done."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import action, display

from base.audit import record_audit
from base.clock import validate_day
from base.filters import ListFilter, file_name, words_field
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.models import (
    Distributor,
    PositionPrivileges,
    Tier,
    TierCalendar,
    TierReview,
    TierTask,
    TierUplift,
)
from distribution.models.privileges import Privileged
from distribution.tiers.decisions import Decision
from distribution.tiers.periods import Period
from distribution.tiers.privileges import in_words
from distribution.tiers.reviews import preview_review
from distribution.tiers.words import calendar_in_words, period_in_words, tasks_in_words
from shop.backoffice.actions import OneRowAdmin, ReadOnlyAdmin, merchant
from shop.backoffice.finding import WHOM, distributors_like
from shop.backoffice.percents import InPercents, PercentField

PER_PAGE = 50
MOST_DISCOUNT = Decimal("0.9")


class ReviewFilter(ListFilter):
    """Of what a review would decide; each result is offered with how many there are."""

    kept = ("outcome",)

    outcome = forms.ChoiceField(
        label=gettext_lazy("结果"),
        choices=[("", gettext_lazy("全部")), *TierReview.Outcome.choices],
    )
    q = words_field(WHOM)


class PrivilegesForm(ModelForm):
    own_discount = PercentField(
        label=gettext_lazy("自购优惠"),
        help_text=gettext_lazy("自己购买时减去商品金额的这一比例，例如 5。"),
    )

    def clean_own_discount(self) -> Decimal:
        share: Decimal = self.cleaned_data["own_discount"] or Decimal(0)
        if share > MOST_DISCOUNT:
            raise ValidationError(_("自购优惠最多 90%。"))
        return share


class PrivilegedAdmin(InPercents):
    """Every change of what somebody may do is in the audit log."""

    form = PrivilegesForm
    percents = ("own_discount",)

    @display(description=gettext_lazy("权益"))
    def privileges(self, row: Privileged) -> str:
        return in_words(row)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With everything that belongs to it: tasks and uplifts are added up in one entry."""
        super().save_related(request, form, formsets, change)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        for rows in formsets:
            new = [str(row) for row, _fields in rows.changed_objects] + list(
                map(str, rows.new_objects)
            )
            gone = [f"− {row}" for row in rows.deleted_objects]
            if new or gone:
                changes[rows.model._meta.model_name] = ", ".join(new + gone)
        if changes:
            record_audit("change_privileges", form.instance, by=merchant(request), **changes)


class TaskInline(TabularInline):
    """Only what somebody sells themselves; the database knows no other kind."""

    model = TierTask
    extra = 0
    hide_title = True
    max_num = len(TierTask.Kind.choices)
    fields = ["kind", "target"]


class UpliftForm(ModelForm):
    uplift = PercentField(label=gettext_lazy("加成"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What has begun or is planned stays as it was; a new row is how it changes."""
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for field in self.fields.values():
                field.disabled = True

    def clean_valid_from(self) -> datetime:
        """An uplift begins now at the earliest: what is past stays as it was."""
        begins: datetime = self.cleaned_data["valid_from"]
        if self.instance.pk:
            return begins
        return max(begins, timezone.now())


class UpliftInline(TabularInline):
    """The uplifts a tier has had; a new row begins a new one, placed orders keep theirs."""

    model = TierUplift
    form = UpliftForm
    extra = 0
    fields = ["uplift", "valid_from"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


PRIVILEGES = ("own_discount", "material_level", "recruit_limit")
HOW_THEY_COMBINE = gettext_lazy(
    "位置和等级各有权益，合在一起看：自购优惠和素材级别取较高的，可带来的人数取较少的；佣金加成只看等级。"
)


ONLY_OWN_SALES = gettext_lazy(
    "任务只看本人的一级成交：收货并过了售后期、按退款后的金额，自购不算。带了多少人、团队卖了多少不能作为任务，这是法律的要求。没有任务的等级只由商家给予，考核不升也不降。"
)


@admin.register(Tier)
class TierAdmin(PrivilegedAdmin):
    list_display = ["name", "code", "rank", "tasks", "privileges"]
    search_fields = ["name", "code"]
    inlines = [TaskInline, UpliftInline]
    actions_list = ["preview"]
    fieldsets = [
        (None, {"fields": ["name", "name_en", "code", "rank"]}),
        (gettext_lazy("权益"), {"fields": PRIVILEGES, "description": HOW_THEY_COMBINE}),
        (gettext_lazy("升级任务"), {"fields": ["tasks_needed"], "description": ONLY_OWN_SALES}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tier]:
        return super().get_queryset(request).prefetch_related("tasks")

    @display(description=gettext_lazy("升级任务"))
    def tasks(self, tier: Tier) -> str:
        return tasks_in_words(tier)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("review/", view, name="tier_review_preview"), *super().get_urls()]

    @action(description=gettext_lazy("现在考核会怎样"), icon="preview")
    def preview(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=303, headers={"Location": reverse("admin:tier_review_preview")})

    def preview_view(self, request: HttpRequest) -> HttpResponseBase:
        """Who would rise, hold, be warned or fall if tiers were reviewed now; nothing changes."""
        if not request.user.has_perm("distribution.view_tier"):
            raise PermissionDenied
        filters = ReviewFilter(request.GET)
        wanted = filters.wanted()
        decisions = preview_review(timezone.now(), among=distributors_like(wanted["search"]))
        counts = Counter(str(decision.outcome) for decision in decisions)
        if wanted["outcome"]:
            decisions = [d for d in decisions if d.outcome == wanted["outcome"]]
        if is_table(request, filters):
            return csv_response(file_name(_("等级考核"), filters), _columns(), _lines(decisions))
        page = page_of(request, decisions, PER_PAGE)
        context = self.admin_site.each_context(request) | {
            "title": _("现在考核会怎样"),
            "opts": self.opts,
            "page": page,
            "rows": _rows(page.object_list),
            "filters": filters,
            "chosen": wanted["outcome"],
            "outcomes": [(o.value, o.label, counts[o.value]) for o in TierReview.Outcome],
            "calendar": calendar_in_words(TierCalendar.objects.get()),
        }
        return TemplateResponse(request, "backoffice/tier_review.html", context)


def _rows(decisions: Iterable[Decision]) -> list[tuple[Decision, Distributor, str, str]]:
    """Each with the person, the period and what they have of the tasks."""
    decisions = list(decisions)
    people = Distributor.objects.select_related("user").in_bulk(
        [decision.distributor_id for decision in decisions]
    )
    return [
        (
            decision,
            people[decision.distributor_id],
            period_in_words(decision.period),
            str(TierReview.Outcome(decision.outcome).label),
        )
        for decision in decisions
    ]


def _columns() -> list[str]:
    return [_("分销商"), _("推广码"), _("结果"), _("当时等级"), _("新等级"), _("周期"), _("完成销售额"), _("完成订单数"), _("付款顾客数")]  # fmt: skip


def _lines(decisions: Iterable[Decision]) -> Iterator[list[Any]]:
    for decision, person, period, outcome in _rows(decisions):
        found = decision.figures
        yield [person.user, person.code, outcome, decision.tier or "", decision.to_tier or "", period, found.sales, found.orders, found.customers]  # fmt: skip


class TierCalendarForm(ModelForm):
    def clean_days_from(self) -> date:
        first: date = self.cleaned_data["days_from"]
        validate_day(first)
        return first


@admin.register(TierCalendar)
class TierCalendarAdmin(OneRowAdmin):
    """A change holds from now on; nobody falls by it without having been warned."""

    form = TierCalendarForm

    fieldsets = [
        (
            None,
            {
                "fields": ["kind", ("days", "days_from"), "warning_days", "grace_days"],
                "description": gettext_lazy(
                    "改动从现在起生效。完成了更高等级的任务随时升级；期末没有完成的，先提醒，再降到实际达到的等级。"
                ),
            },
        )
    ]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        record_audit("change_tier_calendar", obj, by=merchant(request), **changes)


@admin.register(TierReview)
class TierReviewAdmin(ReadOnlyAdmin):
    """What the reviews have found, each with its figures."""

    list_display = ["distributor", "period", "outcome", "tier", "to_tier", "sales", "orders", "customers", "decided_at"]  # fmt: skip
    list_filter = ["outcome", "tier", "period_start"]
    list_select_related = ["distributor__user", "tier", "to_tier"]
    search_fields = ["distributor__code", "distributor__user__name", "distributor__user__phone"]
    show_full_result_count = False

    @display(description=gettext_lazy("周期"), ordering="period_start")
    def period(self, row: TierReview) -> str:
        return period_in_words(Period(row.period_start, row.period_end))


@admin.register(PositionPrivileges)
class PositionPrivilegesAdmin(PrivilegedAdmin):
    list_display = ["name", "meaning", "privileges"]
    fieldsets = [(None, {"fields": PRIVILEGES, "description": HOW_THEY_COMBINE})]

    @display(description=gettext_lazy("位置"))
    def name(self, row: PositionPrivileges) -> str:
        return row.get_position_display()

    @display(description=gettext_lazy("说明"))
    def meaning(self, row: PositionPrivileges) -> str:
        return _("由商家加入") if row.position == "first" else _("由另一位分销商带来")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
