"""Whatever stands in an address or a form, nobody sees a server error, and nothing changes.

Addresses are found by walking the routes, names of inputs by reading the code, so that a new page
is covered the day it is written.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.forms import BaseForm
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.http import urlencode

from base.accounts.models import User
from tests.make import make_chain, make_order, make_rule, make_user, pay, receive

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("base", "catalog", "orders", "distribution", "payouts", "shop")
ORIGIN = {"Origin": "http://testserver"}
HUGE = "9" * 30
VALUES = [
    "", "-1", "9999999", HUGE, "abc", "\x00", "长" * 10_000, "0000-00-00", "2026-02-30", "9999-12-31",
    "__class__", "NaN", "1e999", "１２", "'\"<script>",
]  # fmt: skip
IDS = [repr(value[:8]) for value in VALUES]
IN_PATHS = {
    "int": ["0", "9999999", HUGE],
    "str": ["nobody", "%00", HUGE, "2026-13", "0000-00", "长"],
    "slug": ["nobody", HUGE],
    "path": ["nobody", "%00", HUGE, "../../etc/passwd"],
}
# What is done by a press alone, without anything to read.
PRESSES = ("/accounts/logout", "/me/inbox/reading", "/me/email/removal")
# Written by looking, not by doing.
TRACES = ("django_session", "risk_seen", "risk_device", "distribution_click")


def _routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def _addresses(*, is_back_office: bool, is_plain: bool = False) -> list[str]:
    """Every route, with every odd value in the place of what it asks for; plain ones ask nothing."""
    found: list[str] = []
    for route in _routes(get_resolver().url_patterns):
        plain = re.sub(r"^\^|\\Z|\$$", "", route)
        if plain.startswith("admin/") != is_back_office or "(?P" in plain:
            continue
        if is_plain and "<" in plain:
            continue
        made = [plain]
        while any("<" in address for address in made):
            made = [
                re.sub(r"<(?:\w+:)?\w+>", lambda _match, value=value: value, address, count=1)
                for address in made
                for value in IN_PATHS[
                    (re.search(r"<(?:(\w+):)?", address) or [None, "str"])[1] or "str"
                ]
            ]
        found += [f"/{address}" for address in made]
    assert len(found) > 40
    return found


def _names() -> list[str]:
    """Every input that some view or form reads."""
    code = "\n".join(path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    named = set(re.findall(r"(?:GET|POST)(?:\.get(?:list)?\(|\[)\"(\w+)\"", code))
    classes = [BaseForm]
    for form in classes:
        classes += form.__subclasses__()
        named |= set(getattr(form, "base_fields", {}))
    assert {"page", "q", "reason"} <= named
    return sorted(named)


@pytest.fixture(scope="module")
def names() -> list[str]:
    return _names()


@pytest.fixture
def people() -> dict[str, User]:
    chain = make_chain()
    make_rule()
    order = make_order(chain.c)
    pay(order)
    receive(order)
    merchant = make_user("店主", is_staff=True, is_superuser=True)
    return {"distributor": chain.b.user, "merchant": merchant}


def _answer(client: Client, method: str, address: str, data: Any = None) -> str:
    """What went wrong, or nothing."""
    try:
        with transaction.atomic():
            if method == "GET":
                answer = client.get(f"{address}?{urlencode(data)}" if data else address)
            else:
                answer = client.post(address, data or {}, headers=ORIGIN)
            if hasattr(answer, "streaming_content"):
                b"".join(answer.streaming_content)
    except Exception as error:  # whatever it is, the page would be a server error
        return f"{method} {address} {str(data)[:60]!r}: {error!r:.300}"
    if answer.status_code >= 500 or answer.status_code not in (200, 204, 301, 302, 303, 304, 400, 403, 404, 405, 409, 413, 429):  # fmt: skip
        return f"{method} {address} {str(data)[:60]!r}: {answer.status_code}"
    return ""


def _states() -> dict[str, str]:
    """A fingerprint of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(TRACES):
                cursor.execute(
                    f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t"
                )
                found[table] = cursor.fetchone()[0]
    return found


def _told(found: list[str]) -> list[str]:
    return [text for text in found if text]


class TestPages:
    """What is looked at."""

    def test_odd_addresses_of_the_shop(self, client: Client, people: dict[str, User]) -> None:
        client.force_login(people["distributor"])
        asked = _addresses(is_back_office=False)
        assert _told([_answer(client, "GET", address) for address in asked]) == []

    def test_odd_addresses_of_the_back_office(
        self, client: Client, people: dict[str, User]
    ) -> None:
        client.force_login(people["merchant"])
        asked = _addresses(is_back_office=True)
        assert _told([_answer(client, "GET", address) for address in asked]) == []

    @pytest.mark.parametrize("value", VALUES, ids=IDS)
    def test_odd_questions(
        self, client: Client, people: dict[str, User], names: list[str], value: str
    ) -> None:
        found = []
        for who, is_back_office in (("distributor", False), ("merchant", True)):
            client.force_login(people[who])
            found += [
                _answer(client, "GET", address, dict.fromkeys(names, value))
                for address in _addresses(is_back_office=is_back_office, is_plain=True)
            ]
        assert _told(found) == []

    @pytest.mark.parametrize("value", ["abc", HUGE, "\x00"], ids=["abc", "huge", "nul"])
    def test_odd_filters_of_lists(
        self, client: Client, people: dict[str, User], value: str
    ) -> None:
        """One at a time: the admin answers the first it cannot read."""
        client.force_login(people["merchant"])
        found = []
        for model, page in admin.site._registry.items():
            address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            found += [_answer(client, "GET", address, {name: value}) for name in _filters(page)]
        assert _told(found) == []


class TestForms:
    """What is done."""

    @pytest.mark.parametrize("value", [None, "\x00", HUGE, "长" * 10_000], ids=["empty", "nul", "huge", "long"])  # fmt: skip
    @pytest.mark.parametrize("who", ["guest", "distributor", "merchant"])
    def test_odd_forms_change_nothing(
        self,
        client: Client,
        people: dict[str, User],
        names: list[str],
        value: str | None,
        who: str,
    ) -> None:
        if who != "guest":
            client.force_login(people[who])
        data = {} if value is None else dict.fromkeys(names, value)
        before = _states()
        found = [
            _answer(client, "POST", address, data)
            for address in _addresses(is_back_office=who == "merchant")
            if not address.startswith(PRESSES)
        ]
        assert _told(found) == []
        after = _states()
        assert {table for table in after if after[table] != before[table]} == set()


def _filters(page: Any) -> Iterator[str]:
    yield from ("o", "p", "q", "all", "_to_field", "_popup", "e")
    if page.date_hierarchy:
        yield from (f"{page.date_hierarchy}__{part}" for part in ("year", "month", "day", "gte"))
    for one in page.list_filter:
        name = one[0] if isinstance(one, tuple) else one
        if isinstance(name, str):
            yield from (f"{name}__{ask}" for ask in ("exact", "id__exact", "gte", "isempty"))
        else:
            yield name.parameter_name
