"""A member's messages in the shop: the list, reading, and what they also want outside."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import MemberRequest, member
from base.accounts.forms.inbox import ChoiceForm, InboxFilter
from base.accounts.models import User
from base.filters import file_name
from base.inbox import (
    choose,
    inbox_of,
    link_of,
    read_all,
    read_message,
    shown,
    unread_count,
    unread_counters,
)
from base.models import InboxMessage, NoticeChoice
from base.pages import page_of
from base.tables import csv_response, in_chunks, is_table, time_cell

PER_PAGE = 20


def unread_badge(request: HttpRequest) -> str:
    """How much waits to be read, wherever a page leaves room for it."""
    user = request.user
    count = unread_count(user) if isinstance(user, User) else 0
    return render_to_string("accounts/unread_badge.html", {"count": count})


@member
@never_cache
@require_safe
def inbox(request: MemberRequest) -> HttpResponseBase:
    filters = InboxFilter(request.GET)
    found = inbox_of(request.user, **filters.wanted())
    if is_table(request, filters):
        header = [_("时间"), _("主题"), _("标题"), _("内容")]
        return csv_response(file_name(_("消息"), filters), header, _lines(found))
    page = page_of(request, found, PER_PAGE)
    context = {
        "tab": "me",
        "page": page,
        "rows": shown(page.object_list),
        "filters": filters,
        "elsewhere": {name: count(request.user) for name, count in unread_counters.items()},
    }
    return render(request, "accounts/inbox.html", context)


def _lines(found: QuerySet[InboxMessage]) -> Iterator[list[Any]]:
    for rows in in_chunks(found):
        for row in shown(rows):
            yield [time_cell(row.at), row.topic, row.title, row.text]


@member
@require_POST
def reading(request: MemberRequest, pk: int) -> HttpResponse:
    """Read one message and go where it leads."""
    message = get_object_or_404(InboxMessage, user=request.user, pk=pk)
    read_message(message)
    return redirect(link_of(message) or "accounts:inbox")


@member
@require_POST
def reading_all(request: MemberRequest) -> HttpResponse:
    read_all(request.user)
    return redirect("accounts:inbox")


@member
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: MemberRequest) -> HttpResponse:
    """Which topics also come by SMS and mail."""
    choice = NoticeChoice.objects.filter(user=request.user).first()
    form = ChoiceForm(request.user, request.POST if request.method == "POST" else None, choice)
    if form.is_valid():
        choose(request.user, **form.cleaned_data)
        messages.success(request, _("通知方式已保存。"))
        return redirect("accounts:inbox_choices")
    return render(request, "accounts/inbox_choices.html", {"tab": "me", "form": form})
