"""How often something may be tried, counted in the cache that all web processes share.

Counted in windows of a fixed length; counting is one atomic step, so that many attempts at
once cannot slip through together.
"""

import hashlib
import math
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.errors import DomainError

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@dataclass(frozen=True)
class Limit:
    """At most `amount` times in `seconds` for one key."""

    action: str
    amount: int
    seconds: int


class TooOften(DomainError):
    """Wait `seconds`; the message says so, in the words of `text` if it is given."""

    def __init__(self, seconds: float, text: str = "") -> None:
        self.seconds = max(1, math.ceil(seconds))
        text = text or _("操作太频繁，请 %(time)s后再试。")
        super().__init__(text % {"time": spoken(self.seconds)})


def consume(limit: Limit, key: str) -> None:
    """Count one attempt; raises TooOften when it is one too many."""
    now = time.time()
    place = _place(limit, key, now)
    cache.add(place, 0, timeout=limit.seconds + MINUTE)
    try:
        count = cache.incr(place)
    except ValueError:  # it went out between the two lines
        cache.set(place, 1, timeout=limit.seconds + MINUTE)
        count = 1
    if count > limit.amount:
        raise TooOften(limit.seconds - now % limit.seconds)


def is_used_up(limit: Limit, key: str) -> bool:
    """Whether the next attempt would be one too many."""
    return int(cache.get(_place(limit, key, time.time()), 0)) >= limit.amount


def give_back(limit: Limit, key: str) -> None:
    """Uncount an attempt that turned out to be none (a right password)."""
    try:
        cache.decr(_place(limit, key, time.time()))
    except ValueError:
        pass  # its window is over


def _place(limit: Limit, key: str, now: float) -> str:
    window = int(now // limit.seconds)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"limit:{limit.action}:{limit.seconds}:{window}:{digest}"


def spoken(seconds: int) -> str:
    """A waiting time as people say it, rounded up."""
    if seconds < 2 * MINUTE:
        return ngettext("%(n)d 秒", "%(n)d 秒", seconds) % {"n": seconds}
    if seconds < 2 * HOUR:
        minutes = math.ceil(seconds / MINUTE)
        return ngettext("%(n)d 分钟", "%(n)d 分钟", minutes) % {"n": minutes}
    hours = math.ceil(seconds / HOUR)
    return ngettext("%(n)d 小时", "%(n)d 小时", hours) % {"n": hours}
