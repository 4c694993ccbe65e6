"""What coupons somebody has."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import MemberRequest, member
from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, each_row, is_table, time_cell
from base.words import told
from orders.coupons import find_coupons, past_coupons, usable_coupons
from orders.forms import CouponFilter
from orders.models import Coupon

PER_PAGE = 20


@member
@never_cache
@require_safe
def coupons(request: MemberRequest) -> HttpResponseBase:
    """Those that can be used, or with `?state=past` those that cannot any more."""
    at = timezone.now()
    filters = CouponFilter(request.GET)
    wanted = filters.wanted()
    is_past = wanted["state"] == CouponFilter.PAST
    rows = past_coupons(request.user, at) if is_past else usable_coupons(request.user, at)
    if wanted["search"]:
        rows = find_coupons(rows, wanted["search"])
    if is_table(request, filters):
        return csv_response(
            file_name(pgettext("plural", "优惠券"), filters), _header(), _lines(rows)
        )
    context = {
        "tab": "me",
        "page": page_of(request, rows, PER_PAGE),
        "filters": filters,
        "is_past": is_past,
    }
    return render(request, "orders/coupons.html", context)


def _header() -> list[str]:
    return [
        _("优惠券"), _("内容"), _("发放原因"), _("发放时间"), _("有效期至"), _("使用时间"),
        _("用于订单"),
    ]  # fmt: skip


def _lines(rows: QuerySet[Coupon]) -> Iterator[list[Any]]:
    for row in each_row(rows):
        yield [
            row.offer.title, row.offer.in_words, told(row.reason), time_cell(row.issued_at),
            time_cell(row.expires_at), time_cell(row.used_at),
            row.order.number if row.order else "",
        ]  # fmt: skip
