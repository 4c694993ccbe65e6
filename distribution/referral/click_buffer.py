"""Clicks on their way into the table: a short list in Redis, one round trip for the page.

A page waits for Redis at most a moment and never for the table. Without Redis, with a full list
or after a crash clicks are lost, and with them figures; whom somebody is bound to never depends
on it (`distribution.referral.trail`). The list is emptied by beat in bulk.

Floods stop here: one visitor, or one address, is counted only so often within an hour. What is
counted is enough to be noticed as a flood (`distribution.risk`).
"""

import json
import logging
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings
from django.db import DatabaseError, transaction

from base.accounts.models import User
from distribution.models import Click, Distributor, Link, Trace

logger = logging.getLogger(__name__)

QUEUE = "clicks:waiting"
MOST_WAITING = 50_000
CHUNK = 1000
PER_VISITOR = 60
PER_ADDRESS = 600
WINDOW_SECONDS = 3600
SECONDS_TO_ANSWER = 0.2
SECONDS_OF_REST = 5

# One round trip: count, and add to the list unless it is a flood or the list is full.
ADD = """
local window = tonumber(ARGV[2])
for i = 2, 3 do
    local count = redis.call('INCR', KEYS[i])
    if count == 1 then redis.call('EXPIRE', KEYS[i], window) end
    if count > tonumber(ARGV[i + 1]) then return 0 end
end
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[5]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
return 1
"""


@dataclass(frozen=True)
class Visit:
    """A click as it waits. `ip` is the hex of a keyed digest, never an address; empty if unknown."""

    visitor: str
    distributor: int
    link: int | None
    user: int | None
    path: str
    at: str
    ip: str


class _Rest:
    """After a failure the next seconds' pages do not even ask."""

    until = 0.0


@cache
def _server() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=SECONDS_TO_ANSWER,
        socket_connect_timeout=SECONDS_TO_ANSWER,
    )


def add_click(visit: Visit) -> bool:
    """Put a click on the list. False when it is one of a flood, or there is no room or no Redis."""
    if time.monotonic() < _Rest.until:
        return False
    hour = int(time.time() // WINDOW_SECONDS)
    keys = [
        QUEUE,
        f"clicks:by:{visit.visitor}:{hour}",
        f"clicks:from:{visit.ip or visit.visitor}:{hour}",
    ]
    values: list[str | int] = [
        json.dumps(asdict(visit)),
        WINDOW_SECONDS,
        PER_VISITOR,
        PER_ADDRESS,
        MOST_WAITING,
    ]
    try:
        return bool(_server().eval(ADD, len(keys), *keys, *values))
    except redis.RedisError:
        _Rest.until = time.monotonic() + SECONDS_OF_REST
        logger.warning("no Redis to count clicks in; they are lost for a while")
        return False


def flush_clicks() -> int:
    """Move what waits into the table, a thousand at a time. Returns how many rows were made.

    Taken off the list first, so that two at once never count a click twice; a chunk that cannot
    be written is lost, said so in the log, and never in the way of the next.
    """
    total = 0
    try:
        while taken := _server().lpop(QUEUE, CHUNK):
            total += _write([json.loads(text) for text in cast(list[bytes], taken)])
    except redis.RedisError:
        logger.warning("no Redis to take clicks from")
    return total


def _write(visits: list[dict[str, Any]]) -> int:
    try:
        with transaction.atomic():
            rows = list(_rows(visits))
            Click.objects.bulk_create(rows)
            return len(rows)
    except DatabaseError:
        logger.exception("%d clicks could not be written and are lost", len(visits))
        return 0


def _rows(visits: list[dict[str, Any]]) -> Iterable[Click]:
    """The rows, without those of distributors that are gone. A guest who has signed in meanwhile
    is who they turned out to be."""
    distributors = _known(Distributor, visits, "distributor")
    links, users = _known(Link, visits, "link"), _known(User, visits, "user")
    visitors = {visit["visitor"] for visit in visits if visit["user"] is None}
    members = dict(
        Trace.objects.filter(visitor__in=visitors)
        .order_by("decided_at")
        .values_list("visitor", "member")
    )
    for visit in visits:
        if visit["distributor"] not in distributors:
            continue
        visitor = uuid.UUID(visit["visitor"])
        yield Click(
            visitor=visitor,
            user_id=visit["user"] if visit["user"] in users else members.get(visitor),
            distributor_id=visit["distributor"],
            link_id=visit["link"] if visit["link"] in links else None,
            path=visit["path"],
            at=datetime.fromisoformat(visit["at"]),
            ip_digest=bytes.fromhex(visit["ip"]) or None,
        )


def _known(model: Any, visits: list[dict[str, Any]], name: str) -> set[int]:
    wanted = {visit[name] for visit in visits if visit[name] is not None}
    return (
        set(model.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    )
