"""The links a guest followed, carried by their own browser in a signed cookie.

What decides a binding does not wait in a buffer: the cookie itself says which links were opened
and when, and at sign-in it becomes rows of the member's timeline, in the transaction that binds.
Click rows are for counting; losing them loses figures, never a binding.

Kept are the first and the last of every run of the same link, which is all that any mode of
binding can ask for; of more than MOST runs' ends the middle goes, so that the first and the
latest stay. Times are whole milliseconds.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse

from base.visitors import KEEP_SECONDS, set_cookie
from distribution.models import Distributor, Link
from distribution.referral.traces import Kind, Sign

COOKIE = "referral"
MOST = 16
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
STEP = re.compile(r"([0-9a-z]{1,12})-([0-9a-z]{0,12})-([0-9a-z]{1,12})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """A link was opened: whose, which (None: the personal one), and when."""

    distributor_id: int
    link_id: int | None
    at: datetime

    def is_same_link(self, other: "Step") -> bool:
        return (self.distributor_id, self.link_id) == (other.distributor_id, other.link_id)


def trail_of(request: HttpRequest) -> list[Step]:
    """The steps this browser has taken, the earliest first; none from a cookie that we did
    not sign, or that no browser would keep so long."""
    new: list[Step] | None = getattr(request, "new_trail", None)
    if new is not None:
        return new
    text = request.get_signed_cookie(COOKIE, default="", salt=COOKIE, max_age=KEEP_SECONDS) or ""
    return [_step(*found.groups()) for found in STEP.finditer(text)]


def remember_step(request: HttpRequest, step: Step) -> None:
    """Add a step to what the browser carries; the middleware sets the cookie."""
    request.new_trail = shortened([*trail_of(request), step])  # type: ignore[attr-defined]  # read by write_trail


def forget_trail(request: HttpRequest) -> None:
    """It has become rows of somebody's timeline: the next person at this browser starts anew."""
    request.new_trail = []  # type: ignore[attr-defined]  # read by write_trail


def write_trail(request: HttpRequest, response: HttpResponse) -> None:
    """Give the browser what changed during the request."""
    new: list[Step] | None = getattr(request, "new_trail", None)
    if new:
        text = ".".join(_text(step) for step in new)
        set_cookie(response, COOKIE, text, seconds=KEEP_SECONDS)
    elif new is not None and COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, samesite="Lax")


def shortened(steps: Sequence[Step]) -> list[Step]:
    """The ends of every run of the same link, and at most MOST of them."""
    kept: list[Step] = []
    for step in steps:
        goes_on = len(kept) > 1 and kept[-1].is_same_link(step) and kept[-2].is_same_link(step)
        if goes_on:
            kept.pop()
        kept.append(step)
    over = len(kept) - MOST
    return kept[: MOST // 2] + kept[MOST // 2 + over :] if over > 0 else kept


def signs_of(steps: Sequence[Step], visitor: uuid.UUID | None) -> list[Sign]:
    """The steps as signs; those of distributors who are no more are left out. Two queries."""
    distributors = Distributor.objects.in_bulk({step.distributor_id for step in steps})
    links = Link.objects.in_bulk({step.link_id for step in steps if step.link_id})
    signs = []
    for step in steps:
        distributor = distributors.get(step.distributor_id)
        link = links.get(step.link_id) if step.link_id else None
        if distributor is not None:
            kind = Kind.LINK if link else Kind.CLICK
            signs.append(Sign(distributor, step.at, kind, link, visitor))
    return signs


def _text(step: Step) -> str:
    milliseconds = (step.at - EPOCH) // timedelta(milliseconds=1)
    link = _short(step.link_id) if step.link_id else ""
    return f"{_short(step.distributor_id)}-{link}-{_short(milliseconds)}"


def _step(distributor: str, link: str, at: str) -> Step:
    when = EPOCH + timedelta(milliseconds=int(at, 36))
    return Step(int(distributor, 36), int(link, 36) if link else None, when)


def _short(number: int) -> str:
    """Written with 36 digits."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"
