"""Recognising a referral: `?r=CODE` on any page, and `/r/CODE/`.

A click is counted through a buffer (`click_buffer`); what may bind is carried by the guest's
browser (`trail`) and judged when they sign in, a member's at once (`recognition`). People are
recognised, machines are not: crawlers, link previews, prefetches, hidden pictures and frames and
WeChat's snapshots leave nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from base.accounts.models import User
from base.clock import beijing_date, day_end, day_start
from base.digests import keyed_digest
from base.visitors import is_snapshot, remember_visitor, visitor_of
from distribution.models import Click, Distributor, Link
from distribution.referral.click_buffer import Visit, add_click
from distribution.referral.links import code_from
from distribution.referral.recognition import recognise
from distribution.referral.traces import Kind, Sign
from distribution.referral.trail import (
    Step,
    forget_trail,
    remember_step,
    signs_of,
    trail_of,
    write_trail,
)
from distribution.states import Status

PARAMETER = "r"
# Not the phones called CUBOT.
ROBOTS = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|preview|scrap|lighthouse|pingdom|uptime|monitor"
    r"|facebookexternalhit|facebookcatalog|embedly|whatsapp|vkshare|quora link"
    r"|python|curl/|wget/|httpx|axios|node-fetch|undici|go-http|okhttp|java/|libwww|guzzle"
    r"|apache-httpclient|aiohttp|phantomjs",
    re.IGNORECASE,
)
# How browsers say that they fetch a page nobody looks at (yet), today's name first.
PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
# A page somebody goes to, not a picture or a frame that another page loads behind their back.
DESTINATIONS = ("", "document")
PRUNE_CHUNK = 20_000


@dataclass(frozen=True)
class Origin:
    """Who a code speaks for, and by which named link (None: the personal code)."""

    distributor: Distributor
    link: Link | None


def origin_of(code: str) -> Origin | None:
    """The distributor behind a personal code or a named link's code, whatever they are now."""
    code = code_from(code)
    if not code:
        return None
    distributor = Distributor.objects.filter(code=code).first()
    if distributor is not None:
        return Origin(distributor, None)
    link = Link.objects.select_related("distributor").filter(code=code).first()
    return Origin(link.distributor, link) if link else None


def is_person(request: HttpRequest) -> bool:
    """Whether somebody is looking, rather than a crawler, a link preview, a prefetch, a page that
    loads ours behind somebody's back, or WeChat's snapshot."""
    agent = request.headers.get("User-Agent", "")
    purpose = " ".join(request.headers.get(name, "") for name in PURPOSES)
    return (
        request.method == "GET"
        and bool(agent)
        and not ROBOTS.search(agent)
        and not AHEAD.search(purpose)
        and request.headers.get("Sec-Fetch-Dest", "") in DESTINATIONS
        and not is_snapshot(request)
    )


def record_click(request: HttpRequest, code: str, path: str) -> bool:
    """Remember that this visitor came through this code. A member is bound at once where the
    policy says so, or learns on their timeline why not.

    False, and nothing is left, for machines and unknown codes; also for a guest whose link's
    owner is out, and for distributors who open their own link.
    """
    if not is_person(request):
        return False
    origin = origin_of(code)
    if origin is None:
        return False
    user = request.user if isinstance(request.user, User) else None
    now = timezone.now()
    is_open = origin.distributor.status == Status.APPROVED
    if user is not None:
        kind = Kind.LINK if origin.link else Kind.CLICK
        recognise(user, [Sign(origin.distributor, now, kind, origin.link)], at=now)
    elif is_open:
        link_id = origin.link.pk if origin.link else None
        remember_step(request, Step(origin.distributor.pk, link_id, now))
    if not is_open or (user is not None and user.pk == origin.distributor.pk):
        return False
    _count(request, origin, user, path, now)
    return True


def _count(
    request: HttpRequest, origin: Origin, user: User | None, path: str, at: datetime
) -> None:
    address = address_of(request)
    add_click(
        Visit(
            visitor=remember_visitor(request).hex,
            distributor=origin.distributor.pk,
            link=origin.link.pk if origin.link else None,
            user=user.pk if user else None,
            path=path[:200],
            at=at.isoformat(),
            ip=keyed_digest("ip", address).hex() if address else "",
        )
    )


def address_of(request: HttpRequest) -> str:
    """The visitor's network address, past our own proxies; empty when it cannot be told."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:  # what allauth says of a proxy that names nobody
        return ""


def adopt_clicks(request: HttpRequest, user: User, *, is_new: bool) -> None:
    """At sign-in what the guest followed becomes the member's, and binds where the policy says so.

    The browser forgets it then: whoever signs in at it next brings only what they follow.
    """
    if is_snapshot(request):
        return
    visitor = visitor_of(request)
    steps = trail_of(request)
    if not steps and not is_new:
        return
    with transaction.atomic():
        if visitor is not None:
            Click.objects.filter(visitor=visitor, user=None).update(user=user)
        recognise(user, signs_of(steps, visitor), at=timezone.now(), is_new=is_new)
    forget_trail(request)


def prune_clicks(at: datetime) -> int:
    """Turn the clicks of days older than CLICK_KEEP_DAYS into their numbers (`ClickDay`), some
    thousands at a time. No figure changes by it. Returns how many clicks were deleted.

    A distributor's day goes in one statement, so that two at once count nobody twice.
    """
    oldest = day_start(beijing_date(at - timedelta(days=settings.CLICK_KEEP_DAYS)))
    total = 0
    while (first := Click.objects.filter(at__lt=oldest).aggregate(at=Min("at"))["at"]) is not None:
        day = beijing_date(first)
        values: dict[str, date | datetime | int] = {
            "day": day,
            "since": day_start(day),
            "until": day_end(day),
            "chunk": PRUNE_CHUNK,
        }
        with connection.cursor() as cursor:
            cursor.execute(COUNT_AND_DELETE, values)
            total += cursor.fetchone()[0]
    return total


COUNT_AND_DELETE = """
WITH counted AS (
    SELECT distributor_id, sum(count(*)) OVER (ORDER BY distributor_id) - count(*) AS before
    FROM distribution_click WHERE at >= %(since)s AND at < %(until)s
    GROUP BY distributor_id
), gone AS (
    DELETE FROM distribution_click click USING counted
    WHERE click.distributor_id = counted.distributor_id AND counted.before < %(chunk)s
      AND click.at >= %(since)s AND click.at < %(until)s
    RETURNING click.distributor_id, click.link_id, click.visitor
), kept AS (
    INSERT INTO distribution_clickday (distributor_id, link_id, day, clicks, visitors)
    SELECT distributor_id, link_id, %(day)s::date, count(*), count(DISTINCT visitor)
    FROM gone GROUP BY distributor_id, link_id
)
SELECT count(*) FROM gone
"""


class ReferralMiddleware:
    """Takes `?r=CODE` off any page address, after remembering it, so that pages stay cacheable.

    Gives the browser what it is to carry until sign-in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = request.GET.get(PARAMETER)
        if code is None or request.method not in ("GET", "HEAD"):
            response = self.get_response(request)
        else:
            record_click(request, code, request.path)
            response = HttpResponseRedirect(_without_code(request))
        write_trail(request, response)
        return response


def _without_code(request: HttpRequest) -> str:
    rest = [(k, v) for k, vs in request.GET.lists() for v in vs if k != PARAMETER]
    path = "/" + request.path.lstrip("/")  # "//host/" would lead away from the shop
    return f"{path}?{urlencode(rest)}" if rest else path
