"""A link for a product, from making it to what it has brought; and sharing inside WeChat."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page, expect

from base.accounts.models import User
from catalog.models import Product
from catalog.products import refresh_listing
from distribution.models import Distributor, Link
from distribution.referral.click_buffer import flush_clicks
from tests.journeys.conftest import PHONE
from tests.journeys.test_link_to_payout import buy, sign_up
from tests.journeys.test_reassigned_and_held import come_in

pytestmark = pytest.mark.django_db(transaction=True)

IN_WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN"
)


def figures_in(card: object) -> dict[str, str]:
    """The funnel of a card, by its words."""
    names = card.locator(".funnel dt").all_inner_texts()  # type: ignore[attr-defined]  # a locator
    values = card.locator(".funnel dd").all_inner_texts()  # type: ignore[attr-defined]  # a locator
    return dict(zip(names, (value.split("\n")[0] for value in values), strict=True))


def test_a_link_to_a_product_and_what_it_brings(
    shop: str, anna: str, person: Callable[..., Page]
) -> None:
    refresh_listing(Product.objects.all())
    product = Product.objects.get()
    hers, guest = person(), person()
    come_in(hers, shop, User.objects.get(distributor__code=anna))

    # She looks for the product and names a link for it.
    hers.goto(f"{shop}/distribution/links/")
    hers.get_by_label("商品名称").fill(product.name)
    hers.locator("form[action$='/links/goods/'] button").click()
    hers.get_by_role("link", name="做链接").first.click()
    expect(hers.get_by_label("打开哪个页面")).to_have_value(f"/p/{product.slug}/")
    hers.locator("#new-link").get_by_label("渠道名称").fill("小红书")
    hers.get_by_role("button", name="建好链接").click()
    expect(hers.locator("#messages")).to_contain_text("推广链接“小红书”已建好")
    link = Link.objects.get()
    card = hers.locator(f"#link-{link.code}")
    expect(card).to_contain_text(f"打开 {product.name}")

    # A guest opens it, signs up and buys what it shows.
    guest.goto(f"{shop}/r/{link.code}/")
    expect(guest).to_have_url(f"{shop}/p/{product.slug}/")
    sign_up(guest, shop, "13900000003")
    buy(guest, shop)

    # Her page says so, and says nothing for another time.
    flush_clicks()
    hers.reload()
    assert figures_in(card) == {
        "访问": "1",
        "访客": "1",
        "注册": "1",
        "新顾客": "1",
        "下单": "1",
        "付款": "1",
        "成交额": "¥99.00",
        "退款额": "¥0.00",
    }
    hers.get_by_role("link", name="上月").click()
    assert set(figures_in(card).values()) == {"0", "¥0.00"}

    # Its poster is made from the same card.
    card.get_by_role("link", name="生成海报").click()
    picture = hers.locator(".poster-sheet img")
    expect(picture).to_have_js_property("naturalWidth", 1080)


def test_sharing_inside_wechat_carries_the_distributors_own_link(
    shop: str, anna: str, browser: Browser, settings: LazySettings
) -> None:
    settings.WECHAT_API_BASE_URL = f"{shop}/sandbox/wechat"
    context = browser.new_context(viewport=PHONE, user_agent=IN_WECHAT)  # type: ignore[arg-type]  # a plain dict of width and height
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text))
    product = Product.objects.get()
    address = f"{shop}/p/{product.slug}/"
    for code in ("", anna):
        if code:
            come_in(page, shop, Distributor.objects.get(code=anna).user)
        page.goto(address)
        expected = f"{address}?r={code}" if code else address
        expect(page.locator("html")).to_have_attribute("data-wechat", "ready")
        expect(page.locator("html")).to_have_attribute("data-wechat-shares", expected)
        shared = page.evaluate("window.wx.shared")
        assert shared["friend"]["title"] == product.name
        assert shared["timeline"]["link"] == expected
    assert [text for text in faults if "Content Security Policy" in text] == []
    context.close()


def test_elsewhere_nothing_of_wechats_is_loaded(shop: str, person: Callable[..., Page]) -> None:
    page = person()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shop, wait_until="networkidle")
    assert not [url for url in asked if "jweixin" in url or "/distribution/share/" in url]
