"""A guest's own number, kept in a signed cookie, so that a cart and a referral survive sign-in.

The cookie is set only when something must be remembered; a guest who just looks gets none,
and the pages stay the same for everybody.

A WeChat snapshot page (快照页) shows the shop to somebody who has agreed to nothing yet: WeChat
itself is the visitor, under a made-up identity. Whoever learns of it from WeChat's sign-in
(`is_snapshotuser`) calls `mark_snapshot`; from then on nothing is recognised from that browser
until it comes with a real identity (`clear_snapshot`), or a day has passed.
"""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "visitor"
KEEP_SECONDS = 400 * 24 * 3600  # browsers allow no more
SNAPSHOT_COOKIE = "snapshot"
SNAPSHOT_SECONDS = 24 * 3600


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


def mark_snapshot(request: HttpRequest) -> None:
    """WeChat says that this visitor is a snapshot: nobody who could be recognised."""
    request.snapshot = True  # type: ignore[attr-defined]  # read by the middleware below


def clear_snapshot(request: HttpRequest) -> None:
    """The visitor has agreed to be known: a person again."""
    request.snapshot = False  # type: ignore[attr-defined]  # read by the middleware below


def is_snapshot(request: HttpRequest) -> bool:
    marked = getattr(request, "snapshot", None)
    return request.COOKIES.get(SNAPSHOT_COOKIE) == "1" if marked is None else bool(marked)


def set_cookie(response: HttpResponse, name: str, value: str, *, seconds: int) -> None:
    """A cookie that we signed, for the server's eyes only."""
    response.set_signed_cookie(
        name,
        value,
        salt=name,
        max_age=seconds,
        httponly=True,
        samesite="Lax",
        secure=settings.SECURE,
    )


class VisitorMiddleware:
    """Sets the cookies for what was learned about the visitor during the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        new = getattr(request, "new_visitor", None)
        if new is not None:
            set_cookie(response, COOKIE, str(new), seconds=KEEP_SECONDS)
        snapshot = getattr(request, "snapshot", None)
        if snapshot:
            # Unsigned: whoever forges it only keeps themselves from being recognised.
            response.set_cookie(
                SNAPSHOT_COOKIE,
                "1",
                max_age=SNAPSHOT_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=settings.SECURE,
            )
        elif snapshot is False:
            response.delete_cookie(SNAPSHOT_COOKIE, samesite="Lax")
        return response
