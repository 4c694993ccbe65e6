"""What a distributor gets on shared pages: the way to their own, and the price for themselves."""

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse

from catalog.models import Product
from distribution.models import Distributor
from distribution.states import IN_PROGRAMME
from distribution.tiers.privileges import own_discount_of, price_for_oneself


def promote_tab(request: HttpRequest) -> str:
    """The tab 推广 in the bars, for people in the programme; nothing for anybody else."""
    if person_in_programme(request) is None:
        return ""
    shown_page = urlsplit(request.headers.get("HX-Current-URL", "")).path
    rooms = (reverse("distribution:dashboard"), reverse("payouts:list"))
    return render_to_string(
        "distribution/promote_tab.html", {"is_here": shown_page.startswith(rooms)}
    )


def own_price(request: HttpRequest) -> str:
    """On a product's page, what a distributor who buys for themselves pays for one piece."""
    if not request.user.is_authenticated:
        return ""
    slug = _shown_product(request)
    discount = own_discount_of(request.user.pk) if slug else None
    if discount is None:
        return ""
    price_from = Product.objects.filter(slug=slug).values_list("price_from", flat=True).first()
    if not price_from:
        return ""
    context = {"price": price_for_oneself(price_from, discount)}
    return render_to_string("distribution/own_price.html", context)


def _shown_product(request: HttpRequest) -> str | None:
    """The slug of the product whose page asks for this fragment."""
    try:
        match = resolve(unquote(urlsplit(request.headers.get("HX-Current-URL", "")).path))
    except Resolver404:
        return None
    return match.kwargs["slug"] if match.view_name == "catalog:product" else None


def person_in_programme(request: HttpRequest) -> Distributor | None:
    """Who is in front of the page, if they are in the programme: one query for all parts."""
    if not request.user.is_authenticated:
        return None
    if not hasattr(request, "person_in_programme"):
        found = Distributor.objects.filter(pk=request.user.pk, status__in=IN_PROGRAMME)
        request.person_in_programme = found.first()  # type: ignore[attr-defined]  # kept for the next part
    return request.person_in_programme  # type: ignore[attr-defined]  # set above
