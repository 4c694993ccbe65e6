"""What pages have in common: the shop's identity, and pages every guest may share."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import translate_url
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.utils.encoding import escape_uri_path
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page

SHARED_SECONDS = 60
MOST_PAGES = 100

# What a page adds for the person in front of it: each returns HTML of out-of-band elements
# (hx-swap-oob) for the fragment `orders:personal`. Filled by the rooms in `AppConfig.ready`.
PersonalPart = Callable[[HttpRequest], str]
personal_parts: dict[str, PersonalPart] = {}


def shop_name() -> str:
    """The shop's name in the reader's language."""
    return settings.SHOP_NAME_EN if get_language() == "en" else settings.SHOP_NAME


def shop_identity(request: HttpRequest) -> dict[str, Any]:
    """Template context: the shop's name in the reader's language, the page's public addresses."""
    path = escape_uri_path(request.path)
    return {
        "shop_name": shop_name(),
        "icp_number": settings.ICP_NUMBER,
        "is_sandbox": settings.SANDBOX,
        "is_shared_page": getattr(request, "is_shared_page", False),
        "base_url": settings.BASE_URL,
        "wechat_sdk": settings.WECHAT_JSSDK_URL if settings.WECHAT_APP_ID else "",
        "page_path": path,
        "path_zh": translate_url(path, "zh-hans"),
        "path_en": translate_url(path, "en"),
    }


def shared_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page is the same for every guest: caches may keep it for a minute, and by its ETag.

    The view must not read the session, the user or a CSRF token; what is personal comes by the
    fragment `orders:personal`. So there is no secret in it that its compressed length could betray
    (BREACH), and it goes out compressed also where no proxy would do that; other pages do not.
    """

    @wraps(view)
    def cacheable(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.is_shared_page = True  # type: ignore[attr-defined]  # read by shop_identity
        response = view(request, *args, **kwargs)
        if response.status_code != 200:
            return response
        patch_cache_control(response, public=True, max_age=SHARED_SECONDS)
        set_response_etag(response)
        tag = response["ETag"]
        return get_conditional_response(request, etag=tag, response=response) or response

    return gzip_page(cacheable)


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page instead of the whole."""
    return bool(getattr(request, "htmx", False))


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], per_page: int) -> Page[Any]:
    """The page that `?page=` asks for (the nearest that exists), with `near`: numbers to offer.

    At most MOST_PAGES are counted and offered, so that a list of millions costs no more.
    In `near`, 0 stands for a gap.
    """
    paginator = Paginator(rows[: per_page * MOST_PAGES], per_page)
    asked = request.GET.get("page", "")
    page = paginator.get_page(asked if asked.isdecimal() and asked.strip("0") else 1)
    elided = paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    page.near = [number if isinstance(number, int) else 0 for number in elided]  # type: ignore[attr-defined]  # for components/pagination.html
    return page


class LanguageMiddleware(LocaleMiddleware):
    """The language stands in the address and is never guessed from the browser, so no page varies
    by Accept-Language: one copy in a cache serves everybody."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", get_language() or settings.LANGUAGE_CODE)
        return response


class PlainPathMiddleware:
    """Nothing has a NUL in its name, and the database refuses to look for one, in a path or in a
    question: no such page, unless the view knew better."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        asked = [value for _name, values in request.GET.lists() for value in values]
        if any("\x00" in text for text in [request.path, *asked]):
            raise Http404 from exception
