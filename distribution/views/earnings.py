"""Commissions, each with its receipt, and the orders they come from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.pages import page_of
from distribution.access import distributor_of, earner
from distribution.earnings import (
    earnings_of,
    in_state,
    movements_of,
    orders_earning_for,
    shown_orders,
    with_states,
)
from distribution.explanations import explain
from distribution.forms import STATE_CHOICES, EarningsFilter
from distribution.states import CommissionState
from distribution.team import masked_name

PER_PAGE = 20


@earner
@never_cache
@require_safe
def commissions(request: HttpRequest) -> HttpResponse:
    person = distributor_of(request)
    filters = EarningsFilter(request.GET)
    wanted = filters.cleaned_data if filters.is_valid() else {}
    rows = earnings_of(person)
    if wanted.get("state"):
        rows = in_state(rows, person, CommissionState(wanted["state"]))
    if wanted.get("level"):
        rows = rows.filter(level=wanted["level"])
    if wanted.get("q"):
        rows = rows.filter(order__number__startswith=wanted["q"].strip())
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
def orders(request: HttpRequest) -> HttpResponse:
    """Orders that earn for them; whose they are stays masked."""
    person = distributor_of(request)
    filters = EarningsFilter(request.GET)
    wanted = filters.cleaned_data if filters.is_valid() else {}
    page = page_of(
        request,
        orders_earning_for(person, level=wanted.get("level"), number=wanted.get("q", "")),
        PER_PAGE,
    )
    context = {
        "tab": "promote",
        "distributor": person,
        "filters": filters,
        "is_filtered": any(wanted.values()),
        "page": page,
        "rows": shown_orders(person, list(page.object_list), level=wanted.get("level")),
    }
    return render(request, "distribution/orders.html", context)
