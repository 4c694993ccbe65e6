"""The calendar of campaigns: what runs, what comes, what is over; found, filtered, taken away."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from distribution.models import Rule
from tests.make import make_product, make_rule, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SOON = timezone.now() + 3 * DAY


@pytest.fixture
def address(client: Client) -> str:
    client.force_login(make_user("店主", is_staff=True, is_superuser=True))
    return reverse("admin:rule_campaigns")


def make_campaigns() -> dict[str, Rule]:
    product = make_product("春茶")
    make_rule("0.10", None)  # no campaign
    return {
        "running": make_rule("0.1", None, starts_at=SOON - 9 * DAY, ends_at=SOON),
        "coming": make_rule(
            "0.3", scope="product", product=product, starts_at=SOON, ends_at=SOON + DAY
        ),
        "past": make_rule("0.1", None, ends_at=timezone.now() - DAY),
    }


def shown(client: Client, address: str, asked: dict[str, str]) -> dict[str, list[Rule]]:
    context = client.get(address, asked).context
    groups = {kind: [bar["rule"] for bar in bars] for _title, kind, bars in context["groups"]}
    return groups | {"past": [rule for rule, _sentence in context["past"]]}


def taken(client: Client, address: str, asked: dict[str, str]) -> list[str]:
    file = b"".join(client.get(address, asked | {"format": "csv"})).decode("utf-8-sig")
    return [row[0] for row in csv.reader(io.StringIO(file))][1:]


def test_page_and_file_alike(client: Client, address: str) -> None:
    made = make_campaigns()
    for asked, names in [
        ({}, ["running", "coming", "past"]),
        ({"q": "春茶"}, ["coming"]),
        ({"scope": "shop"}, ["running", "past"]),
        ({"q": "春茶", "scope": "shop"}, []),
    ]:
        groups = {name: [made[name]] if name in names else [] for name in made}
        assert shown(client, address, asked) == groups, asked
        numbers = sorted(str(made[name].pk) for name in names)
        assert sorted(taken(client, address, asked)) == numbers, asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"scope": "nonsense"}, "范围：没有这个选项。"),
        ({"q": "长" * 10_000}, "：最多 40 个字。"),
        ({"q": "a\x00"}, "：有不能查找的字符。"),
    ],
)
def test_what_cannot_be_read_is_said_and_makes_no_file(
    client: Client, address: str, asked: dict[str, str], said: str
) -> None:
    for extra in ({}, {"format": "csv"}, {"page": "-1"}):
        assert said in client.get(address, asked | extra).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_queries_for_any_number(
    client: Client, address: str, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        make_campaigns()
    client.get(address)
    with django_assert_num_queries(6):
        assert len(client.get(address).context["past"]) == count
    with django_assert_num_queries(5):  # nothing of it is over
        client.get(address, {"q": "春茶", "scope": "product"})
    with django_assert_num_queries(3):
        assert len(taken(client, address, {})) == 3 * count
