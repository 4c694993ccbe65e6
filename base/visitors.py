"""A guest's own number, kept in a signed cookie, so that a cart and a referral survive sign-in.

The cookie is set only when something must be remembered; a guest who just looks gets none,
and the pages stay the same for everybody.
"""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "visitor"
KEEP_SECONDS = 400 * 24 * 3600  # browsers allow no more


def visitor_of(request: HttpRequest) -> uuid.UUID | None:
    """The guest's number if the browser holds one that we signed."""
    value = request.get_signed_cookie(COOKIE, default=None, salt=COOKIE)
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


def remember_visitor(request: HttpRequest) -> uuid.UUID:
    """The guest's number; a new one is set on the response by the middleware."""
    known = getattr(request, "new_visitor", None) or visitor_of(request)
    if known is None:
        known = uuid.uuid4()
        request.new_visitor = known  # type: ignore[attr-defined]  # read by the middleware below
    return known


class VisitorMiddleware:
    """Sets the cookie for a visitor made during the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        new = getattr(request, "new_visitor", None)
        if new is not None:
            response.set_signed_cookie(
                COOKIE,
                str(new),
                salt=COOKIE,
                max_age=KEEP_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=settings.SECURE,
            )
        return response
