"""Recruiting in the back office: whom the figures speak for, inviting them, and what came of it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeNumericFilter, RangeNumericListFilter
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from base.clock import beijing_date, day_end, day_start
from base.tables import csv_response, is_table
from distribution.models import Candidate, Invitation
from distribution.programme.candidates import candidates, reasons
from distribution.programme.invitation_funnel import funnel
from distribution.programme.recruiting import invite, withdraw_invitation
from distribution.states import InvitationState
from orders.models import CouponOffer
from shop.backoffice.actions import ReadOnlyAdmin, ReasonForm, button, do_each, merchant

MOST_AT_ONCE = 200
LONGEST_AGO = 4  # digits of a number of days
COLOURS = {
    InvitationState.SENT: "info",
    InvitationState.OPENED: "warning",
    InvitationState.JOINED: "success",
    InvitationState.DECLINED: "danger",
    InvitationState.EXPIRED: "",
    InvitationState.WITHDRAWN: "",
}


def _offer() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        CouponOffer.objects.filter(is_active=True),
        label=_("加入礼（优惠券或赠品，可不选）"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


def _message() -> forms.CharField:
    return forms.CharField(
        label=_("留言（对方看得到，可不写）"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget,
    )


class InviteForm(BaseDialogForm):
    offer = _offer()
    message = _message()


class BulkInviteForm(forms.Form):
    offer = _offer()
    message = _message()


class ActiveFilter(RangeNumericListFilter):
    """From so many to so many days ago; what is no number is left out."""

    title, parameter_name = _("最近购买（几天前）"), "days"

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        today = beijing_date(timezone.now())
        for end, lookup in (("from", "lte"), ("to", "gte")):
            days = str(self.used_parameters.get(f"days_{end}") or "")
            if days.isdecimal() and len(days) <= LONGEST_AGO:
                day = today - timedelta(days=int(days))
                rows = rows.filter(**{f"last_bought_on__{lookup}": day})
        return rows


class AskedFilter(admin.SimpleListFilter):
    title, parameter_name = _("有效邀请"), "asked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("还没有")), ("yes", _("已有"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return rows
        return rows.filter(is_asked=self.value() == "yes")


@admin.register(Candidate)
class CandidateAdmin(ReadOnlyAdmin):
    """Members who are no distributors, the most promising first, each with the reasons."""

    list_display = ["name", "phone_hint", "points", "why", "spent", "last_bought_on", "invited"]
    list_filter = [
        AskedFilter,
        ("spent", RangeNumericFilter),
        ("rating", RangeNumericFilter),
        ("order_count", RangeNumericFilter),
        ("brought", RangeNumericFilter),
        ActiveFilter,
    ]
    list_filter_submit = True
    list_before_template = "backoffice/candidates_counted.html"
    search_fields = ["member__name", "member__phone", "member__member_no"]
    fields = ["name", "phone_hint", "member_no", "points", "why", "spent", "last_bought_on", "invited", "counted_at"]  # fmt: skip
    readonly_fields = fields
    actions = ["invite_selected"]
    actions_detail = ["invite"]
    show_full_result_count = False
    list_per_page = 50

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["-score", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return candidates(timezone.now())

    @display(description=_("会员"), ordering="member__name")
    def name(self, candidate: Candidate) -> str:
        return str(candidate.member)

    @display(description=_("会员号"))
    def member_no(self, candidate: Candidate) -> str:
        return candidate.member.member_no

    @display(description=_("手机号"))
    def phone_hint(self, candidate: Candidate) -> str:
        return candidate.member.masked_phone or "—"

    @display(description=_("得分（满分 100）"), ordering="score")
    def points(self, candidate: Any) -> str:
        return f"{candidate.score:.0f}"

    @display(description=_("理由"))
    def why(self, candidate: Any) -> str:
        return gettext("；").join(reasons(candidate, timezone.now()))

    @display(description=_("有效邀请"), boolean=True)
    def invited(self, candidate: Any) -> bool:
        return candidate.is_asked

    @button(
        _("邀请加入"),
        text=_(
            "对方会在站内消息里收到邀请，30 天内有效。接受后直接成为分销商，不需要购买任何东西。"
        ),
        form=InviteForm,
        icon="person_add",
    )
    def invite(self, request: HttpRequest, candidate: Candidate, form: InviteForm) -> Any:
        values = form.cleaned_data
        invite(
            candidate.member, by=merchant(request), offer=values["offer"], message=values["message"]
        )
        return _("邀请已发出。")

    @admin.action(description=_("邀请所选…"), permissions=["change"])
    def invite_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """First a page that asks what to offer and say, with the chosen ones carried along."""
        people = list(rows[: MOST_AT_ONCE + 1])
        if len(people) > MOST_AT_ONCE:
            text = _("一次最多邀请 %(count)d 人，请缩小范围。") % {"count": MOST_AT_ONCE}
            self.message_user(request, text, messages.ERROR)
            return None
        form = BulkInviteForm(request.POST if "message" in request.POST else None)
        if not form.is_valid():
            context = self.admin_site.each_context(request) | {
                "title": _("邀请所选会员"),
                "form": form,
                "people": people,
                "opts": self.opts,
            }
            return TemplateResponse(request, "backoffice/invite.html", context)
        by, terms = merchant(request), form.cleaned_data
        done = do_each(request, people, lambda person: invite(person.member, by=by, **terms))
        text = _("%(count)d 位会员现在有有效的邀请。") % {"count": len(done)}
        self.message_user(request, text)
        return None


class PeriodForm(forms.Form):
    since = forms.DateField(label=_("从"), required=False, widget=UnfoldAdminDateWidget)
    until = forms.DateField(label=_("到"), required=False, widget=UnfoldAdminDateWidget)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", _("结束日期不能早于开始日期。"))
        return data

    @staticmethod
    def usual() -> dict[str, date]:
        """The last year."""
        today = beijing_date(timezone.now())
        return {"since": today - timedelta(days=365), "until": today}

    def period(self) -> tuple[datetime, datetime]:
        """Whole Beijing days, both included; what is left out is as usual."""
        usual = self.usual()
        data = self.cleaned_data if self.is_valid() else {}
        last: date = data.get("until") or usual["until"]
        first: date = data.get("since") or min(usual["since"], last)
        return day_start(first), day_end(last)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["member", "state_label", "offer", "sent_at", "opened_at", "ended_at", "by"]
    list_filter = ["state", "sent_at", "offer"]
    list_select_related = ["member", "offer", "by"]
    search_fields = ["member__name", "member__phone", "member__member_no", "message"]
    fields = ["member", "state", "offer", "message", "by", "sent_at", "expires_at", "opened_at", "ended_at", "coupon"]  # fmt: skip
    actions_detail = ["withdraw"]
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    @button(
        _("收回邀请"),
        text=_("对方不能再用它加入；以后可以重新邀请。"),
        form=ReasonForm,
        icon="undo",
        when=lambda invitation: invitation.is_open and invitation.expires_at > timezone.now(),
    )
    def withdraw(self, request: HttpRequest, invitation: Invitation, form: ReasonForm) -> Any:
        withdraw_invitation(invitation, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("邀请已收回。")

    @display(description=_("状态"), ordering="state", label=COLOURS)
    def state_label(self, invitation: Invitation) -> tuple[str, str]:
        return invitation.state, invitation.get_state_display()

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [path("funnel/", wrap(self.funnel), name="invitation_funnel"), *super().get_urls()]

    def funnel(self, request: HttpRequest) -> HttpResponseBase:
        """Sent → opened → joined → first sale → coupon used, by month; `?format=csv` as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PeriodForm(request.GET or None, initial=PeriodForm.usual())
        rows = funnel(*form.period())
        titles = [_("月份"), _("已发出"), _("已打开"), _("已加入"), _("首次成交"), _("已用券")]
        if is_table(request, form):

            def table() -> Iterator[list[Any]]:
                for row in rows:
                    yield [
                        f"{row.month:%Y-%m}",
                        row.sent,
                        row.opened,
                        row.joined,
                        row.sold,
                        row.used,
                    ]

            return csv_response(f"invitations-{timezone.localdate():%Y%m%d}.csv", titles, table())
        context = self.admin_site.each_context(request) | {
            "title": _("邀请漏斗"),
            "form": form,
            "titles": titles,
            "rows": rows,
            "opts": self.opts,
        }
        return TemplateResponse(request, "backoffice/invitation_funnel.html", context)
