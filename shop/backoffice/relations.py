"""Who recommends whom, in the back office: relations with their history, every member's timeline,
and handing a distributor's people over."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from base.accounts.models import User
from base.errors import DomainError
from base.filters import file_name, words_field
from base.pages import page_of
from base.tables import csv_response, in_chunks, is_table, time_cell
from distribution.desk.timelines import for_merchant, history_of, named_to_merchant
from distribution.forms import TimelineFilter
from distribution.models import Binding, Click, Distributor, Recruitment, Trace
from distribution.referral.handovers import Group, Handover, hand_over, preview_handover
from shop.backoffice.actions import ReadOnlyAdmin, TellsWhy, merchant
from shop.backoffice.finding import find_distributor

PER_PAGE = 50
DECISION_COLOURS = {
    Trace.Decision.WON: "success",
    Trace.Decision.KEPT: "info",
    Trace.Decision.REFUSED: "danger",
    Trace.Decision.ENDED: "warning",
    Trace.Decision.WAITING: "",
    Trace.Decision.NOTHING: "",
}


@admin.register(Binding)
class BindingAdmin(ReadOnlyAdmin):
    list_display = ["customer", "distributor", "starts_at", "ends_at", "source", "reason"]
    list_filter = ["source", "starts_at"]
    list_select_related = ["customer", "distributor__user"]
    search_fields = ["customer__name", "customer__phone", "distributor__code"]
    show_full_result_count = False


@admin.register(Recruitment)
class RecruitmentAdmin(TellsWhy, ReadOnlyAdmin):
    list_display = ["distributor", "recruiter", "starts_at", "ends_at", "said"]
    fields = ["distributor", "recruiter", "starts_at", "ends_at", "said", "by"]
    readonly_fields = ["said"]
    list_filter = ["starts_at"]
    list_select_related = ["distributor__user", "recruiter__user"]
    search_fields = ["distributor__code", "distributor__user__name", "recruiter__code"]
    show_full_result_count = False


@admin.register(Click)
class ClickAdmin(ReadOnlyAdmin):
    list_display = ["at", "distributor", "user", "path"]
    list_filter = ["at"]
    list_select_related = ["distributor__user", "user"]
    search_fields = ["distributor__code", "distributor__user__name", "user__phone"]
    ordering = ["-pk"]
    show_full_result_count = False


@admin.register(Trace)
class TraceAdmin(ReadOnlyAdmin):
    """Every sign with its decision; a member's own timeline is one click away."""

    list_display = ["at", "member", "kind", "channel", "distributor", "verdict", "why", "standing"]  # fmt: skip
    file_columns = ["at", "member", "kind", "channel", "distributor", "verdict", "why", "standing", "note", "by"]  # fmt: skip
    list_filter = ["kind", "decision", "why", "at"]
    list_select_related = ["member", "distributor__user", "standing__user", "by"]
    search_fields = [
        "member__name",
        "member__phone",
        "member__member_no",
        "distributor__code",
        "channel",
    ]
    fields = ["member", "kind", "channel", "at", "decided_at", "distributor", "decision", "why", "standing", "until", "policy", "note", "by"]  # fmt: skip
    date_hierarchy = "at"
    show_full_result_count = False

    @display(description=gettext_lazy("判定"), ordering="decision", label=DECISION_COLOURS)
    def verdict(self, trace: Trace) -> tuple[str, str]:
        return trace.decision, trace.get_decision_display()

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("member/<int:pk>/", wrap(self.timeline), name="member_timeline"),
            path("handover/", wrap(self.handover), name="handover"),
            *super().get_urls(),
        ]

    def timeline(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Everything that was ever decided about who serves one member, with the intervals."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        member = get_object_or_404(User, pk=pk)
        filters = WholeTimelineFilter(request.GET)
        found = filters.narrow(history_of(member), named_to_merchant)
        if is_table(request, filters):
            name = _("识别记录 %(member)s") % {"member": member.member_no}
            return csv_response(file_name(name, filters), _columns(), _lines(found))
        page = page_of(request, found, PER_PAGE)
        bindings = member.bindings.select_related("distributor__user", "by")
        recruitments = Recruitment.objects.filter(distributor=pk).select_related(
            "recruiter__user", "by"
        )
        context = self.admin_site.each_context(request) | {
            "title": _("%(member)s：谁在服务，为什么") % {"member": member},
            "member": member,
            "filters": filters,
            "page": page,
            "events": for_merchant(page.object_list),
            "bindings": bindings,
            "recruitments": recruitments,
            "now": timezone.now(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "backoffice/timeline.html", context)

    def handover(self, request: HttpRequest) -> HttpResponse:
        """Whose people go to whom: looked at by GET, done by POST."""
        if not request.user.has_perm("distribution.change_distributor"):
            raise PermissionDenied
        is_post = request.method == "POST"
        asked = request.POST if is_post else request.GET
        form = HandoverForm(asked if "groups" in asked else None, initial=request.GET.dict())
        preview: Handover | None = None
        if form.is_valid():
            values = form.cleaned_data
            parties = (values["giver"], values["taker"], values["groups"])
            try:
                if is_post and values["reason"]:
                    done = hand_over(*parties, by=merchant(request), reason=values["reason"])
                    return self._handed_over(request, done)
                if is_post:
                    form.add_error("reason", _("请填写原因。"))
                preview = preview_handover(*parties, at=timezone.now())
            except DomainError as refusal:
                form.add_error("taker", str(refusal))
        context = self.admin_site.each_context(request) | {
            "title": _("整体移交"),
            "form": form,
            "preview": preview,
            "opts": self.opts,
        }
        return TemplateResponse(request, "backoffice/handover.html", context)

    def _handed_over(self, request: HttpRequest, done: Handover) -> HttpResponse:
        if done.is_empty:
            messages.warning(request, _("没有可以移交的人，什么都没有改变。"))
        else:
            messages.success(
                request,
                _("已移交 %(customers)d 位顾客、%(recruits)d 位分销商，从现在起生效。")
                % {"customers": done.customers, "recruits": done.recruits},
            )
        return HttpResponseRedirect(
            reverse("admin:distribution_distributor_change", args=[done.giver.pk])
        )


def _columns() -> list[str]:
    return [
        _("时间"), _("判定时间"), _("信号"), _("为谁"), _("判定"), _("依据"), _("绑定方式"), _("有效至"),
        _("此前由谁服务"), _("说明"), _("操作人"),
    ]  # fmt: skip


def _lines(found: QuerySet[Trace]) -> Iterator[list[Any]]:
    for traces in in_chunks(found):
        for event in for_merchant(traces):
            yield [
                time_cell(event.at), time_cell(event.decided_at or event.at), event.what, event.who,
                event.decision, event.why, event.mode, time_cell(event.until), event.standing,
                event.note, event.by,
            ]  # fmt: skip


class WholeTimelineFilter(TimelineFilter):
    q = words_field(gettext_lazy("渠道、分销商、推广码、说明或依据"))


class HandoverForm(forms.Form):
    giver = forms.CharField(
        label=gettext_lazy("从谁（推广码、会员号或手机号）"), widget=UnfoldAdminTextInputWidget
    )
    taker = forms.CharField(
        label=gettext_lazy("交给谁（推广码、会员号或手机号，留空表示不归任何人）"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("移交哪些人"),
        choices=Group.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_giver(self) -> Distributor:
        return find_distributor(self.cleaned_data["giver"].strip())

    def clean_taker(self) -> Distributor | None:
        text = self.cleaned_data["taker"].strip()
        return find_distributor(text) if text else None

    def clean_groups(self) -> list[Group]:
        return [Group(name) for name in self.cleaned_data["groups"]]
