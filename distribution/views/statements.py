"""Statements by month, as a page to read or print and as a file; and a debt explained."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.clock import beijing_date
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.access import distributor_of, earner
from distribution.desk.statements import (
    ANY_LINE,
    Statement,
    StatementLines,
    month_of,
    next_month,
    previous_month,
    statements_of,
)
from distribution.forms import LinesFilter
from distribution.money.debts import debt_of, overpaid_of, shown_overpaid

PER_PAGE = 24
LINES_PER_PAGE = 100
PRINTED = 2000  # what a browser still turns into paper; more is read as a table
OVERPAID = 200


@earner
@never_cache
@require_safe
def statements(request: HttpRequest) -> HttpResponseBase:
    """Every month with its opening and closing balance; `?format=csv` takes it away."""
    person = distributor_of(request)
    months = statements_of(person, until=timezone.now())
    if is_table(request):
        return csv_response(
            f"{_('月账单')}.csv", _summary_header(), (_summary(row) for row in months)
        )
    context = {
        "tab": "promote",
        "distributor": person,
        "page": page_of(request, months, PER_PAGE),
        "this_month": beijing_date(timezone.now()).replace(day=1),
    }
    return render(request, "distribution/statements.html", context)


def _summary_header() -> list[str]:
    return [
        _("月份"), _("期初"), _("新佣金"), _("成熟"), pgettext("money", "撤回"), _("已付"), _("期末"),
        _("期末待成熟"), _("期末可结算"), _("期末结算中"),
    ]  # fmt: skip


def _summary(row: Statement) -> list[Any]:
    end = row.closing
    return [
        row.name, row.opening.total, row.earned, row.matured, row.reversed, row.paid, end.total,
        end.pending, end.available, end.reserved,
    ]  # fmt: skip


@earner
@never_cache
@require_safe
def statement(request: HttpRequest, month: str) -> HttpResponseBase:
    """One month: what it began and ended with, and every line between."""
    person = distributor_of(request)
    day = month_of(month)
    now = timezone.now()
    months = {row.month: row for row in statements_of(person, until=now)}
    found = months.get(day) if day else None
    if found is None:
        raise Http404
    filters = LinesFilter(request.GET)
    wanted = filters.wanted()
    lines = StatementLines(person, found.month, language=get_language() or "", wanted=wanted)
    if is_table(request):
        name = _("账单 %(month)s") % {"month": found.name}
        return csv_response(f"{name}.csv", _line_header(), _line_rows(lines))
    context = {
        "tab": "promote",
        "distributor": person,
        "statement": found,
        "is_open": found.month == beijing_date(now).replace(day=1),
        "made_at": now,
        "filters": filters,
        "is_filtered": wanted != ANY_LINE,
        "page": page_of(request, lines, PRINTED if "all" in request.GET else LINES_PER_PAGE),
        "before": months.get(previous_month(found.month)),
        "after": months.get(next_month(found.month)),
    }
    return render(request, "distribution/statement.html", context)


def _line_header() -> list[str]:
    return [
        _("时间"), _("事项"), _("级别"), _("订单号"), _("商品"), _("结算单号"), _("增减"),
        _("转换位置"),
    ]  # fmt: skip


def _line_rows(lines: StatementLines) -> Iterator[list[Any]]:
    for line in lines:
        yield [
            f"{localtime(line.at):%Y-%m-%d %H:%M:%S}", line.label, line.level or "", line.order,
            line.goods, line.number, line.amount, line.moved or "",
        ]  # fmt: skip


@earner
@never_cache
@require_safe
def debt(request: HttpRequest) -> HttpResponse:
    """Which refunds a debt comes from, what later earnings repaid, and what is left."""
    person = distributor_of(request)
    owed = debt_of(person)
    rows = list(overpaid_of(person)[:OVERPAID])
    context = {
        "tab": "promote",
        "distributor": person,
        "debt": owed,
        "rows": shown_overpaid(rows, repaid_before=owed.repaid)[::-1],
        "most": OVERPAID,
    }
    return render(request, "distribution/debt.html", context)
