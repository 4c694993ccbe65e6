"""Statements by month, as a page to read or print and as a file; and a debt explained."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.clock import beijing_date
from base.filters import file_name, in_words
from base.pages import page_of
from base.tables import csv_response, is_table, time_cell
from distribution.access import distributor_of, earner
from distribution.desk.statements import (
    Statement,
    StatementLines,
    month_of,
    next_month,
    previous_month,
    statements_of,
)
from distribution.forms import DebtFilter, LinesFilter
from distribution.money.debts import OverpaidRows, debt_of

PER_PAGE = 24
LINES_PER_PAGE = 100
DEBTS_PER_PAGE = 20
PRINTED = 2000  # what a browser still turns into paper; more is read as a table


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
    lines = StatementLines(person, found.month, language=get_language() or "", **filters.wanted())
    if is_table(request, filters):
        name = _("账单 %(month)s") % {"month": found.name}
        return csv_response(file_name(name, filters), _line_header(), _line_rows(lines))
    asked = in_words(filters)
    context = {
        "tab": "promote",
        "distributor": person,
        "statement": found,
        "is_open": found.month == beijing_date(now).replace(day=1),
        "made_at": now,
        "filters": filters,
        "asked": asked,
        "sums": lines.sums() if asked else None,
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
def debt(request: HttpRequest) -> HttpResponseBase:
    """Which refunds a debt comes from, what later earnings repaid, and what is left."""
    person = distributor_of(request)
    owed = debt_of(person)
    filters = DebtFilter(request.GET)
    rows = OverpaidRows(person, owed, **filters.wanted())
    if is_table(request, filters):
        return csv_response(file_name(_("待抵扣明细"), filters), _debt_header(), _debt_rows(rows))
    asked = in_words(filters)
    context = {
        "tab": "promote",
        "distributor": person,
        "debt": owed,
        "filters": filters,
        "asked": asked,
        "sums": rows.sums() if asked else owed,
        "page": page_of(request, rows, DEBTS_PER_PAGE),
    }
    return render(request, "distribution/debt.html", context)


def _debt_header() -> list[str]:
    return [
        _("撤回时间"), _("订单号"), _("商品"), _("级别"), _("退款单号"), _("已结算"), _("现在应得"),
        _("多付"), _("已补上"), _("还差"),
    ]  # fmt: skip


def _debt_rows(rows: OverpaidRows) -> Iterator[list[Any]]:
    for row in rows:
        of = row.commission
        refunds = [reversal.refund.number for reversal in row.reversals if reversal.refund]
        yield [
            time_cell(row.at), of.order.number, of.line.title, of.level, "; ".join(refunds),
            of.allocated, of.amount, row.amount, row.repaid, row.left,
        ]  # fmt: skip
