"""Whatever stands in an address or a form, nobody meets a server error, and nothing changes.

Addresses are found by walking the routes, names of inputs by reading the code, so that a new page
is covered the day it is written. Values take turns over the names: in as many passes as there are
values, every name has had every value.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import connection, transaction
from django.forms import BaseForm
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.http import urlencode

from base.accounts.models import User
from distribution.models import Presentation
from distribution.referral.links import create_link
from distribution.risk.models import Thresholds
from shop.support.tickets import open_ticket
from tests.academy_make import make_course, make_quiz
from tests.make import make_address, make_chain, make_order, make_rule, make_user, pay, receive

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("base", "catalog", "orders", "distribution", "payouts", "shop")
ORIGIN = {"Origin": "http://testserver"}
FORM = "application/x-www-form-urlencoded"
HUGE = "9" * 30
LONG = "x" * 10_000
ASKED = ["-1", HUGE, "\x00", LONG, "0000-00-00", "__class__"]
SENT = ["", "\x00", HUGE, LONG, "-1", "2026-02-30"]
NOBODY_MEANS = ["\x00", "x" * 3_000]
IN_PATHS = {
    "int": ["0", HUGE],
    "str": ["nobody", "%00", HUGE],
    "slug": ["nobody", HUGE],
    "path": ["%00", "../../etc/passwd"],
}
FINE = {200, 204, 301, 302, 303, 304, 400, 401, 403, 404, 405, 409, 413, 429}
# What a press alone does, or a tick whatever its value.
PRESSES = (
    "/accounts/logout/",
    "/me/inbox/reading/",
    "/me/email/removal/",
    "/me/consents/",
    "/admin/logout/",
)
# Written by looking, not by doing.
TRACES = ("django_session", "risk_seen", "risk_footprint", "distribution_click")


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield re.sub(r"^\^|\\Z|\$$", "", route)


def addresses(*, of_admin: bool) -> tuple[list[str], list[str]]:
    """Routes that ask for nothing, and the others with every odd value in each place."""
    plain: list[str] = []
    odd: list[str] = []
    for route in routes(get_resolver().url_patterns):
        if route.startswith("admin/") != of_admin or "(?P" in route:
            continue
        if "<" not in route:
            plain.append(f"/{route}")
            continue
        kinds = [kind or "str" for kind in re.findall(r"<(?:(\w+):)?\w+>", route)]
        for place in range(max(len(IN_PATHS[kind]) for kind in kinds)):
            values = iter(IN_PATHS[kind][place % len(IN_PATHS[kind])] for kind in kinds)
            odd.append("/" + re.sub(r"<[^>]+>", lambda _match, v=values: next(v), route))
    assert min(len(plain), len(odd)) > 40
    return plain, odd


def names(method: str) -> list[str]:
    """Every input that some view, or some form of that method, reads."""
    assert get_resolver().url_patterns  # whatever has a page is loaded now
    code = "\n".join(path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    named = set(re.findall(method + r"(?:\.get(?:list)?\(|\[)\"(\w+)\"", code))
    forms: list[type[BaseForm]] = [BaseForm]
    for form in forms:
        forms += form.__subclasses__()
        if method == "POST" or "Filter" in form.__name__ or "Prospect" in form.__name__:
            named |= set(getattr(form, "base_fields", {}))
    return sorted(named)


@pytest.fixture(scope="module")
def queries() -> list[str]:
    asked = names("GET")
    assert {"page", "q", "format", "since"} <= set(asked)
    return [urlencode(turns(asked, ASKED, turn)) for turn in range(len(ASKED))]


@pytest.fixture(scope="module")
def forms() -> list[str]:
    """Some fields of these may be right by chance."""
    sent = names("POST")
    assert {"reason", "token", "channel"} <= set(sent)
    return [urlencode(turns(sent, SENT, turn)) for turn in range(len(SENT))]


@pytest.fixture(scope="module")
def nonsense() -> list[str]:
    """Nothing of these may be taken."""
    return [urlencode(dict.fromkeys(names("POST"), value)) for value in NOBODY_MEANS]


def turns(names: list[str], values: list[str], turn: int) -> dict[str, str]:
    return {name: values[(place + turn) % len(values)] for place, name in enumerate(names)}


@pytest.fixture
def people() -> dict[str, User]:
    cache.clear()
    chain = make_chain()
    make_rule()
    order = make_order(chain.b.user)
    pay(order)
    receive(order)
    create_link(chain.b, channel="抖音")
    make_address(chain.b.user)
    make_quiz(make_course(), (0,))
    open_ticket(chain.b.user, subject="少了", category="order", text="少了一包")
    merchant = make_user("店主", is_staff=True, is_superuser=True)
    return {"shopper": chain.c, "distributor": chain.b.user, "merchant": merchant}


def answered(client: Client, address: str, data: str | None, *, undo: bool) -> str:
    """What went wrong, or nothing."""
    try:
        with transaction.atomic():
            if data is None:
                answer = client.get(address)
            else:
                answer = client.post(address, data, FORM, headers=ORIGIN)
            if answer.streaming:
                b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a stream's
            transaction.set_rollback(undo)
    except Exception as error:  # noqa: BLE001  # whatever it is, it would be a server error
        return f"{address:.300} {error!r:.300}"
    return "" if answer.status_code in FINE else f"{address:.300} {answer.status_code}"


def wrong(client: Client, asked: list[tuple[str, str | None]], *, undo: bool = False) -> str:
    found = (answered(client, address, data, undo=undo) for address, data in asked)
    return "\n".join(filter(None, found))


def books() -> dict[str, str]:
    """A fingerprint of every table that something is done in."""
    tables = connection.introspection.table_names()
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            if not table.startswith(TRACES):
                cursor.execute(f'SELECT md5(string_agg(t::text, t::text ORDER BY t)) FROM "{table}" t')  # noqa: S608  # names of our own tables  # fmt: skip
                found[table] = cursor.fetchone()[0]
    return found


class TestLooking:
    @pytest.mark.parametrize("who", ["guest", "shopper", "distributor"])
    def test_the_site(
        self, client: Client, people: dict[str, User], queries: list[str], who: str
    ) -> None:
        plain, odd = addresses(of_admin=False)
        if who != "guest":
            client.force_login(people[who])
        passes = queries if who == "distributor" else queries[:1]
        asked = [f"{address}?{query}" for query in passes for address in plain]
        assert wrong(client, [(address, None) for address in asked + odd]) == ""

    def test_the_back_office(
        self, client: Client, people: dict[str, User], queries: list[str]
    ) -> None:
        plain, odd = addresses(of_admin=True)
        client.force_login(people["merchant"])
        asked = [
            f"{address}?{queries[place % len(queries)]}" for place, address in enumerate(plain)
        ]
        assert wrong(client, [(address, None) for address in asked + odd]) == ""

    def test_the_filters_of_its_lists(self, client: Client, people: dict[str, User]) -> None:
        """One at a time: the admin answers the first that it cannot read."""
        client.force_login(people["merchant"])
        lists = [
            (f"/admin/{model._meta.app_label}/{model._meta.model_name}/", name)
            for model, page in admin.site._registry.items()
            for name in filters_of(page)
        ]
        asked = [
            f"{address}?{urlencode({name: ASKED[place % len(ASKED)]})}"
            for place, (address, name) in enumerate(lists)
            if place % 2 == 0 or "year" in name
        ]
        always = [urlencode(turns(["o", "p", "q"], ASKED, turn)) for turn in range(len(ASKED))]
        asked += [
            f"{address}?{always[place % len(always)]}"
            for place, address in enumerate(sorted({address for address, _name in lists}))
        ]
        assert len(asked) > 90
        assert wrong(client, [(address, None) for address in asked]) == ""


def filters_of(page: Any) -> Iterator[str]:
    if page.date_hierarchy:
        yield f"{page.date_hierarchy}__year"
    for one in page.list_filter:
        name = one[0] if isinstance(one, tuple) else one
        if isinstance(name, str):
            yield from (f"{name}__exact", f"{name}__gte")
        else:
            yield name.parameter_name


class TestDoing:
    @pytest.mark.parametrize("who", ["guest", "shopper", "distributor"])
    def test_the_site(
        self,
        client: Client,
        people: dict[str, User],
        forms: list[str],
        nonsense: list[str],
        who: str,
    ) -> None:
        plain, odd = addresses(of_admin=False)
        if who != "guest":
            client.force_login(people[who])
        posts = [address for address in plain if not address.startswith(PRESSES)]
        tried = forms[:: 2 if who == "distributor" else 5]
        maybe = [(address, form) for form in [*tried, ""] for address in posts]
        assert wrong(client, maybe, undo=True) == ""
        before = books()
        sent = [(address, form) for form in nonsense for address in posts]
        assert wrong(client, [*sent, *((address, "") for address in odd)]) == ""
        assert changed(before) == set()

    def test_what_is_theirs(
        self,
        client: Client,
        people: dict[str, User],
        forms: list[str],
        nonsense: list[str],
    ) -> None:
        """Rows that exist, so that nothing but the form's own care stands between."""
        person = people["distributor"]
        order, ticket = person.orders.get(), person.tickets.get()
        address = person.addresses.latest("pk")
        doors = [
            f"/orders/{order.number}/refund/",
            f"/orders/{order.number}/payment/",
            f"/orders/{order.number}/reviews/{order.lines.get().pk}/",
            f"/me/tickets/{ticket.number}/",
            f"/me/addresses/{address.pk}/",
            f"/distribution/links/{person.distributor.links.get().code}/name/",
        ]
        client.force_login(person)
        maybe = [(door, form) for form in forms for door in doors]
        assert wrong(client, maybe, undo=True) == ""
        before = books()
        sent = [(door, form) for form in [*nonsense, ""] for door in doors]
        assert wrong(client, sent) == ""
        assert changed(before) == set()

    def test_the_back_office(
        self,
        client: Client,
        people: dict[str, User],
        forms: list[str],
        nonsense: list[str],
    ) -> None:
        plain, odd = addresses(of_admin=True)
        client.force_login(people["merchant"])
        Thresholds.objects.create(pk=1)  # settings are there once they were looked at
        Presentation.objects.get_or_create(pk=1)
        posts = [address for address in plain if not address.startswith(PRESSES)]
        posts = [address for address in posts if not address.endswith("/compliance/evidence/")]
        new = [address for address in posts if address.endswith("/add/")]
        maybe = [(address, forms[place % len(forms)]) for place, address in enumerate(new)]
        assert wrong(client, maybe, undo=True) == ""
        before = books()
        sent = [(address, nonsense[place % 2]) for place, address in enumerate(posts)]
        assert wrong(client, [*sent, *((address, "") for address in odd[::2])]) == ""
        assert changed(before) == set()


def changed(before: dict[str, str]) -> set[str]:
    now = books()
    return {table for table in now if now[table] != before[table]}
