"""The pages a guest looks at: the same for everybody, so caches may keep them."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from base.access import public
from base.pages import page_of, shared_page
from catalog.forms import ProductFilter
from catalog.listing import SORTS, Shelves, for_cards, for_sale, has_stock
from catalog.models import Product
from catalog.parts import product_parts
from catalog.search import LONGEST_QUERY, find_products, find_similar, mark_named
from catalog.structured import breadcrumbs_data, product_data

PER_PAGE = 24
HEROES = 3
ON_HOME = 8
RELATED = 8
FEW = 500


@public
@require_safe
@shared_page
def home(request: HttpRequest) -> HttpResponse:
    available = for_cards(for_sale().filter(has_stock()))
    best = list(available.order_by(*SORTS[""][1])[: HEROES + ON_HOME])
    context = {
        "tab": "home",
        "shelves": Shelves().top,
        "heroes": best[:HEROES],
        "hot": best[HEROES:],
        "fresh": available.order_by(*SORTS["new"][1])[:ON_HOME],
    }
    return render(request, "catalog/home.html", context)


@public
@require_safe
@shared_page
def categories(request: HttpRequest) -> HttpResponse:
    return render(
        request, "catalog/categories.html", {"tab": "categories", "shelves": Shelves().top}
    )


@public
@require_safe
@shared_page
def category(request: HttpRequest, slug: str) -> HttpResponse:
    shelves = Shelves()
    shelf = shelves.find(slug)
    if shelf is None:
        raise Http404
    listing = _listing(request, for_sale().filter(category__in=shelf.ids()))
    trail = shelves.trail(shelf.category.path)
    context = {"tab": "categories", "shelf": shelf, "trail": trail, **listing}
    return render(request, "catalog/category.html", context)


@public
@require_safe
@shared_page
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    if not words:
        return redirect("catalog:categories")
    found = find_products(for_sale(), words)
    # Those that are called so come first, as long as they are few enough to look through.
    if found[: FEW + 1].count() <= FEW:
        listing = _listing(request, mark_named(found, words), first=("-named",))
    else:
        listing = _listing(request, found)
    context = {"search_words": words, **listing}
    if not listing["page"].object_list and not listing["filters"].is_narrow:
        context |= _suggestions(words)
    return render(request, "catalog/search.html", context)


@public
@require_safe
@shared_page
def product(request: HttpRequest, slug: str) -> HttpResponse:
    item = get_object_or_404(for_sale().select_related("category"), slug=slug)
    variants = [variant for variant in item.variants.all() if variant.is_active]
    pictures = [image.picture for image in item.images.all()]
    shelves = Shelves()
    trail = shelves.trail(item.category.path)
    chosen = next((variant for variant in variants if variant.stock > 0), None)
    context = {
        "product": item,
        "variants": variants,
        "chosen": chosen or next(iter(variants), None),
        "in_stock": chosen is not None,
        "pictures": pictures,
        "trail": trail,
        "one_price": len({variant.price for variant in variants}) == 1,
        "parts": [part(item) for part in product_parts.values()],
        "related": _related(item, shelves),
        "structured": [product_data(item, variants, pictures), breadcrumbs_data(trail, item)],
    }
    return render(request, "catalog/product.html", context)


def _related(item: Product, shelves: Shelves) -> list[Product]:
    """Others of its category, then of the whole shelf it stands on."""
    others = for_cards(for_sale().exclude(pk=item.pk).order_by(*SORTS[""][1]))
    related = list(others.filter(category=item.category_id)[:RELATED])
    near = set(shelves.ids_around(item.category)) - {item.category_id}
    return related + list(others.filter(category__in=near)[: RELATED - len(related)])


def _suggestions(words: str) -> dict[str, Any]:
    """For an empty result: what has a part of the words, else what sells best."""
    similar = list(for_cards(find_similar(for_sale(), words, RELATED)))
    best = for_cards(for_sale().order_by(*SORTS["sold"][1]))
    return {"suggestions": similar or best[:RELATED], "are_similar": bool(similar)}


def _listing(
    request: HttpRequest, products: QuerySet[Product], first: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Filter, order and page as the query asks; `first` leads the default order."""
    filters = ProductFilter(request.GET)
    wanted = filters.wanted()
    if wanted["lowest"] is not None:
        products = products.filter(price_from__gte=wanted["lowest"])
    if wanted["highest"] is not None:
        products = products.filter(price_from__lte=wanted["highest"])
    if wanted["in_stock"]:
        products = products.filter(has_stock())
    order = SORTS[wanted["sort"]][1]
    ordered = products.order_by(*(order if wanted["sort"] else (*first, *order)))
    return {"page": page_of(request, for_cards(ordered), PER_PAGE), "filters": filters}
