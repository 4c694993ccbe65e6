"""The selection of goods, 分享赚 on the shop's pages, and the shelf everybody may see."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from base.accounts.models import User
from catalog.models import Product
from distribution.models import Click, Distributor, Pick
from distribution.programme.people import set_status
from distribution.referral.click_buffer import flush_clicks
from distribution.sharing import selection
from distribution.sharing.selection import CannotPick, pick, unpick
from distribution.states import Status
from orders.refunds import Part
from tests.make import (
    make_chain,
    make_distributor,
    make_order,
    make_product,
    make_rule,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
D = Decimal
PAGE = "/distribution/selection/"


@pytest.fixture
def person() -> Distributor:
    make_rule("0.10", "0.05")
    return make_distributor()


@pytest.fixture
def goods() -> Product:
    return make_variant("50.00", product=make_product("核桃仁")).product


def test_goods_stay_on_sale_while_their_distributor_is_frozen(
    person: Distributor, goods: Product, pages_of: Pages
) -> None:
    pick(person, goods)
    assert "冻结期间" not in pages_of(person).get(PAGE).content.decode()
    set_status(person, Status.FROZEN, by=None, reason="核实中")
    html = pages_of(person).get(PAGE).content.decode()
    assert "冻结期间" in html and "现在没有佣金" in html
    assert "已下架" not in html and f"/p/{goods.slug}/" in html
    goods.variants.update(is_active=False)
    assert "已下架" in pages_of(person).get(PAGE).content.decode()


class TestPicking:
    def test_twice_is_once_and_dropping_is_repeatable(
        self, person: Distributor, goods: Product
    ) -> None:
        assert pick(person, goods) == pick(person, goods)
        assert Pick.objects.count() == 1
        unpick(person, goods)
        unpick(person, goods)
        assert Pick.objects.count() == 0

    def test_not_what_is_off_sale(self, person: Distributor) -> None:
        with pytest.raises(CannotPick, match="已下架"):
            pick(person, make_product(is_active=False))
        assert Pick.objects.count() == 0

    def test_not_without_end(
        self, person: Distributor, goods: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(selection, "MOST_PICKS", 1)
        pick(person, goods)
        with pytest.raises(CannotPick, match="最多放 1 件"):
            pick(person, make_variant().product)
        assert pick(person, goods).product == goods
        assert Pick.objects.count() == 1


class TestTheButtons:
    def test_without_script_back_to_the_selection(
        self, person: Distributor, goods: Product, pages_of: Pages
    ) -> None:
        answer = pages_of(person).post(f"{PAGE}{goods.pk}/", follow=True)
        assert answer.redirect_chain == [(PAGE, 302)]
        assert "“核桃仁”已选入" in answer.content.decode()
        answer = pages_of(person).post(f"{PAGE}{goods.pk}/removal/", follow=True)
        assert "“核桃仁”已移出" in answer.content.decode()
        assert Pick.objects.count() == 0

    def test_with_script_the_button_in_its_new_state(
        self, person: Distributor, goods: Product, pages_of: Pages
    ) -> None:
        browser = pages_of(person)
        html = browser.post(f"{PAGE}{goods.pk}/", headers={"hx-request": "true"}).content.decode()
        assert 'aria-pressed="true"' in html and f"{PAGE}{goods.pk}/removal/" in html
        Product.objects.filter(pk=goods.pk).update(is_active=False)
        unpick(person, goods)
        html = browser.post(f"{PAGE}{goods.pk}/", headers={"hx-request": "true"}).content.decode()
        assert "已下架" in html and 'aria-pressed="false"' in html

    def test_only_for_distributors_and_by_post(
        self, person: Distributor, goods: Product, guest: Client, pages_of: Pages
    ) -> None:
        for browser in (guest, pages_of(make_user())):
            assert browser.post(f"{PAGE}{goods.pk}/").status_code == 302
            assert browser.get(PAGE).status_code == 302
        assert pages_of(person).get(f"{PAGE}{goods.pk}/").status_code == 405
        assert pages_of(person).post(f"{PAGE}99999999/").status_code == 404
        assert Pick.objects.count() == 0

    def test_one_cannot_touch_anothers(
        self, person: Distributor, goods: Product, pages_of: Pages
    ) -> None:
        pick(person, goods)
        pages_of(make_distributor()).post(f"{PAGE}{goods.pk}/removal/")
        assert Pick.objects.get().distributor == person


class TestThePage:
    def test_what_it_earns_and_what_it_brought(self, pages_of: Pages) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        variant = make_variant("50.00", product=make_product("核桃仁", sold=12))
        pick(chain.b, variant.product)
        order = make_order(chain.c, {variant: 2})
        pay(order)
        receive(order)
        refund(order, [Part(order.lines.get().pk, 1, D("50.00"))])
        html = pages_of(chain.b).get(PAGE).content.decode()
        assert "分享赚 ¥5.00" in html and "你带来 1 单，得 ¥5.00" in html and "已售 12" in html
        assert f"/r/{chain.b.code}/{variant.product.pk}/" in html

    def test_what_went_off_sale_is_shown_as_such(
        self, person: Distributor, goods: Product, pages_of: Pages
    ) -> None:
        pick(person, goods)
        Product.objects.filter(pk=goods.pk).update(is_active=False)
        html = pages_of(person).get(PAGE).content.decode()
        assert "核桃仁" in html and "已下架" in html and f"/p/{goods.slug}/" not in html

    def test_search_and_sort(self, person: Distributor, goods: Product, pages_of: Pages) -> None:
        cheap = make_variant("5.00", product=make_product("薯片")).product
        pick(person, goods)
        pick(person, cheap)

        def order(query: str) -> list[str]:
            page = pages_of(person).get(PAGE + query).context["page"]
            return [row.product.name for row in page]

        assert order("") == ["薯片", "核桃仁"]
        assert order("?sort=earning") == ["核桃仁", "薯片"]
        assert order("?sort=price") == ["薯片", "核桃仁"]
        assert order("?q=核桃") == ["核桃仁"]
        assert order("?sort=nonsense&q=") == ["薯片", "核桃仁"]
        assert "没有找到" in pages_of(person).get(PAGE + "?q=没有").content.decode()

    @pytest.mark.parametrize("picks", [1, 3])
    def test_ten_queries_however_many(
        self, picks: int, person: Distributor, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:
        for _ in range(picks):
            pick(person, make_variant().product)
        browser = pages_of(person)
        with django_assert_num_queries(10):
            browser.get(PAGE)


class TestShareEarnings:
    def personal(self, browser: Client, *goods: Product, here: Product | None = None) -> str:
        query = {"goods": [product.pk for product in goods]}
        if here is not None:
            query["goods_here"] = [here.pk]
        return browser.get("/personal/", query).content.decode()

    def test_on_every_card_and_nothing_for_others(
        self, person: Distributor, goods: Product, guest: Client, pages_of: Pages
    ) -> None:
        html = self.personal(pages_of(person), goods)
        assert f'hx-swap-oob="innerHTML:.earn-{goods.pk}"' in html and "分享赚 ¥5.00" in html
        for browser in (guest, pages_of(make_user())):
            assert "分享赚" not in self.personal(browser, goods)

    def test_each_variant_on_its_own_page(self, person: Distributor, pages_of: Pages) -> None:
        product = make_product("两种")
        small, large = (make_variant(price, product=product) for price in ("10.00", "30.00"))
        html = self.personal(pages_of(person), here=product)
        assert "分享赚 ¥1.00–¥3.00" in html
        assert f'data-earns="{small.pk}" hidden>分享赚 ¥1.00<' in html
        assert f'data-earns="{large.pk}" hidden>分享赚 ¥3.00<' in html
        assert f"/r/{person.code}/{product.pk}/" in html

    def test_hidden_while_a_friend_looks(
        self, person: Distributor, goods: Product, pages_of: Pages
    ) -> None:
        browser = pages_of(person)
        answer = browser.post(
            "/distribution/shown-earnings/", {"hide": "1"}, headers={"hx-request": "true"}
        )
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "shares-changed")
        html = self.personal(browser, goods, here=goods)
        assert "分享赚" not in html and "显示能赚多少" in html
        assert f"/r/{person.code}/{goods.pk}/" in html
        page = browser.get(PAGE).content.decode()
        assert "分享赚" not in page
        # There the whole page changes, so the switch is a plain form.
        assert 'hx-post="/distribution/shown-earnings/"' in html
        assert 'hx-post="/distribution/shown-earnings/"' not in page
        browser.post("/distribution/shown-earnings/", {"hide": "0"})
        assert "分享赚 ¥5.00" in self.personal(browser, goods)

    def test_nothing_while_frozen(
        self, person: Distributor, goods: Product, pages_of: Pages
    ) -> None:
        set_status(person, Status.FROZEN, by=None, reason="test")
        assert "分享赚" not in self.personal(pages_of(person), goods, here=goods)

    def test_what_is_no_number_is_passed_over(self, person: Distributor, pages_of: Pages) -> None:
        query = {"goods": ["x", "-1", "9" * 30, "٣"], "goods_here": ["<b>"]}
        assert pages_of(person).get("/personal/", query).status_code == 200

    def test_a_guests_page_is_the_same_for_everybody(
        self, person: Distributor, goods: Product, guest: Client, pages_of: Pages
    ) -> None:
        shelf = f"/c/{goods.category.slug}/"
        for path, name in ((shelf, "goods"), (f"/p/{goods.slug}/", "goods_here")):
            pages = [browser.get(path) for browser in (guest, pages_of(person))]
            assert pages[0].content == pages[1].content
            assert pages[0]["ETag"] == pages[1]["ETag"]
            assert "public" in pages[1]["Cache-Control"]
            assert f'name="{name}" value="{goods.pk}"' in pages[0].content.decode()

    @pytest.mark.parametrize("products", [1, 3])
    def test_twelve_queries_for_any_number_of_products(
        self, products: int, person: Distributor, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:
        goods = [make_variant().product for _ in range(products)]
        browser = pages_of(person)
        with django_assert_num_queries(12):
            self.personal(browser, *goods)


class TestTheShelf:
    def test_the_picks_that_are_sold_under_their_code(
        self, person: Distributor, goods: Product, guest: Client
    ) -> None:
        gone = make_product("断货糖", is_active=False)
        pick(person, goods)
        Pick.objects.create(distributor=person, product=gone, added_at=person.joined_at)
        answer = guest.get(f"/shelf/{person.code}/")
        html = answer.content.decode()
        assert "阿** 的好物橱窗" in html and "核桃仁" in html and "断货糖" not in html
        assert person.user.name not in html and "public" in answer["Cache-Control"]

    def test_its_link_is_theirs(self, person: Distributor, goods: Product, guest: Client) -> None:
        pick(person, goods)
        answer = guest.get(f"/shelf/{person.code}/?r={person.code}")
        assert answer["Location"] == f"/shelf/{person.code}/"
        flush_clicks()
        assert Click.objects.get().distributor == person

    def test_empty_is_said_and_nobody_else_has_one(
        self, person: Distributor, guest: Client
    ) -> None:
        assert "暂时没有在卖的商品" in guest.get(f"/shelf/{person.code}/").content.decode()
        assert guest.get("/shelf/NOBODY/").status_code == 404
        set_status(person, Status.BANNED, by=None, reason="test")
        assert guest.get(f"/shelf/{person.code}/").status_code == 404
