"""The selection of goods: keeping and dropping products, the page of it, and the public shelf."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import public
from base.errors import DomainError
from base.filters import file_name
from base.pages import is_part, page_of, shared_page
from base.tables import csv_response, is_table
from catalog.models import Product
from distribution.access import distributor, distributor_of
from distribution.desk.own_tables import pick_header, pick_rows
from distribution.desk.team import masked_name
from distribution.forms import SelectionFilter
from distribution.programme.people import hide_earnings
from distribution.sharing.selection import pick, shelf_of, shown_picks, unpick

PER_PAGE = 24


@distributor
@never_cache
@require_safe
def selection(request: HttpRequest) -> HttpResponseBase:
    person = distributor_of(request)
    filters = SelectionFilter(request.GET)
    rows = shown_picks(person, at=timezone.now(), **filters.wanted())
    if is_table(request, filters):
        return csv_response(
            file_name(_("选品库"), filters), pick_header(), pick_rows(rows, person.code)
        )
    context = {
        "tab": "promote",
        "distributor": person,
        "hides": person.hides_earnings,
        "filters": filters,
        "page": page_of(request, rows, PER_PAGE),
    }
    return render(request, "distribution/selection.html", context)


@distributor
@require_POST
def picking(request: HttpRequest, product: int) -> HttpResponse:
    """Keep a product."""
    item = get_object_or_404(Product, pk=product)
    try:
        pick(distributor_of(request), item)
    except DomainError as refusal:
        return _answer(request, item, is_picked=False, refusal=str(refusal))
    return _answer(request, item, is_picked=True)


@distributor
@require_POST
def removal(request: HttpRequest, product: int) -> HttpResponse:
    """Keep it no longer."""
    item = get_object_or_404(Product, pk=product)
    unpick(distributor_of(request), item)
    return _answer(request, item, is_picked=False)


def _answer(
    request: HttpRequest, product: Product, *, is_picked: bool, refusal: str = ""
) -> HttpResponse:
    """The button in its new state; without script, the selection with a sentence."""
    if is_part(request):
        context = {"product": product.pk, "picked": is_picked, "refusal": refusal}
        return render(request, "distribution/pick_button.html", context)
    if refusal:
        messages.error(request, refusal)
    elif is_picked:
        messages.success(request, _("“%(name)s”已选入。") % {"name": product.title})
    else:
        messages.success(request, _("“%(name)s”已移出。") % {"name": product.title})
    return redirect("distribution:selection")


@distributor
@require_POST
def shown_earnings(request: HttpRequest) -> HttpResponse:
    """Show 分享赚 on goods, or hide it while somebody looks at the screen."""
    hide_earnings(distributor_of(request), request.POST.get("hide") == "1")
    if is_part(request):
        response = HttpResponse(status=204)
        response.headers["HX-Trigger"] = "shares-changed"
        return response
    return redirect("distribution:selection")


@public
@require_safe
@shared_page
def shelf(request: HttpRequest, code: str) -> HttpResponse:
    """A distributor's picks for everybody, under their code; the same for every guest."""
    found = shelf_of(code)
    if found is None:
        raise Http404
    person, products = found
    context = {
        "owner": masked_name(person.user),
        "code": person.code,
        "page": page_of(request, products, PER_PAGE),
    }
    return render(request, "distribution/shelf.html", context)
