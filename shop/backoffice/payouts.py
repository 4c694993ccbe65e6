"""Payouts in the back office: schedules, runs with a preview, approval, sending, results by hand."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, Sum
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from base.audit import record_audit
from base.clock import beijing_date
from base.filters import ListFilter, file_name, words_field
from base.money import ZERO
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.models import Distributor
from distribution.states import Status
from orders.registries import Outcome
from payouts import runs, sending
from payouts.channels import Manual, channel_choices, channel_name
from payouts.models import Payout, PayoutAttempt, Run, Schedule, Skip
from payouts.schedules import next_due_day
from payouts.states import OPEN_PAYOUTS, UNSENT, PayoutState, SkipReason
from shop.backoffice.actions import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    button,
    do_each,
    lead_to,
    merchant,
)
from shop.backoffice.counting import count_of, sum_of
from shop.backoffice.finding import WHOM, Finds, distributors_like, distributors_named

PER_PAGE = 50
CHUNK = 2000
LEAST = Decimal("0.01")
LONGEST_MONTH = 31

STATE_COLOURS = {
    PayoutState.DRAFT: "warning",
    PayoutState.APPROVED: "info",
    PayoutState.SENDING: "info",
    PayoutState.AWAITING: "info",
    PayoutState.PAID: "success",
    PayoutState.FAILED: "danger",
    PayoutState.CANCELLED: "danger",
}


class ScheduleForm(ModelForm):
    channel = forms.ChoiceField(
        label=_("打款渠道"), choices=channel_choices, widget=UnfoldAdminSelectWidget
    )

    def clean(self) -> dict[str, Any]:
        """In words what the database would refuse by a constraint's name."""
        values = super().clean() or {}
        for name in ("minimum", "threshold"):
            amount = values.get(name)
            if amount is not None and amount < LEAST:
                self.add_error(name, _("金额至少 ¥0.01。"))
        day = values.get("day_of_month")
        if day is not None and not 1 <= day <= LONGEST_MONTH:
            self.add_error("day_of_month", _("请填写 1 到 31；没有这一天的月份，在最后一天结算。"))
        return values


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    form = ScheduleForm
    list_display = ["name", "kind", "next_due", "minimum", "channel_name", "auto_approve", "is_active"]  # fmt: skip
    list_filter = ["kind", "is_active"]
    search_fields = ["name"]
    fields = ["name", "kind", "weekday", "day_of_month", "threshold", "minimum", "channel", "auto_approve", "is_active"]  # fmt: skip
    actions_detail = ["preview", "run_now"]
    conditional_fields = {
        "weekday": "kind == 'weekly'",
        "day_of_month": "kind == 'monthly'",
        "threshold": "kind == 'threshold'",
    }

    @display(description=_("打款渠道"), ordering="channel")
    def channel_name(self, schedule: Schedule) -> str:
        return channel_name(schedule.channel)

    @display(description=_("下次结算"))
    def next_due(self, schedule: Schedule) -> Any:
        return next_due_day(schedule, beijing_date(timezone.now())) if schedule.is_active else "—"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and not obj.runs.exists() and super().has_delete_permission(request)

    def save_model(
        self, request: HttpRequest, obj: Schedule, form: ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        record_audit("save_schedule", obj, by=merchant(request), **values)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("<int:schedule_id>/run-preview/", view, name="payout_preview"),
            *super().get_urls(),
        ]

    @action(description=_("预览本期"), icon="preview")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return lead_to(self, request, object_id, "admin:payout_preview")

    def preview_view(self, request: HttpRequest, schedule_id: int) -> HttpResponseBase:
        """Who would be paid now and who not, with the reason; `?format=csv` as a file. Nothing is
        written."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        schedule = get_object_or_404(Schedule, pk=schedule_id)
        preview = runs.preview_period(schedule, beijing_date(timezone.now()))
        filters = PreviewFilter(request.GET)
        rows = filters.narrow(preview)
        if is_table(request, filters):
            titles = [_("分销商"), _("推广码"), _("会员号"), _("可结算"), _("结果")]
            name = file_name(f"payout-preview-{preview.period:%Y%m%d}", filters)
            return csv_response(name, titles, _lines(rows))
        page = page_of(request, rows, PER_PAGE)
        context = self.admin_site.each_context(request) | {
            "title": _("结算预览：%(name)s") % {"name": schedule},
            "preview": preview,
            "filters": filters,
            "page": page,
            "rows": _named(page.object_list),
            "opts": self.opts,
        }
        return TemplateResponse(request, "backoffice/payout_preview.html", context)

    @button(
        _("立即结算"),
        text=_("以今天为期次生成结算批次；同一天只会生成一次。"),
        icon="play_arrow",
    )
    def run_now(self, request: HttpRequest, schedule: Schedule, form: BaseDialogForm) -> Any:
        run = runs.run_period(schedule, beijing_date(timezone.now()), by=merchant(request))
        record_audit("run_payouts", run, by=merchant(request))
        return _("批次“%(run)s”：%(count)d 笔。") % {"run": run, "count": run.payouts.count()}


class PreviewFilter(ListFilter):
    """Of whom a run would look at: what becomes of them, and who it is."""

    PAID = "paid"

    result = forms.ChoiceField(
        label=_("结果"),
        choices=[("", _("全部结果")), (PAID, _("将结算")), *SkipReason.choices],
    )
    q = words_field(WHOM)

    def narrow(self, preview: runs.Preview) -> list[tuple[runs.Candidate, Any]]:
        """Those to be paid first; a query more when words are looked for."""
        wanted = self.wanted()
        rows = [
            *((candidate, self.PAID, _("将结算")) for candidate in preview.payouts),
            *((candidate, reason, reason.label) for candidate, reason in preview.skips),
        ]
        if wanted["result"]:
            rows = [row for row in rows if row[1] == wanted["result"]]
        if wanted["search"]:
            named = set(distributors_like(wanted["search"]).values_list("pk", flat=True))
            rows = [row for row in rows if row[0].distributor_id in named]
        return [(candidate, words) for candidate, _result, words in rows]


def _named(rows: Iterable[Any]) -> list[tuple[Distributor, runs.Candidate, Any]]:
    """Each candidate with who they are: one query."""
    rows = list(rows)
    people = Distributor.objects.select_related("user").in_bulk(
        [candidate.distributor_id for candidate, _result in rows]
    )
    return [(people[one.distributor_id], one, result) for one, result in rows]


def _lines(rows: list[Any]) -> Iterator[list[Any]]:
    for first in range(0, len(rows), CHUNK):
        for person, candidate, result in _named(rows[first : first + CHUNK]):
            yield [person, person.code, candidate.member_no, candidate.available, result]


class PayoutInline(ReadOnlyInline):
    model = Payout
    fields = ["number", "distributor", "amount", "state", "closed_at"]
    readonly_fields = fields
    show_change_link = True
    per_page = 20


class SkipInline(ReadOnlyInline):
    model = Skip
    fields = ["distributor", "reason", "available"]
    readonly_fields = fields
    per_page = 20


class ApprovalForm(BaseDialogForm):
    """Says how many would be paid, and how much in all."""

    form_before_template = "backoffice/approving.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        run = int(str(object_id)) if str(object_id).isdecimal() else None
        drafts = Payout.objects.filter(run=run, state=PayoutState.DRAFT)
        return drafts.aggregate(count=Count("pk"), total=Sum("amount", default=ZERO))


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["schedule", "period", "people", "total", "skipped", "finished_at", "started_by"]
    list_filter = ["schedule", "period"]
    list_select_related = ["schedule", "started_by"]
    search_fields = ["schedule__name", "payouts__number"]
    search_help_text = _("计划名称或结算单号")
    fields = [
        ("schedule", "period"), ("channel_name", "minimum"), ("people", "total"),
        ("started_at", "finished_at"), ("started_by", "auto_approve"),
    ]  # fmt: skip
    readonly_fields = ["channel_name", "people", "total"]
    inlines = [PayoutInline, SkipInline]
    actions_detail = ["approve_all"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                payout_count=count_of(Payout.objects.all(), "run"),
                payout_sum=sum_of(Payout.objects.all(), "run"),
                skip_count=count_of(Skip.objects.all(), "run"),
            )
        )

    @display(description=_("打款渠道"))
    def channel_name(self, run: Run) -> str:
        return channel_name(run.channel)

    @display(description=_("人数"))
    def people(self, run: Any) -> int:
        return run.payout_count

    @display(description=_("跳过"))
    def skipped(self, run: Any) -> int:
        return run.skip_count

    @display(description=_("金额"))
    def total(self, run: Any) -> Decimal:
        return run.payout_sum

    @button(
        _("审批全部"),
        text=_("批次内所有待审批的结算单都会打款。"),
        form=ApprovalForm,
        icon="done_all",
        when=lambda run: run.payouts.filter(state=PayoutState.DRAFT).exists(),
    )
    def approve_all(self, request: HttpRequest, run: Run, form: BaseDialogForm) -> Any:
        return _approve(request, run.payouts.all())


def _approve(request: HttpRequest, rows: QuerySet[Payout]) -> str:
    """Approve the drafts among them, each by itself: what cannot be approved any more is named, and
    the others go on. Returns what to say of those that were."""
    drafts, by = rows.filter(state=PayoutState.DRAFT).order_by("pk"), merchant(request)
    approved = do_each(request, drafts, lambda draft: sending.approve_payout(draft, by=by))
    total = sum((payout.amount for payout in approved), ZERO)
    return _("已审批 %(count)d 笔，共 ¥%(total)s。") % {
        "count": len(approved),
        "total": f"{total:,}",
    }


# What a channel answers, by `Outcome.state`.
ANSWERS = {
    "paid": _("已付款"),
    "failed": _("失败"),
    "closed": _("已关闭"),
    "open": _("已受理，等待结果"),
    "missing": _("渠道没有这笔记录"),
    "unknown": _("没有明确答复，稍后再查"),
}


class AttemptInline(ReadOnlyInline):
    model = PayoutAttempt
    fields = ["action", "at", "result", "detail"]
    readonly_fields = fields

    @display(description=_("结果"))
    def result(self, attempt: PayoutAttempt) -> Any:
        """An attempt without an answer was broken off: it is asked about again."""
        return ANSWERS.get(attempt.outcome, attempt.outcome or ANSWERS["unknown"])


class PaidForm(BaseDialogForm):
    reference = forms.CharField(label=_("凭证号"), max_length=64, widget=UnfoldAdminTextInputWidget)


def _is_draft(payout: Payout) -> bool:
    return payout.state == PayoutState.DRAFT


def _is_on_its_way(payout: Payout) -> bool:
    return payout.state in OPEN_PAYOUTS and payout.state != PayoutState.DRAFT


def _is_kept(payout: Payout) -> bool:
    """Nothing is sent to somebody who is frozen."""
    return payout.distributor.status == Status.FROZEN


def _is_by_hand(payout: Payout) -> bool:
    return payout.channel == Manual.code and _is_on_its_way(payout)


class ChannelFilter(admin.SimpleListFilter):
    """The channels there are, not those that a walk through all payouts finds."""

    title, parameter_name = _("打款渠道"), "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return channel_choices()

    def queryset(self, request: HttpRequest, rows: QuerySet[Payout]) -> QuerySet[Payout]:
        return rows.filter(channel=self.value()) if self.value() else rows


@admin.register(Payout)
class PayoutAdmin(Finds, ReadOnlyAdmin):
    list_display = ["number", "distributor", "amount", "state_label", "channel_name", "run", "closed_at"]  # fmt: skip
    file_columns = ["number", "distributor", "amount", "state_label", "channel_name", "run", "created_at", "closed_at"]  # fmt: skip
    list_filter = ["state", ChannelFilter, "run__schedule", ("created_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["distributor__user", "run__schedule"]
    search_fields = ["number", "distributor__code", "distributor__user__phone", "reference"]
    search_help_text = _("结算单号开头，或完整的推广码、手机号、会员号、姓名、凭证号")
    sortable_by = ["number", "created_at"]
    show_full_result_count = False
    fields = [
        ("number", "state"), ("distributor", "amount"), ("run", "channel_name"),
        ("created_at", "approved_at"), ("approved_by", "sent_at"), ("closed_at", "reference"),
        "failure",
    ]  # fmt: skip
    readonly_fields = ["channel_name"]
    inlines = [AttemptInline]
    actions = ["approve_selected"]
    actions_detail = ["approve", "send", "paid", "failed", "cancel"]

    def rows_of(self, word: str) -> Q:
        by_name = Q(distributor__in=distributors_named(word))
        return by_name | Q(number__startswith=word.upper()) | Q(reference=word)

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_label(self, payout: Payout) -> tuple[str, str]:
        return payout.state, payout.get_state_display()

    @display(description=_("打款渠道"), ordering="channel")
    def channel_name(self, payout: Payout) -> str:
        return channel_name(payout.channel)

    @button(_("审批"), text=_("审批后将自动打款。"), icon="check", when=_is_draft)
    def approve(self, request: HttpRequest, payout: Payout, form: BaseDialogForm) -> Any:
        sending.approve_payout(payout, by=merchant(request))
        return _("已审批。分销商已冻结，解冻后才打款。") if _is_kept(payout) else _("已审批。")

    @button(
        _("立即打款 / 查询"), text=_("同一单号不会重复付款。"), icon="send", when=_is_on_its_way
    )
    def send(self, request: HttpRequest, payout: Payout, form: BaseDialogForm) -> Any:
        payout = sending.send_payout(payout)
        if payout.state == PayoutState.APPROVED and _is_kept(payout):
            raise sending.CannotPayOut(_("分销商已冻结，解冻后才打款。"))
        return _("当前状态：%(state)s") % {"state": payout.get_state_display()}

    @button(
        _("确认已付款"),
        text=_("仅用于线下打款。"),
        form=PaidForm,
        icon="payments",
        when=_is_by_hand,
    )
    def paid(self, request: HttpRequest, payout: Payout, form: PaidForm) -> Any:
        outcome = Outcome("paid", reference=form.cleaned_data["reference"])
        sending.confirm_by_hand(payout, outcome, by=merchant(request))
        return _("已记录付款凭证。")

    @button(
        _("打款失败"),
        text=_("仅用于线下打款；款项退回可结算。"),
        form=ReasonForm,
        icon="error",
        when=_is_by_hand,
    )
    def failed(self, request: HttpRequest, payout: Payout, form: ReasonForm) -> Any:
        outcome = Outcome("failed", detail=form.cleaned_data["reason"])
        sending.confirm_by_hand(payout, outcome, by=merchant(request))
        return _("款项已退回可结算。")

    @button(
        _("取消"),
        text=_("尚未打款的结算单可以取消。"),
        form=ReasonForm,
        icon="undo",
        when=lambda payout: payout.state in UNSENT,
    )
    def cancel(self, request: HttpRequest, payout: Payout, form: ReasonForm) -> Any:
        sending.cancel_payout(payout, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("已取消，款项退回可结算。")

    @admin.action(description=_("审批所选结算单"), permissions=["change"])
    def approve_selected(self, request: HttpRequest, rows: QuerySet[Payout]) -> None:
        chosen = Payout.objects.filter(pk__in=rows.values("pk"))
        self.message_user(request, _approve(request, chosen))
