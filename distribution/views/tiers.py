"""The page about one's own tier."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.pages import is_part
from distribution.access import distributor, distributor_of
from distribution.tiers.progress import tier_outlook, tier_progress


@distributor
@never_cache
@require_safe
def tier(request: HttpRequest) -> HttpResponse:
    """htmx asks for the card of the dashboard."""
    person, now = distributor_of(request), timezone.now()
    if is_part(request):
        context = {"distributor": person, "outlook": tier_outlook(person, at=now)}
        return render(request, "distribution/tier_card.html", context)
    context = {
        "tab": "promote",
        "distributor": person,
        "progress": tier_progress(person, at=now),
    }
    return render(request, "distribution/tier.html", context)
