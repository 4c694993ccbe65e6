"""Where somebody was seen: browser and network address, as keyed digests, at sign-in and whenever
they send something (an order, a payment, an application), at most once an hour from the same place."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from redis import RedisError

from base.accounts.models import User
from base.digests import keyed_digest
from base.visitors import is_snapshot, remember_visitor, visitor_of
from distribution.referral.clicks import address_of
from distribution.risk.models import Footprint

AGAIN_SECONDS = 3600
PRUNE_CHUNK = 20_000


def note_footprints(user: User, seen: Mapping[Footprint.Kind, str], *, at: datetime) -> None:
    """Remember digests of these texts for a user; empty ones are left out. One statement."""
    rows = [(kind, keyed_digest(kind, text)) for kind, text in seen.items() if text]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO risk_footprint (user_id, kind, digest, first_at, last_at)
            SELECT %s, seen.kind, seen.digest, %s, %s
            FROM unnest(%s::text[], %s::bytea[]) AS seen(kind, digest)
            ON CONFLICT (user_id, kind, digest) DO UPDATE
            SET last_at = greatest(risk_footprint.last_at, excluded.last_at)
            """,
            [user.pk, at, at, [str(k) for k, _ in rows], [digest for _, digest in rows]],
        )


def note_visit(request: HttpRequest, user: User) -> None:
    """The browser and the address this request comes from."""
    if is_snapshot(request):
        return
    seen = {
        Footprint.Kind.VISITOR: remember_visitor(request).hex,
        Footprint.Kind.IP: address_of(request),
    }
    note_footprints(user, seen, at=timezone.now())


def prune_footprints(at: datetime) -> int:
    """Forget what has not been seen for RISK_KEEP_DAYS. Returns how many."""
    oldest = at - timedelta(days=settings.RISK_KEEP_DAYS)
    total = 0
    while True:
        old = Footprint.objects.filter(last_at__lt=oldest).values("pk")[:PRUNE_CHUNK]
        count, _ = Footprint.objects.filter(pk__in=old).delete()
        if not count:
            return total
        total += count


class FootprintMiddleware:
    """Notes where a member sends something from; pages that are only read cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if request.method == "POST" else None
        if isinstance(user, User) and _is_first_for_a_while(request, user):
            note_visit(request, user)
        return self.get_response(request)


def _is_first_for_a_while(request: HttpRequest, user: User) -> bool:
    """Whether this person was not noted from here within the hour. Without a cache nobody is: the
    page matters more."""
    here = f"{user.pk}:{visitor_of(request)}:{address_of(request)}"
    try:
        return cache.add(f"footprint:{keyed_digest('here', here).hex()}", 1, AGAIN_SECONDS)
    except RedisError:
        return False
