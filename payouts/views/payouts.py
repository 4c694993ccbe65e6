"""A distributor's own payouts: what was paid, what is on its way, and why a run left them out."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.filters import file_name, in_words
from base.money import ZERO
from base.pages import page_of
from base.tables import csv_response, each_row, is_table, time_cell
from distribution.access import distributor_of, earner
from distribution.desk.dashboard import position_of
from distribution.models import Allocation, Distributor
from payouts.channels import channels
from payouts.forms import PartFilter, PayoutFilter
from payouts.listing import parts_of, payouts_of, redrawn_as
from payouts.models import Payout
from payouts.outlook import next_payout
from payouts.timeline import answer_in_words, timeline_of

PER_PAGE = 20
SKIPS = 10


@earner
@never_cache
@require_safe
def payouts(request: HttpRequest) -> HttpResponseBase:
    person = distributor_of(request)
    filters = PayoutFilter(request.GET)
    found = payouts_of(person, **filters.wanted())
    if is_table(request, filters):
        return csv_response(
            file_name(pgettext("plural", "结算单"), filters), _header(), _lines(found)
        )
    now = timezone.now()
    position = position_of(person, at=now)
    page = page_of(request, found.select_related("run__schedule"), PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "money": position.money,
        "next_payouts": [next_payout(person, position.money, position.pending, at=now)],
        "filters": filters,
        "page": page,
        "rows": [(payout, timeline_of(payout)) for payout in page.object_list],
        "skips": person.skips.select_related("run__schedule").order_by("-pk")[:SKIPS],
    }
    return render(request, "payouts/list.html", context)


def _header() -> list[str]:
    return [
        _("结算单号"), _("金额"), _("状态"), _("打款渠道"), _("生成时间"), _("打款时间"),
        _("完成时间"), _("凭证号"), _("原因"),
    ]  # fmt: skip


def _lines(found: QuerySet[Payout]) -> Iterator[list[Any]]:
    for row in each_row(found):
        yield [
            row.number, row.amount, row.get_state_display(), _channel(row), time_cell(row.created_at),
            time_cell(row.sent_at), time_cell(row.closed_at), row.reference, row.failure,
        ]  # fmt: skip


def _channel(payout: Payout) -> str:
    known = channels.get(payout.channel)
    return str(known.label) if known else payout.channel


@earner
@never_cache
@require_safe
def payout(request: HttpRequest, number: str) -> HttpResponseBase:
    """One payout: its stages, every question asked of the channel, and what it is made of."""
    person = distributor_of(request)
    own = person.payouts.select_related("run__schedule", "reservation")
    found = own.filter(number=number).first()
    if found is None:
        return _redrawn(request, person, number)
    filters = PartFilter(request.GET)
    parts = parts_of(found, **filters.wanted())
    if is_table(request, filters):
        return csv_response(file_name(found.number, filters), _part_header(), _part_lines(parts))
    asked = in_words(filters)
    context = {
        "tab": "promote",
        "distributor": person,
        "payout": found,
        "asked": asked,
        "sum": parts.aggregate(sum=Sum("amount", default=ZERO))["sum"] if asked else found.amount,
        "timeline": timeline_of(found),
        "channel": _channel(found),
        "attempts": [(row, answer_in_words(row)) for row in found.attempts.order_by("pk")],
        "filters": filters,
        "page": page_of(request, parts, PER_PAGE),
    }
    return render(request, "payouts/detail.html", context)


def _redrawn(request: HttpRequest, person: Distributor, number: str) -> HttpResponseBase:
    """From a former number, which statements and messages still name, to the present one."""
    found = redrawn_as(person, number)
    if found is None:
        raise Http404
    words = _("结算单 %(former)s 因佣金变动重新生成，现在的单号是 %(number)s。")
    messages.info(request, words % {"former": number, "number": found.number})
    return redirect("payouts:detail", number=found.number)


def _part_header() -> list[str]:
    return [_("订单号"), _("商品"), _("级别"), _("付款时间"), _("金额")]


def _part_lines(parts: QuerySet[Allocation]) -> Iterator[list[Any]]:
    for part in each_row(parts):
        earned = part.commission
        yield [
            earned.order.number, earned.line.title, earned.level, time_cell(earned.accrued_at),
            part.amount,
        ]  # fmt: skip
