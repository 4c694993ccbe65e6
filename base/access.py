"""Access policies: every view carries exactly one, and a test walks the URLs to see it.

`public` anybody · `member` signed in · `staff` works in the back office. Rooms above add their
own with `policy` (the distribution room has `distributor`). Denied is the default: a view
without a policy fails the conventions test.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from base.accounts.models import User

View = Callable[..., HttpResponseBase]


class MemberRequest(HttpRequest):
    """What a view behind `member` is given: somebody is signed in."""

    user: "User"


def policy(
    name: str, check: Callable[[HttpRequest], HttpResponseBase | None]
) -> Callable[[View], View]:
    """Make a decorator that lets the view run only when `check` returns None.

    `check` may return a response instead (a redirect), or raise PermissionDenied.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal = check(request)
            return view(request, *args, **kwargs) if refusal is None else refusal

        guarded.access_policy = name  # type: ignore[attr-defined]  # read by the conventions test
        return guarded

    return decorate


def _anybody(request: HttpRequest) -> None:
    return None


def signed_in(request: HttpRequest) -> HttpResponseBase | None:
    """The check of `member`, for the policies of rooms above to begin with."""
    if request.user.is_authenticated:
        return None
    back = request.get_full_path() if request.method == "GET" else "/"
    return redirect_to_login(back)


def _staff(request: HttpRequest) -> HttpResponseBase | None:
    refusal = signed_in(request)
    if refusal is None and not request.user.is_staff:
        raise PermissionDenied(_("只有商家后台人员可以打开此页。"))
    return refusal


public = policy("public", _anybody)
member = policy("member", signed_in)
staff = policy("staff", _staff)


def same_origin(view: View) -> View:
    """Accept a POST without a CSRF token when the browser says it comes from our own pages.

    For forms on pages that are the same for every guest and therefore cached: a token in them
    would be somebody else's. Browsers send Origin with every POST (Fetch standard, "append a
    request Origin header"); a request without it, or with another host's, is refused.
    Use outermost, above the access policy.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            origin = urlsplit(request.headers.get("Origin", ""))
            if not origin.netloc or origin.netloc != request.get_host():
                raise PermissionDenied(_("请求来源不明，请回到商城页面重试。"))
        return view(request, *args, **kwargs)

    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # Django's own marker
    return guarded
