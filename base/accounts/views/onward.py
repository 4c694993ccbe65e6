"""Where a visitor wanted to go before we asked who they are."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def next_url(request: HttpRequest) -> str:
    """`?next=` when it leads to a page of this shop, else ""."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # A bare word would be taken for the name of a route.
    return wanted if is_ours and wanted.startswith(("/", "http")) else ""


def with_next(route: str, wanted: str) -> str:
    """The address of a route that carries on where the visitor wanted to go."""
    return reverse(route) + (f"?{urlencode({'next': wanted})}" if wanted else "")
