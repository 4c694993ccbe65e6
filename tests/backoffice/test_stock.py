"""Stock typed by hand while the shop sells: what is saved is the difference."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from catalog.stock import take_stock
from tests.make import make_user, make_variant

pytestmark = pytest.mark.django_db

INPUT = re.compile(r"<(?:input|textarea|select)\b[^>]*>", re.S)


@pytest.fixture
def merchant(client: Client) -> Client:
    client.force_login(make_user("店主", is_staff=True, is_superuser=True))
    return client


def typed_into(page: str) -> dict[str, str]:
    """What a browser would send of the page's text boxes and hidden fields."""
    values: dict[str, str] = {}
    for tag in INPUT.findall(page):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind = found.get("type", "text")
        if kind == "checkbox" and " checked" not in tag:
            continue
        if "name" in found and kind not in ("submit", "file", "button"):
            values[found["name"]] = unescape(found.get("value", "on" if kind == "checkbox" else ""))
    return values


def product_form(client: Client, nuts: Variant) -> tuple[str, dict[str, str], str]:
    address = reverse("admin:catalog_product_change", args=[nuts.product_id])
    values = typed_into(client.get(address).text)
    values |= {
        "category": str(nuts.product.category_id),
        "kind": "physical",
        "name": nuts.product.name,
    }
    return address, values, "variants-0-stock"


def variant_form(client: Client, nuts: Variant) -> tuple[str, dict[str, str], str]:
    address = reverse("admin:catalog_variant_change", args=[nuts.pk])
    values = typed_into(client.get(address).text)
    return address, values | {"product": str(nuts.product_id)}, "stock"


def stock_list(client: Client, nuts: Variant) -> tuple[str, dict[str, str], str]:
    address = reverse("admin:catalog_variant_changelist")
    values = typed_into(client.get(address).text)
    return address, values | {"_save": "1", "action": ""}, "form-0-stock"


Page = Callable[[Client, Variant], tuple[str, dict[str, str], str]]
PAGES = pytest.mark.parametrize("page", [product_form, variant_form, stock_list])


def save(client: Client, address: str, values: dict[str, str]) -> Any:
    values = {k: v for k, v in values.items() if not k.startswith(("q", "search"))}
    return client.post(address, values)


@PAGES
def test_a_sale_between_opening_and_saving_is_not_lost(merchant: Client, page: Page) -> None:
    nuts = make_variant("10.00", stock=10)
    address, values, name = page(merchant, nuts)
    assert values[name] == "10"
    take_stock({nuts.pk: 3})
    assert save(merchant, address, values | {name: "15"}).status_code == 302
    nuts.refresh_from_db()
    assert nuts.stock == 12


@PAGES
def test_changing_only_the_price_leaves_the_stock_alone(merchant: Client, page: Page) -> None:
    nuts = make_variant("10.00", stock=10)
    address, values, name = page(merchant, nuts)
    take_stock({nuts.pk: 3})
    price = name.replace("stock", "price")
    assert save(merchant, address, values | {price: "11.00"}).status_code == 302
    nuts.refresh_from_db()
    assert (nuts.stock, str(nuts.price)) == (7, "11.00")


@PAGES
def test_more_taken_away_than_is_left_is_refused(merchant: Client, page: Page) -> None:
    nuts = make_variant("10.00", stock=10)
    address, values, name = page(merchant, nuts)
    take_stock({nuts.pk: 8})
    answer = save(merchant, address, values | {name: "5"})
    assert "现在只剩 2 件" in answer.text
    negative = save(merchant, address, values | {name: "-1"})
    assert "库存不能为负" in negative.text
    nuts.refresh_from_db()
    assert nuts.stock == 2
