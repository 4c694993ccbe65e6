"""Tickets and announcements in the back office."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from base.accounts.models import User
from base.errors import DomainError
from shop.backoffice.actions import ReadOnlyAdmin, button, lead_to, merchant
from shop.support.forms import AnswerForm
from shop.support.models import Announcement, CannedReply, Ticket
from shop.support.states import NEEDS_ANSWER, TicketState
from shop.support.tickets import add_note, answer, assign, close_ticket, whole_conversation

STATE_COLOURS = {
    TicketState.OPEN: "warning",
    TicketState.REOPENED: "warning",
    TicketState.WAITING: "info",
    TicketState.ANSWERED: "success",
    TicketState.CLOSED: "",
}


class NoteForm(BaseDialogForm):
    text = forms.CharField(
        label=_("内部备注（顾客看不到）"), max_length=2000, widget=UnfoldAdminTextareaWidget
    )


class AssigneeForm(BaseDialogForm):
    to = forms.ModelChoiceField(
        User.objects.filter(is_staff=True, is_active=True),
        label=_("负责人"),
        required=False,
        empty_label=_("不指派"),
        widget=UnfoldAdminSelectWidget,
    )


class WorkFilter(admin.SimpleListFilter):
    title = _("工作")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("待回复")), ("mine", _("我负责的")), ("nobody", _("无人负责"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return {
            "waiting": rows.filter(state__in=NEEDS_ANSWER),
            "mine": rows.filter(assignee=request.user.pk),
            "nobody": rows.filter(assignee=None).exclude(state=TicketState.CLOSED),
        }.get(self.value() or "", rows)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """The queue; a ticket's page is the conversation, with an answer below it."""

    list_display = ["number", "subject", "user", "category", "state_label", "assignee", "waited", "last_at"]  # fmt: skip
    file_columns = ["number", "subject", "user", "category", "state_label", "assignee", "created_at", "waited", "last_at"]  # fmt: skip
    list_filter = [WorkFilter, "state", "category", ("assignee", admin.RelatedOnlyFieldListFilter), "created_at"]  # fmt: skip
    list_select_related = ["user", "assignee"]
    search_fields = ["number", "subject", "user__name", "user__phone", "order__number"]
    fields = ["subject", ("number", "category"), ("user", "assignee"), ("order", "commission"), ("state", "waited"), ("created_at", "closed_at")]  # fmt: skip
    readonly_fields = ["waited"]
    actions_detail = ["hand_to", "note", "close"]
    change_form_outer_after_template = "backoffice/ticket.html"
    show_full_result_count = False

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_label(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.state, ticket.get_state_display()

    @display(description=_("首次响应（分钟）"))
    def waited(self, ticket: Ticket) -> Any:
        took = ticket.first_response
        return "—" if took is None else round(took.total_seconds() / 60)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        ticket = self.get_object(request, object_id or "")
        if ticket is not None:
            context |= {
                "ticket": ticket,
                "said": whole_conversation(ticket),
                "answer_form": context.get("answer_form") or AnswerForm(),
                "may_answer": self.has_change_permission(request)
                and ticket.state != TicketState.CLOSED,
            }
        return super().changeform_view(request, object_id, form_url, context)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.answers)
        return [path("<int:pk>/answers/", view, name="ticket_answers"), *super().get_urls()]

    def answers(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The answer below the conversation."""
        ticket = self.get_object(request, str(pk))
        if ticket is None:
            raise Http404
        if not self.has_change_permission(request, ticket):
            raise PermissionDenied
        address = reverse("admin:support_ticket_change", args=[pk])
        if request.method != "POST":
            return HttpResponse(status=303, headers={"Location": address})
        form = AnswerForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                answer(
                    ticket,
                    by=merchant(request),
                    state=TicketState(form.cleaned_data["state"]),
                    **form.said(),
                )
            except DomainError as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, str(_("已回复，顾客会收到消息。")))
                return HttpResponse(status=303, headers={"Location": address})
        request.method = "GET"  # the ticket's page once more, with what was written
        return self.changeform_view(request, str(pk), extra_context={"answer_form": form})

    @button(_("指派"), form=AssigneeForm, icon="person_add")
    def hand_to(self, request: HttpRequest, ticket: Ticket, form: AssigneeForm) -> Any:
        assign(ticket, form.cleaned_data["to"], by=merchant(request))

    @button(_("内部备注"), form=NoteForm, icon="sticky_note_2")
    def note(self, request: HttpRequest, ticket: Ticket, form: NoteForm) -> Any:
        add_note(ticket, by=merchant(request), text=form.cleaned_data["text"])
        return _("备注已保存，顾客看不到。")

    @button(_("关闭工单"), text=_("顾客会收到消息，回复后会重新打开。"), icon="check_circle")
    def close(self, request: HttpRequest, ticket: Ticket, form: BaseDialogForm) -> Any:
        close_ticket(ticket, by=merchant(request))
        return _("工单已关闭。")


@admin.register(CannedReply)
class CannedReplyAdmin(ModelAdmin):
    list_display = ["name", "position"]
    search_fields = ["name", "body"]
    fields = ["name", "body", "position"]


class AnnouncementForm(ModelForm):
    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        wants_tiers = values.get("audience") == Announcement.Audience.TIERS
        if wants_tiers and not values.get("tiers"):
            self.add_error("tiers", _("请选择等级。"))
        return values


@admin.register(Announcement)
class AnnouncementAdmin(ModelAdmin):
    form = AnnouncementForm
    list_display = ["name", "audience", "starts_at", "ends_at", "is_pinned", "is_published", "readers"]  # fmt: skip
    list_filter = ["audience", "is_published", "is_pinned", "starts_at"]
    search_fields = ["name", "name_en", "body"]
    autocomplete_fields = ["tiers"]
    fields = ["name", "body", "name_en", "body_en", "audience", "tiers", "starts_at", "ends_at", "is_pinned", "is_published"]  # fmt: skip
    actions_detail = ["preview"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Announcement]:
        rows = super().get_queryset(request)
        return rows.annotate(read_by=Count("readings"))

    @display(description=_("已读人数"), ordering="read_by")
    def readers(self, row: Any) -> int:
        return row.read_by

    def save_model(
        self, request: HttpRequest, obj: Announcement, form: ModelForm, change: bool
    ) -> None:
        if not change:
            obj.by = merchant(request)
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<int:pk>/preview/", view, name="announcement_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """As its readers will see it, drafts too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        context = self.admin_site.each_context(request) | {
            "title": found.name,
            "opts": self.opts,
            "announcement": found,
        }
        return TemplateResponse(request, "backoffice/announcement_preview.html", context)

    @action(description=_("预览"), icon="preview", permissions=["view"])
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return lead_to(self, request, object_id, "admin:announcement_preview")
