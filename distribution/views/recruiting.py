"""The public page for people who think about joining. The same for every guest, and cacheable."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from base.access import public
from base.money import ZERO
from base.pages import shared_page
from catalog.listing import Shelves
from distribution.forms import ProspectForm
from distribution.models import Policy
from distribution.money.explanations import percent
from distribution.policy import policy_at
from distribution.programme.prospects import Rates, Reality, prospect, rates_of, reality_of
from distribution.programme.stories import last_full_month, published_stories


@public
@require_safe
@shared_page
def recruit(request: HttpRequest) -> HttpResponse:
    """How it works, who tells what, and an estimate with everything it assumes."""
    now = timezone.now()
    month = last_full_month(now)
    reality = reality_of(month)
    shelves = Shelves()
    shop = rates_of(None, at=now)
    form = ProspectForm(
        _asked(request, reality), shelves=shelves.top, asks_share=bool(shop and shop.recruits)
    )
    found = None
    if form.is_valid():
        values = form.cleaned_data
        shelf = shelves.find(values["category"]) if values["category"] else None
        rates = rates_of(shelf.ids(), at=now) if shelf else shop
        if rates is not None:
            found = prospect(
                rates,
                orders=values["orders"],
                average=values["average"],
                share=values.get("share", ZERO) / 100,
            )
    policy = policy_at(now)
    context = {
        "policy": policy,
        "month": month,
        "stories": published_stories(month),
        "reality": reality,
        "form": form,
        "prospect": found,
        "words": _in_words(found.rates, policy) if found else {},
    }
    return render(request, "distribution/recruit.html", context)


def _asked(request: HttpRequest, reality: Reality) -> dict[str, object]:
    """What was typed, on top of the shop's own averages."""
    typed = {name: request.GET[name] for name in ProspectForm.base_fields if name in request.GET}
    usual = {"orders": 10, "average": reality.average_order, "share": 20, "category": ""}
    return usual | typed


def _in_words(rates: Rates, policy: Policy) -> dict[str, str]:
    """The rates to a tenth of a per cent."""
    names = ("level1", "level2", "lowest", "highest")
    words = {name: percent(round(getattr(rates, name), 3)) for name in names}
    return words | {"cap": percent(policy.cap_rate)}
