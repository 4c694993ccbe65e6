"""Commissions, each with its receipt, and the orders they come from."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.access import distributor_of, earner
from distribution.desk.earnings import (
    earnings_of,
    in_state,
    movements_of,
    of_orders,
    orders_earning_for,
    own_earnings,
    shown_orders,
)
from distribution.desk.own_tables import (
    commission_header,
    commission_rows,
    order_header,
    order_rows,
)
from distribution.desk.team import masked_name
from distribution.forms import CommissionFilter, OrderFilter
from distribution.money.explanations import explain
from distribution.states import CommissionState

PER_PAGE = 20


@earner
@never_cache
@require_safe
def commissions(request: HttpRequest) -> HttpResponseBase:
    person = distributor_of(request)
    filters = CommissionFilter(request.GET)
    wanted = filters.wanted()
    state, rows = wanted.pop("state"), earnings_of(person)
    if state:
        rows = in_state(rows, person, CommissionState(state))
    rows = of_orders(rows, **wanted)
    if is_table(request, filters):
        return csv_response(
            file_name(_("佣金明细"), filters), commission_header(), commission_rows(person, rows)
        )
    page = page_of(request, rows, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "filters": filters,
        "page": page,
        "rows": own_earnings(person, page.object_list),
    }
    return render(request, "distribution/commissions.html", context)


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
    filters = OrderFilter(request.GET)
    wanted = filters.wanted()
    level = wanted["level"]
    found = orders_earning_for(person, **wanted)
    if is_table(request, filters):
        rows = order_rows(person, found, level=level)
        return csv_response(file_name(_("推广订单"), filters), order_header(), rows)
    page = page_of(request, found, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "filters": filters,
        "page": page,
        "rows": shown_orders(person, list(page.object_list), level=level),
    }
    return render(request, "distribution/orders.html", context)
