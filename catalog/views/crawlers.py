"""What search engines and home screens read."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from base.access import public
from base.pages import shared_page, shop_identity
from catalog.listing import Shelves, for_sale

PER_SITEMAP = 5000


@public
@require_safe
@shared_page
def manifest(request: HttpRequest) -> HttpResponse:
    name = shop_identity(request)["shop_name"]
    icon = {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    return JsonResponse(
        {
            "name": name,
            "short_name": name,
            "start_url": reverse("catalog:home"),
            "display": "standalone",
            "background_color": "#f5f5f4",
            "theme_color": "#c2410c",
            "icons": [icon],
        },
        content_type="application/manifest+json",
    )


@public
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For those that ask for it by its old name."""
    return redirect(static("icon.svg"), permanent=True)


@public
@require_safe
@shared_page
def robots(request: HttpRequest) -> HttpResponse:
    context = {"sitemap": settings.BASE_URL + reverse("catalog:sitemap_index")}
    return render(request, "catalog/robots.txt", context, content_type="text/plain")


@public
@require_safe
@shared_page
def sitemap_index(request: HttpRequest) -> HttpResponse:
    parts = -(-for_sale().count() // PER_SITEMAP)
    sections = ["pages", *(f"products-{part}" for part in range(1, parts + 1))]
    locations = [settings.BASE_URL + reverse("catalog:sitemap", args=[name]) for name in sections]
    return _xml(request, "sitemap_index", {"locations": locations})


@public
@require_safe
@shared_page
def sitemap(request: HttpRequest, section: str) -> HttpResponse:
    """`pages`: home and categories; `products-1` and on: so many products each, by key."""
    if section == "pages":
        shelves = Shelves().shown()
        names: list[tuple[str, list[str]]] = [("catalog:home", []), ("catalog:categories", [])]
        names += [("catalog:category", [shelf.slug]) for shelf in shelves]
    else:
        kind, _, part = section.partition("-")
        if kind != "products" or not part.isdecimal() or not 0 < int(part) < 10_000:
            raise Http404
        end = int(part) * PER_SITEMAP
        slugs = for_sale().order_by("pk").values_list("slug", flat=True)[end - PER_SITEMAP : end]
        names = [("catalog:product", [slug]) for slug in slugs]
        if not names:
            raise Http404
    return _xml(request, "sitemap", {"pages": [_both_languages(*name) for name in names]})


def _both_languages(name: str, args: list[str]) -> dict[str, str]:
    addresses = {}
    for language in ("zh-hans", "en"):
        with override(language):
            addresses[language] = settings.BASE_URL + reverse(name, args=args)
    return {"zh": addresses["zh-hans"], "en": addresses["en"]}


def _xml(request: HttpRequest, name: str, context: dict[str, object]) -> HttpResponse:
    return render(request, f"catalog/{name}.xml", context, content_type="application/xml")
