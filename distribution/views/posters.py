"""Posters: choosing one, and its picture. Only a distributor's own, reached from their page."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.http import parse_etags
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.accounts.limits import TooOften
from catalog.listing import SORTS, for_cards, for_sale
from catalog.models import Product
from distribution.access import distributor, distributor_of
from distribution.forms import PosterForm
from distribution.models import Distributor, Link
from distribution.sharing.poster_layouts import Layout
from distribution.sharing.posters import (
    CannotDraw,
    default_line,
    has_drawn_too_many,
    picture_of,
    poster_of,
    product_for_poster,
    require_posters,
)

OFFERED = 8
LINKS_OFFERED = 50


@distributor
@never_cache
@require_safe
def posters(request: HttpRequest) -> HttpResponse:
    """`?product=&layout=&link=&line=`: the poster, and everything about it that can be changed.
    Without a product: which one, or the shop's card."""
    person = distributor_of(request)
    form = PosterForm(request.GET)
    form.is_valid()
    product, link, layout, line = _asked(person, form.cleaned_data)
    context: dict[str, Any] = {
        "tab": "promote",
        "distributor": person,
        "form": form,
        "product": product,
        "layout": layout,
        "layouts": [choice for choice in Layout if product or choice == Layout.SHOP],
        "link": link,
        "links": list(person.links.filter(archived_at=None).order_by("-pk")[:LINKS_OFFERED]),
        "line": line,
        "default_line": default_line(layout),
        "has_drawn_too_many": has_drawn_too_many(person),
    }
    try:
        require_posters(person)
    except CannotDraw as refusal:
        context["refusal"] = str(refusal)
    if product is None:
        context["products"] = list(for_cards(for_sale().order_by(*SORTS["sold"][1]))[:OFFERED])
    return render(request, "distribution/posters.html", context)


@distributor
@require_safe
def poster(request: HttpRequest, layout: str) -> HttpResponse:
    """The picture. Browsers keep it and ask whether it is still the same: what it says may change."""
    if layout not in Layout.values:
        raise Http404
    person = distributor_of(request)
    form = PosterForm(request.GET)
    form.is_valid()
    product, link, _layout, line = _asked(person, form.cleaned_data)
    if request.GET.get("product") and product is None:
        raise Http404
    try:
        made = poster_of(person, Layout(layout), product=product, link=link, line=line)
    except CannotDraw as refusal:
        raise PermissionDenied(str(refusal)) from None
    tag = f'"{made.key}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponse = HttpResponseNotModified()
    else:
        try:
            picture = picture_of(made)
        except TooOften as refusal:
            waiting = {"Retry-After": str(refusal.seconds), "Cache-Control": "no-store"}
            return HttpResponse(str(refusal), status=429, headers=waiting)
        response = HttpResponse(picture, content_type="image/jpeg")
        response.headers["Content-Disposition"] = f'inline; filename="poster-{layout}.jpg"'
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _asked(
    person: Distributor, wanted: dict[str, Any]
) -> tuple[Product | None, Link | None, Layout, str]:
    """What the query asks for; a code that is not theirs is their personal one."""
    product = product_for_poster(wanted.get("product"))
    code = wanted.get("link", "")
    link = person.links.filter(code=code).first() if code and code != person.code else None
    usual = Layout.PORTRAIT if product else Layout.SHOP
    layout = Layout(wanted.get("layout") or usual)
    if product is None:
        layout = Layout.SHOP
    return product, link, layout, wanted.get("line", "")
