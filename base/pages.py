"""What pages have in common: the shop's identity, and pages every guest may share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language

SHARED_SECONDS = 60


def shop_identity(request: HttpRequest) -> dict[str, Any]:
    """Template context: the shop's name in the reader's language, ICP number, demo or not."""
    english = get_language() == "en"
    return {
        "shop_name": settings.SHOP_NAME_EN if english else settings.SHOP_NAME,
        "icp_number": settings.ICP_NUMBER,
        "is_sandbox": settings.SANDBOX,
    }


def shared_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page is the same for every guest: caches may keep it for a minute, and by its ETag.

    The view must not read the session, the user or a CSRF token; what is personal comes by the
    fragment `orders:personal`.
    """

    @wraps(view)
    def cacheable(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 200:
            patch_cache_control(response, public=True, max_age=SHARED_SECONDS)
        return response

    return cacheable
