"""Help for shoppers and distributors: their tickets, a new one, the conversation."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import MemberRequest, member
from base.accounts.limits import HOUR, Limit, consume
from base.errors import DomainError
from base.filters import file_name
from base.pages import page_of
from base.private_files import picture_response
from base.tables import csv_response, each_row, is_table, time_cell
from shop.support.forms import SaidForm, TicketFilter, TicketForm
from shop.support.models import Message, MessagePicture, Ticket
from shop.support.states import TicketState
from shop.support.tickets import (
    close_ticket,
    conversation,
    open_ticket,
    tickets_of,
    write_again,
)

PER_PAGE = 20
NEW_TICKETS = Limit("ticket", 5, HOUR)
MESSAGES = Limit("ticket-message", 30, HOUR)


@member
@never_cache
@require_safe
def tickets(request: MemberRequest) -> HttpResponseBase:
    filters = TicketFilter(request.GET)
    found = tickets_of(request.user, **filters.wanted())
    if is_table(request, filters):
        return csv_response(
            file_name(pgettext("plural", "工单"), filters), _header(), _lines(found)
        )
    page = page_of(request, found, PER_PAGE)
    context = {"tab": "me", "page": page, "filters": filters}
    return render(request, "support/tickets.html", context)


def _header() -> list[str]:
    return [_("工单号"), _("标题"), _("类型"), _("状态"), _("提交时间"), _("最近更新")]


def _lines(found: QuerySet[Ticket]) -> Iterator[list[Any]]:
    for row in each_row(found):
        yield [
            row.number,
            row.subject,
            row.get_category_display(),
            row.get_state_display(),
            time_cell(row.created_at),
            time_cell(row.last_at),
        ]


@member
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_ticket(request: MemberRequest) -> HttpResponse:
    """`?order=` or `?commission=` names what it is about."""
    about = {name: request.GET[name] for name in ("order", "commission") if name in request.GET}
    if "order" in about:
        about["category"] = Ticket.Category.ORDER
    if request.method == "POST":
        form = TicketForm(request.user, request.POST, request.FILES)
        if form.is_valid():
            try:
                consume(NEW_TICKETS, str(request.user.pk))
                ticket = open_ticket(
                    request.user,
                    subject=form.cleaned_data["subject"],
                    category=form.cleaned_data["category"],
                    order=form.cleaned_data["order"],
                    commission=form.cleaned_data["commission"],
                    **form.said(),
                )
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("已提交，客服会尽快回复你。"))
                return redirect("support:ticket", ticket.number)
    else:
        form = TicketForm(request.user, initial=about)
    return render(request, "support/new_ticket.html", {"tab": "me", "form": form})


def own_ticket(request: MemberRequest, number: str) -> Ticket:
    """The one door to a ticket: through who asked."""
    return get_object_or_404(
        request.user.tickets.select_related("order", "commission__order"), number=number
    )


@member
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request: MemberRequest, number: str) -> HttpResponse:
    """The conversation; a POST says more."""
    found = own_ticket(request, number)
    form = SaidForm()
    if request.method == "POST":
        form = SaidForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                consume(MESSAGES, str(request.user.pk))
                write_again(found, by=request.user, **form.said())
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("已发送。"))
                return redirect("support:ticket", number)
    context = {
        "tab": "me",
        "ticket": found,
        "said": conversation(found),
        "form": form,
        "is_closed": found.state == TicketState.CLOSED,
    }
    return render(request, "support/ticket.html", context)


@member
@require_POST
def closure(request: MemberRequest, number: str) -> HttpResponse:
    close_ticket(own_ticket(request, number), by=request.user)
    messages.success(request, _("工单已关闭。还有问题，直接回复就会重新打开。"))
    return redirect("support:ticket", number)


@member
@require_safe
def picture(request: MemberRequest, pk: int) -> HttpResponseBase:
    """For who asked, and for who answers in the back office."""
    pictures = MessagePicture.objects.filter(pk=pk)
    if not request.user.has_perm("support.view_ticket"):
        pictures = pictures.filter(message__ticket__user=request.user)
        pictures = pictures.exclude(message__side=Message.Side.INTERNAL)
    return picture_response(get_object_or_404(pictures).file)
