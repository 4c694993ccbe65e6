"""The page about one's own tier."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from distribution.access import distributor, distributor_of
from distribution.tier_progress import tier_progress


@distributor
@never_cache
@require_safe
def tier(request: HttpRequest) -> HttpResponse:
    person = distributor_of(request)
    context = {
        "tab": "promote",
        "distributor": person,
        "progress": tier_progress(person, at=timezone.now()),
    }
    return render(request, "distribution/tier.html", context)
