"""Recognising a referral: `?r=CODE` on any page, and `/r/CODE/`.

A click is a row, kept for guests under their visitor cookie and theirs when they sign in. People
are recognised, machines are not: crawlers, link previews and prefetches leave nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from base.accounts.models import User
from base.visitors import remember_visitor, visitor_of
from distribution.links import code_from
from distribution.models import Click, Distributor, Link, Policy
from distribution.policy import current_policy
from distribution.relations import bind_by_link, bind_from_clicks
from distribution.states import Status

PARAMETER = "r"
ROBOTS = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|embedly|headlesschrome-lighthouse"
    r"|python-requests|curl/|wget/|httpx|go-http|okhttp|java/",
    re.IGNORECASE,
)
# How browsers say that they fetch a page nobody looks at (yet), today's name first.
PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)


@dataclass(frozen=True)
class Origin:
    """Who a code speaks for, and by which named link (None: the personal code)."""

    distributor: Distributor
    link: Link | None


def origin_of(code: str) -> Origin | None:
    """The approved distributor behind a personal code or a named link's code."""
    code = code_from(code)
    if not code:
        return None
    distributor = Distributor.objects.filter(status=Status.APPROVED, code=code).first()
    if distributor is not None:
        return Origin(distributor, None)
    links = Link.objects.filter(distributor__status=Status.APPROVED).select_related("distributor")
    link = links.filter(code=code).first()
    return Origin(link.distributor, link) if link else None


def is_person(request: HttpRequest) -> bool:
    """Whether somebody is looking, rather than a crawler, a link preview or a prefetch."""
    agent = request.headers.get("User-Agent", "")
    purpose = " ".join(request.headers.get(name, "") for name in PURPOSES)
    return bool(agent) and not ROBOTS.search(agent) and not AHEAD.search(purpose)


def record_click(request: HttpRequest, code: str, path: str) -> Click | None:
    """Remember that this visitor came through this code; bind at once where the policy says so.

    None for machines, unknown codes and distributors' own links.
    """
    if not is_person(request):
        return None
    origin = origin_of(code)
    user = request.user if isinstance(request.user, User) else None
    if origin is None or (user is not None and user.pk == origin.distributor.pk):
        return None
    click = Click.objects.create(
        visitor=remember_visitor(request),
        user=user,
        distributor=origin.distributor,
        link=origin.link,
        path=path[:200],
        at=timezone.now(),
    )
    if user is not None and current_policy().binding_moment == Policy.BindingMoment.VISIT:
        bind_by_link(user, origin.distributor, at=click.at, link=origin.link)
    return click


def adopt_clicks(request: HttpRequest, user: User, *, is_new: bool) -> None:
    """At sign-in the guest's clicks become the member's, and bind where the policy says so."""
    visitor = visitor_of(request)
    if visitor is None:
        return
    with transaction.atomic():
        Click.objects.filter(visitor=visitor, user=None).update(user=user)
        policy = current_policy()
        moments = {Policy.BindingMoment.VISIT}
        if is_new:
            moments.add(Policy.BindingMoment.SIGN_UP)
        if policy.binding_moment in moments:
            bind_from_clicks(user, at=timezone.now(), policy=policy)


class ReferralMiddleware:
    """Takes `?r=CODE` off any page address, after remembering it, so that pages stay cacheable."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = request.GET.get(PARAMETER)
        if code is None or request.method != "GET":
            return self.get_response(request)
        record_click(request, code, request.path)
        rest = [(k, v) for k, vs in request.GET.lists() for v in vs if k != PARAMETER]
        path = "/" + request.path.lstrip("/")  # "//host/" would lead away from the shop
        return HttpResponseRedirect(f"{path}?{urlencode(rest)}" if rest else path)
