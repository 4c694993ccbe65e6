"""A distributor sees what sharing earns, shares, a friend buys, and the statement tells it."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from base.accounts.models import User
from base.clock import beijing_date
from distribution.models import Commission, Pick, PositionPrivileges
from payouts.books import check_books
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.test_link_to_payout import buy, sign_up

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page: Page, shop: str, phone: str) -> None:
    """With the session of somebody who signed in before."""
    client = Client()
    client.force_login(User.objects.get(phone=phone))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": shop}]
    )


def test_from_what_it_earns_to_the_statement(
    shop: str, anna: str, person: Callable[..., Page]
) -> None:
    distributor, friend = person(), person(size=DESK)
    sign_in(distributor, shop, "13900000001")

    # On the card and on the product's page: what sharing it earns.
    distributor.goto(shop)
    distributor.locator("a[href^='/p/']").first.click()
    share = distributor.locator("#earn-here .earn")
    expect(share).to_contain_text("分享赚 ¥19.80")

    # Kept for later with one touch.
    distributor.locator("#earn-here .pick button").click()
    expect(distributor.locator("#earn-here .pick button")).to_have_attribute("aria-pressed", "true")
    assert Pick.objects.get().distributor.code == anna

    # Hidden while somebody looks, and shown again.
    share.click()
    distributor.get_by_role("button", name="不显示能赚多少").click()
    expect(share).not_to_contain_text("分享赚")
    share.click()
    distributor.get_by_role("button", name="显示能赚多少", exact=True).click()
    expect(share).to_contain_text("分享赚 ¥19.80")

    # The link goes to a friend, who buys.
    share.click()
    link = distributor.locator("#share-address").input_value()
    assert link.startswith(f"{shop}/r/{anna}/")
    friend.goto(link)
    expect(friend.locator("#earn-here")).to_be_empty()
    sign_up(friend, shop, "13900000005")
    order = buy(friend, shop)
    assert Commission.objects.get().amount == Decimal("19.80")

    # On the dashboard, and in the selection.
    distributor.goto(f"{shop}/distribution/")
    expect(distributor.locator(".stats.three")).to_contain_text("19.80")
    distributor.locator(".help-btn[popovertarget=about-today]").press("Enter")
    expect(distributor.locator("#about-today")).to_be_visible()
    distributor.goto(f"{shop}/distribution/selection/")
    expect(distributor.locator(".pick-row")).to_contain_text("你带来 1 单，得 ¥19.80")

    # In the statement, with its order and the way to its receipt; on paper as well.
    month = f"{beijing_date(timezone.now()):%Y-%m}"
    distributor.goto(f"{shop}/distribution/statements/")
    distributor.get_by_role("link", name=month).click()
    expect(distributor.locator("main")).to_contain_text(order.number)
    pdf = distributor.pdf(format="A4")
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    distributor.emulate_media(media="print")
    for part in (".header", ".room-tabs", ".footer", ".bottom-bar", ".on-screen", ".btn"):
        for found in distributor.locator(part).all():
            expect(found).to_be_hidden()
    expect(distributor.locator(".statement-sums")).to_be_visible()
    distributor.emulate_media(media="screen")
    size = distributor.viewport_size or DESK
    distributor.set_viewport_size(PHONE)
    for table in distributor.locator(".statement .table-wrap").all():
        assert table.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    expect(distributor.locator(".statement-sums thead")).to_be_hidden()
    assert "待成熟" in distributor.locator(".statement-sums tfoot [data-label]").first.evaluate(
        "it => getComputedStyle(it, '::before').content"
    )
    distributor.set_viewport_size(size)
    distributor.locator(".statement-lines a").first.click()
    expect(distributor.locator("main")).to_contain_text("重新计算一致")
    assert check_books() == []


MOVED = """
window.moved = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries())
    for (const source of shift.sources)
      if (source.node?.parentElement?.closest("main")) window.moved.push(source.node.className);
}).observe({type: "layout-shift", buffered: true});
"""


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_what_comes_for_a_distributor_moves_nothing(
    shop: str, anna: str, person: Callable[..., Page], size: dict[str, int]
) -> None:
    """分享赚 and the price for oneself arrive after the page; both have their places."""
    PositionPrivileges.objects.update(own_discount="0.05")
    page = person(size=size)
    sign_in(page, shop, "13900000001")
    page.add_init_script(MOVED)
    page.goto(shop)
    expect(page.locator(".hero .earn")).to_contain_text("分享赚 ¥19.80")
    assert page.evaluate("window.moved") == []
    page.locator("a[href^='/p/']").first.click()
    expect(page.locator("#earn-here .earn")).to_contain_text("分享赚 ¥19.80")
    expect(page.locator("#own-price")).to_have_text("自购价 ¥94.05 起")
    assert page.evaluate("window.moved") == []
