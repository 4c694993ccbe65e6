"""Announcements: the list, and one, which is read by opening it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import MemberRequest, member
from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, each_row, is_table, time_cell
from shop.support.announcements import announcements_for, read_announcement
from shop.support.forms import AnnouncementFilter
from shop.support.models import Announcement

PER_PAGE = 20


@member
@never_cache
@require_safe
def announcements(request: MemberRequest) -> HttpResponseBase:
    filters = AnnouncementFilter(request.GET)
    found = announcements_for(request.user, **filters.wanted())
    if is_table(request, filters):
        header = [_("开始时间"), _("标题"), _("正文")]
        return csv_response(file_name(_("商城公告"), filters), header, _lines(found))
    page = page_of(request, found, PER_PAGE)
    context = {"tab": "me", "page": page, "filters": filters}
    return render(request, "support/announcements.html", context)


def _lines(found: QuerySet[Announcement]) -> Iterator[list[Any]]:
    for row in each_row(found):
        yield [time_cell(row.starts_at), row.title, row.text]


@member
@never_cache
@require_safe
def announcement(request: MemberRequest, pk: int) -> HttpResponse:
    """Only what this person may see now."""
    found = get_object_or_404(announcements_for(request.user), pk=pk)
    if request.method == "GET":
        read_announcement(found, request.user)
    return render(request, "support/announcement.html", {"tab": "me", "announcement": found})
