"""Commissions, each with its receipt, and the orders they come from."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.clock import day_end, day_start
from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.access import distributor_of, earner
from distribution.desk.earnings import (
    earnings_of,
    in_state,
    movements_of,
    orders_earning_for,
    shown_orders,
    with_states,
)
from distribution.desk.own_tables import (
    commission_header,
    commission_rows,
    order_header,
    order_rows,
)
from distribution.desk.team import masked_name
from distribution.forms import STATE_CHOICES, EarningsFilter
from distribution.models import Commission, Distributor
from distribution.money.explanations import explain
from distribution.states import CommissionState

PER_PAGE = 20


@earner
@never_cache
@require_safe
def commissions(request: HttpRequest) -> HttpResponseBase:
    person = distributor_of(request)
    filters = EarningsFilter(request.GET)
    wanted = filters.wanted()
    rows = _wanted_commissions(person, wanted)
    if is_table(request):
        return csv_response(
            file_name(_("佣金明细"), filters), commission_header(), commission_rows(rows)
        )
    page = page_of(request, rows, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "filters": filters,
        "is_filtered": any(wanted.values()),
        "state_choices": STATE_CHOICES,
        "page": page,
        "rows": with_states(page.object_list),
    }
    return render(request, "distribution/commissions.html", context)


def _wanted_commissions(person: Distributor, wanted: dict[str, Any]) -> QuerySet[Commission]:
    rows = earnings_of(person)
    if wanted.get("state"):
        rows = in_state(rows, person, CommissionState(wanted["state"]))
    if wanted.get("level"):
        rows = rows.filter(level=wanted["level"])
    if wanted.get("q"):
        rows = rows.filter(order__number__startswith=wanted["q"].strip())
    if wanted.get("since"):
        rows = rows.filter(accrued_at__gte=day_start(wanted["since"]))
    if wanted.get("until"):
        rows = rows.filter(accrued_at__lt=day_end(wanted["until"]))
    return rows


@earner
@never_cache
@require_safe
def commission(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt: who, why, by which rule, how it was calculated, and where the money is."""
    person = distributor_of(request)
    found = get_object_or_404(earnings_of(person).select_related("payee"), pk=pk)
    explanation = explain(found)
    context = {
        "tab": "promote",
        "distributor": person,
        "commission": found,
        "line": found.line,
        "order": found.order,
        "buyer": masked_name(found.buyer),
        "explanation": explanation,
        "changes": [(reversal, -reversal.amount) for reversal in explanation.reversals],
        "movements": movements_of(found),
    }
    return render(request, "distribution/commission.html", context)


@earner
@never_cache
@require_safe
def orders(request: HttpRequest) -> HttpResponseBase:
    """Orders that earn for them; whose they are stays masked."""
    person = distributor_of(request)
    filters = EarningsFilter(request.GET)
    wanted = filters.wanted()
    level = wanted.get("level")
    found = orders_earning_for(
        person,
        level=level,
        number=wanted.get("q", ""),
        since=wanted.get("since"),
        until=wanted.get("until"),
    )
    if is_table(request):
        rows = order_rows(person, found, level=level)
        return csv_response(file_name(_("推广订单"), filters), order_header(), rows)
    page = page_of(request, found, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "filters": filters,
        "is_filtered": any(wanted.values()),
        "page": page,
        "rows": shown_orders(person, list(page.object_list), level=level),
    }
    return render(request, "distribution/orders.html", context)
