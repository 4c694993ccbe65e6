import gzip
import json
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Category, Product, Variant
from catalog.products import ProductDraft, VariantDraft, add_products, save_category
from tests.make import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def snacks() -> Category:
    return save_category(name="零食", name_en="Snacks")


def make_goods(
    category: Category, *names: str, price: str = "10.00", stock: int = 9
) -> list[Product]:
    return add_products(
        [
            ProductDraft(
                category,
                name,
                [VariantDraft(f"{name}-1", Decimal(price), "100克", "100 g", stock=stock)],
                name_en=f"{name} in English",
            )
            for name in names
        ]
    )


def cards(client: Client, address: str) -> list[str]:
    """The names on the page's cards, in order."""
    text = client.get(address).content.decode()
    return re.findall(r'<h3 class="name"><a [^>]*>([^<]*)</a>', text)


def shared_addresses(product: Product) -> list[str]:
    return [
        "/",
        "/c/",
        f"/c/{product.category.slug}/",
        f"/p/{product.slug}/",
        f"/search/?q={product.name}",
        "/search/?q=飞船",
        "/en/",
        f"/en/p/{product.slug}/",
    ]


@pytest.mark.parametrize("number", [5, 7])
def test_pages_cost_a_few_queries_however_many_products(
    client: Client, snacks: Category, number: int, django_assert_num_queries: Callable
) -> None:
    product, *_rest = make_goods(snacks, *(f"坚果{i}" for i in range(number)))
    costs = {
        "/": 3,  # categories, best, newest
        "/c/": 1,
        f"/c/{snacks.slug}/": 3,  # categories, count, products
        f"/c/{snacks.slug}/?sort=price&lowest=1&in_stock=1": 3,
        f"/p/{product.slug}/": 6,  # product, variants, pictures, categories, related, reviews
        "/search/?q=坚果": 3,  # few or many, count, products
        "/search/?q=飞船": 4,  # few or many, count, similar, best sold
    }
    for address, queries in costs.items():
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200


def test_shared_pages_are_the_same_for_everybody_and_remember_nobody(
    client: Client, snacks: Category
) -> None:
    (product,) = make_goods(snacks, "坚果")
    member = Client()
    member.force_login(make_user(), "django.contrib.auth.backends.ModelBackend")
    for address in shared_addresses(product):
        response = client.get(address)
        assert response.status_code == 200, address
        assert response.headers["Cache-Control"] == "public, max-age=60"
        assert response.headers["Vary"] == "Accept-Encoding", address
        assert not response.cookies
        assert "csrf" not in response.content.decode()
        assert member.get(address).content == response.content, address


def test_what_has_not_changed_is_not_sent_again(client: Client, snacks: Category) -> None:
    (product,) = make_goods(snacks, "坚果")
    address = f"/p/{product.slug}/"
    tag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=60"
    Variant.objects.update(price=Decimal(11))
    assert client.get(address, headers={"if-none-match": tag}).status_code == 200


