"""Announcements: the list, and one, which is read by opening it."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import MemberRequest, member
from base.pages import page_of
from base.tables import csv_response
from shop.support.announcements import announcements_for, read_announcement
from shop.support.forms import AnnouncementFilter

PER_PAGE = 20
MOST_EXPORTED = 1000


@member
@never_cache
@require_safe
def announcements(request: MemberRequest) -> HttpResponse:
    wanted = AnnouncementFilter(request.GET).wanted()
    page = page_of(request, announcements_for(request.user, **wanted), PER_PAGE)
    context = {
        "tab": "me",
        "page": page,
        "wanted": wanted,
        "is_filtered": any(wanted.values()),
    }
    return render(request, "support/announcements.html", context)


@member  # type: ignore[arg-type]  # rows are streamed
@never_cache
@require_safe
def export(request: MemberRequest) -> HttpResponseBase:
    found = announcements_for(request.user, **AnnouncementFilter(request.GET).wanted())
    header = [_("开始时间"), _("标题"), _("正文")]
    return csv_response("announcements.csv", header, _lines(found[:MOST_EXPORTED]))


def _lines(rows: Any) -> Iterator[list[Any]]:
    for row in rows:
        yield [f"{localtime(row.starts_at):%Y-%m-%d %H:%M}", row.title, row.text]


@member
@never_cache
@require_safe
def announcement(request: MemberRequest, pk: int) -> HttpResponse:
    """Only what this person may see now."""
    found = get_object_or_404(announcements_for(request.user), pk=pk)
    if request.method == "GET":
        read_announcement(found, request.user)
    return render(request, "support/announcement.html", {"tab": "me", "announcement": found})
