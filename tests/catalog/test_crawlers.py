from decimal import Decimal

import pytest
from django.test import Client

from catalog.models import Product
from catalog.products import ProductDraft, VariantDraft, add_products, save_category
from catalog.views import crawlers

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods() -> list[Product]:
    snacks = save_category(name="零食")
    return add_products(
        [ProductDraft(snacks, f"坚果{i}", [VariantDraft(f"N{i}", Decimal(1))]) for i in range(3)]
    )


def test_the_sitemap_lists_parts_and_parts_list_pages(
    client: Client, goods: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawlers, "PER_SITEMAP", 2)
    index = client.get("/sitemap.xml").content.decode()
    assert index.count("<loc>") == 3
    assert "/sitemap-products-2.xml" in index
    first = client.get("/sitemap-products-1.xml").content.decode()
    second = client.get("/sitemap-products-2.xml").content.decode()
    assert (first.count("<loc>"), second.count("<loc>")) == (4, 2), "each in two languages"
    assert "/en/p/" in first
    pages = client.get("/sitemap-pages.xml").content.decode()
    assert pages.count("<loc>") == 6


@pytest.mark.parametrize("section", ["products-9", "products-0", "products-x", "else"])
def test_a_part_that_is_not_there_is_not_found(
    client: Client, goods: list[Product], section: str
) -> None:
    assert client.get(f"/sitemap-{section}.xml").status_code == 404


def test_goods_off_the_shelves_are_not_listed(client: Client, goods: list[Product]) -> None:
    Product.objects.filter(pk=goods[0].pk).update(is_active=False)
    assert client.get("/sitemap-products-1.xml").content.decode().count("<loc>") == 4


def test_robots_are_kept_out_of_personal_pages(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /cart/\n" in text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text


def test_the_home_screen_knows_the_shop(client: Client) -> None:
    data = client.get("/manifest.webmanifest").json()
    assert (data["name"], data["start_url"]) == ("邻里好物", "/")
    assert client.get("/en/manifest.webmanifest").json()["name"] == "Neighbour Goods"
    assert client.get("/favicon.ico").status_code == 301