def test_a_shared_page_goes_out_compressed_and_is_known_again(client: Client) -> None:
    """The demo and a bare server have no proxy in front that would do it."""
    headers = {"Accept-Encoding": "br, gzip"}
    plain, packed = client.get("/"), client.get("/", headers=headers)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
    assert (plain.headers["Vary"], packed.headers["Vary"]) == ("Accept-Encoding", "Accept-Encoding")
    tag = packed.headers["ETag"]
    again = client.get("/", headers=headers | {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_with_a_token_in_it_is_never_compressed_here(client: Client) -> None:
    """What is secret must not be packed together with what a stranger may choose (BREACH)."""
    client.force_login(make_user())
    for address in ("/me/", "/cart/", "/orders/", "/accounts/login/"):
        assert (
            "Content-Encoding"
            not in client.get(address, headers={"Accept-Encoding": "gzip"}).headers
        )


def test_home_shows_what_can_be_had(client: Client, snacks: Category) -> None:
    make_goods(snacks, "卖完了", stock=0)
    make_goods(snacks, "甲", "乙", "丙", "丁")
    hidden = make_goods(snacks, "下架的")[0]
    Product.objects.filter(pk=hidden.pk).update(is_active=False)
    page = client.get("/")
    assert [row.name for row in page.context["heroes"]] == ["丁", "丙", "乙"]
    assert cards(client, "/") == ["甲", "丁", "丙", "乙", "甲"], (
        "hot ones after the heroes, then new"
    )
    assert "零食" in page.content.decode()


def test_a_shop_without_goods_says_so(client: Client) -> None:
    assert "商品正在上架" in client.get("/").content.decode()
    assert "商品正在上架" in client.get("/c/").content.decode()


def test_a_category_shows_all_below_it(client: Client, snacks: Category) -> None:
    nuts = save_category(name="坚果", parent=snacks)
    other = save_category(name="日用品")
    make_goods(snacks, "饼干")
    make_goods(nuts, "巴旦木")
    make_goods(other, "抽纸")
    assert cards(client, f"/c/{snacks.slug}/") == ["巴旦木", "饼干"]
    assert cards(client, f"/c/{nuts.slug}/") == ["巴旦木"]


def test_a_hidden_category_hides_its_shelf_and_those_below(
    client: Client, snacks: Category
) -> None:
    nuts = save_category(name="坚果", parent=snacks)
    save_category(name="零食", category=snacks, is_active=False)
    assert client.get(f"/c/{snacks.slug}/").status_code == 404
    assert client.get(f"/c/{nuts.slug}/").status_code == 404
    assert "坚果" not in client.get("/c/").content.decode()


def test_lists_are_ordered_and_narrowed(client: Client, snacks: Category) -> None:
    make_goods(snacks, "甲", price="30.00")
    make_goods(snacks, "乙", price="10.00", stock=0)
    make_goods(snacks, "丙", price="20.00")
    Product.objects.filter(name="甲").update(sold=5)
    Product.objects.filter(name="乙").update(sold=9)
    Product.objects.filter(name="丙").update(rank=1)
    shelf = f"/c/{snacks.slug}/"
    expected = {
        "": ["丙", "乙", "甲"],
        "?sort=sold": ["乙", "甲", "丙"],
        "?sort=new": ["丙", "乙", "甲"],
        "?sort=price": ["乙", "丙", "甲"],
        "?sort=-price": ["甲", "丙", "乙"],
        "?lowest=15": ["丙", "甲"],
        "?lowest=15&highest=20": ["丙"],
        "?in_stock=1&sort=price": ["丙", "甲"],
        "?sort=nonsense&lowest=x&highest=-3": ["丙", "乙", "甲"],
        "?lowest=99": [],
    }
    assert {query: cards(client, shelf + query) for query in expected} == expected
    assert "没有符合条件的商品" in client.get(f"{shelf}?lowest=99").content.decode()


def test_lists_are_paged_and_a_page_too_far_is_the_last(client: Client, snacks: Category) -> None:
    make_goods(snacks, *(f"坚果{i:02}" for i in range(30)))
    shelf = f"/c/{snacks.slug}/"
    first, second = cards(client, shelf), cards(client, f"{shelf}?page=2")
    assert (len(first), len(second)) == (24, 6)
    assert not set(first) & set(second)
    assert cards(client, f"{shelf}?page=99") == second
    assert cards(client, f"{shelf}?page=x") == first
    assert 'href="?sort=price&amp;page=2"' in client.get(f"{shelf}?sort=price").content.decode()


def test_search_puts_those_that_are_called_so_first(client: Client, snacks: Category) -> None:
    variants = [VariantDraft("T", Decimal(1))]
    add_products([ProductDraft(snacks, "红茶", variants, subtitle="配坚果最好")])
    make_goods(snacks, "每日坚果")
    Product.objects.filter(name="红茶").update(sold=99)
    assert cards(client, "/search/?q=坚果") == ["每日坚果", "红茶"]
    assert cards(client, "/search/?q=坚果&sort=sold") == ["红茶", "每日坚果"]


def test_search_without_words_leads_to_the_categories(client: Client) -> None:
    assert client.get("/search/?q=%20").url == "/c/"  # type: ignore[attr-defined]  # a redirect
    assert client.get("/search/").url == "/c/"  # type: ignore[attr-defined]  # a redirect


def test_a_search_that_finds_nothing_suggests(client: Client, snacks: Category) -> None:
    make_goods(snacks, "坚果", "红茶")
    near = client.get("/search/?q=坚果飞船").content.decode()
    assert "没有找到这样的商品" in near
    assert "也许您要找的是" in near
    assert cards(client, "/search/?q=坚果飞船") == ["坚果"]
    assert cards(client, "/search/?q=飞船") == ["红茶", "坚果"]


def test_words_to_search_for_are_shown_as_text(client: Client) -> None:
    page = client.get("/search/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


def test_a_product_page_offers_its_variants(client: Client, snacks: Category) -> None:
    variants = [
        VariantDraft("A", Decimal("12.50"), "小包", stock=0),
        VariantDraft("B", Decimal("30.00"), "大包", stock=3, list_price=Decimal("36.00")),
        VariantDraft("C", Decimal("99.00"), "不卖", stock=3),
    ]
    (product,) = add_products([ProductDraft(snacks, "坚果", variants, description="一段\n\n二段")])
    Variant.objects.filter(sku="C").update(is_active=False)
    page = client.get(f"/p/{product.slug}/")
    text = page.content.decode()
    assert page.context["chosen"].sku == "B", "the first that can be bought"
    assert "不卖" not in text
    assert re.search(r'value="\d+" data-variant data-stock="0" disabled', text)
    assert "只剩 3 件" in text
    assert "¥36.00" in text
    assert "<p>一段</p>" in text


def test_a_product_that_is_sold_out_cannot_be_put_in(client: Client, snacks: Category) -> None:
    (product,) = make_goods(snacks, "坚果", stock=0)
    text = client.get(f"/p/{product.slug}/").content.decode()
    assert "加入购物车" not in text
    assert "暂时缺货" in text


def test_a_product_with_nothing_to_sell_shows_its_price_and_no_way_to_buy(
    client: Client, snacks: Category
) -> None:
    (product,) = make_goods(snacks, "坚果", price="12.50")
    Variant.objects.update(is_active=False)
    text = client.get(f"/p/{product.slug}/").content.decode()
    assert '12<span class="cents">.50' in text
    assert "cart/lines" not in text


def test_related_goods_are_of_its_category_and_then_of_its_shelf(
    client: Client, snacks: Category
) -> None:
    nuts, sweets = (save_category(name=name, parent=snacks) for name in ("坚果", "糖果"))
    make_goods(save_category(name="日用品"), "抽纸")
    make_goods(sweets, "奶糖")
    make_goods(nuts, "核桃")
    (product,) = make_goods(nuts, "巴旦木")
    assert cards(client, f"/p/{product.slug}/") == ["核桃", "奶糖"]
    Category.objects.filter(pk=snacks.pk).update(is_active=False)
    assert cards(client, f"/p/{product.slug}/") == ["核桃"]


def test_a_product_off_the_shelves_is_not_found(client: Client, snacks: Category) -> None:
    (product,) = make_goods(snacks, "坚果")
    Product.objects.update(is_active=False)
    assert client.get(f"/p/{product.slug}/").status_code == 404
    assert client.get("/p/nothing/").status_code == 404


def test_search_engines_read_price_and_stock(client: Client, snacks: Category) -> None:
    (product,) = make_goods(snacks, "坚果</script>")
    text = client.get(f"/p/{product.slug}/").content.decode()
    data = [json.loads(part) for part in re.findall(r'ld\+json">(.*?)</script>', text)]
    assert [part["@type"] for part in data] == ["Product", "BreadcrumbList"]
    offer = data[0]["offers"][0]
    assert data[0]["name"] == "坚果</script>"
    assert (offer["price"], offer["priceCurrency"]) == ("10.00", "CNY")
    assert offer["availability"] == "https://schema.org/InStock"


def test_a_page_names_its_address_and_its_other_language(client: Client, snacks: Category) -> None:
    (product,) = make_goods(snacks, "坚果")
    address = reverse("catalog:product", args=[product.slug])
    text = client.get(address, {"from": "x"}).content.decode()
    base = "http://127.0.0.1:8000"
    assert f'<link rel="canonical" href="{base}{address}">' in text
    assert f'<link rel="alternate" hreflang="en" href="{base}/en{address}">' in text
    assert f'href="/en{address}?from=x"' in text, "the switch keeps the page and its query"
    english = client.get(f"/en{address}").content.decode()
    assert '<html lang="en">' in english
    assert "坚果 in English" in english
    assert f'href="{address}"' in english
