import re
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from base.accounts.models import Address, User
from catalog.models import Product, Variant
from orders.cart import CartOwner, add_to_cart
from orders.models import CartLine, Order
from orders.states import OrderState
from tests.make import make_address, make_shipping_rate, make_user, make_variant, make_virtual

URL = "/checkout/"
NEW_PLACE = {
    "address": "new",
    "recipient": "林小满",
    "phone": "13900139000",
    "province": "西藏自治区",
    "city": "拉萨市",
    "district": "城关区",
    "street": "北京中路 1 号",
}


@pytest.fixture
def nuts(db: None) -> Variant:
    return make_variant("10.00", stock=5, weight_grams=500)


def put_in_cart(user: User, variant: Variant, quantity: int = 1) -> None:
    add_to_cart(CartOwner(user=user), variant.pk, quantity)


def filled(page: HttpResponse, **changes: Any) -> dict[str, Any]:
    """What the form on the page would send."""
    text = page.content.decode()

    def values(name: str) -> list[str]:
        found = re.findall(rf'<input[^>]*name="{name}"[^>]*>', text)
        return [re.search(r'value="([^"]*)"', tag)[1] for tag in found]  # type: ignore[index]  # every one has a value

    checked = re.search(r'name="address" value="(\d+|new)"(?: checked|>)', text)
    sent = {
        "item": values("item"),
        "expected_total": values("expected_total")[0],
        "token": values("token")[0],
        "address": checked[1] if checked else "",
        "note": "",
    }
    return sent | changes


class TestLooking:
    def test_only_members(self, client: Client) -> None:
        answer = client.get(URL)
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith("?next=/checkout/")

    def test_the_cart_is_shown_with_address_lines_shipping_and_total(
        self, member: Client, buyer: User, nuts: Variant
    ) -> None:
        make_shipping_rate("8.00")
        put_in_cart(buyer, nuts, 2)
        page = member.get(URL)
        text = page.content.decode()
        assert nuts.product.name in text
        assert "浙江省杭州市西湖区文三路 1 号" in text
        assert filled(page) == {
            "item": [f"{nuts.pk}:2"],
            "expected_total": "28.00",
            "token": filled(page)["token"],
            "address": str(buyer.addresses.get().pk),
            "note": "",
        }
        assert page.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")

    def test_an_empty_cart_leads_to_the_orders(self, member: Client) -> None:
        text = member.get(URL).content.decode()
        assert "没有要结算的商品" in text
        assert 'href="/orders/"' in text

    def test_buy_now_leaves_the_cart_alone(
        self, member: Client, buyer: User, nuts: Variant
    ) -> None:
        put_in_cart(buyer, nuts)
        card = make_virtual()
        page = member.get(URL, {"variant": card.pk, "quantity": 2})
        assert filled(page)["item"] == [f"{card.pk}:2"]
        member.post(URL, filled(page))
        assert CartLine.objects.get().variant == nuts

    @pytest.mark.parametrize("query", ["variant=x", "variant=0", "item=1", "item=9999999:1"])
    def test_addresses_that_make_no_sense_show_the_empty_page(
        self, member: Client, query: str
    ) -> None:
        answer = member.get(f"{URL}?{query}")
        assert answer.status_code == 200
        assert "没有要结算的商品" in answer.content.decode()

    def test_what_cannot_be_bought_is_explained_line_by_line(
        self, member: Client, buyer: User, nuts: Variant
    ) -> None:
        gone, hidden = make_variant(stock=1), make_variant(stock=1)
        for variant in (nuts, gone, hidden):
            put_in_cart(buyer, variant)
        put_in_cart(buyer, nuts, 4)
        Variant.objects.filter(pk=gone.pk).update(stock=0)
        Variant.objects.filter(pk=nuts.pk).update(stock=3)
        Product.objects.filter(pk=hidden.product_id).update(is_active=False)
        text = member.get(URL).content.decode()
        for reason in ("已售罄", "商品已下架", "只剩 3 件"):
            assert text.count(reason) == 1
        assert "没有可以下单的商品" in text
        assert "提交订单" not in text

    def test_virtual_goods_ask_for_no_address(self, member: Client) -> None:
        text = member.get(URL, {"variant": make_virtual().pk}).content.decode()
        assert "收货地址" not in text
        assert "运费" not in text

    def test_somebody_without_addresses_is_given_the_form(self, nuts: Variant) -> None:
        client = Client()
        client.force_login(make_user())
        text = client.get(URL, {"variant": nuts.pk}).content.decode()
        assert '<input type="hidden" name="address" value="new">' in text
        assert 'name="street"' in text
        assert "选好省份后计算" in text

    def test_htmx_gets_the_amounts_for_another_place(
        self, member: Client, buyer: User, nuts: Variant
    ) -> None:
        make_shipping_rate("8.00")
        make_shipping_rate("18.00", provinces=["西藏自治区"])
        far = make_address(buyer, province="西藏自治区")
        wanted = {"item": f"{nuts.pk}:1", "address": far.pk}
        text = member.get(URL, wanted, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in text
        assert 'name="expected_total" value="28.00"' in text
        writing = {"item": f"{nuts.pk}:1", "address": "new", "province": "西藏自治区"}
        text = member.get(URL, writing, headers={"HX-Request": "true"}).content.decode()
        assert 'name="expected_total" value="28.00"' in text

    def test_strangers_addresses_are_not_ours(self, member: Client, nuts: Variant) -> None:
        foreign = make_address(make_user("别人"), province="西藏自治区")
        text = member.get(URL, {"variant": nuts.pk, "address": foreign.pk}).content.decode()
        assert "西藏" not in re.sub(r"<select.*?</select>", "", text, flags=re.DOTALL)

    def test_it_speaks_english(self, member: Client, nuts: Variant) -> None:
        Product.objects.filter(pk=nuts.product_id).update(name_en="Mixed nuts")
        text = member.get(f"/en{URL}", {"variant": nuts.pk}).content.decode()
        assert "Mixed nuts" in text

    def test_queries(
        self,
        member: Client,
        buyer: User,
        nuts: Variant,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        make_shipping_rate()
        put_in_cart(buyer, nuts)
        with django_assert_num_queries(11):
            member.get(URL)
        for _ in range(2):
            put_in_cart(buyer, make_variant())
            make_address(buyer)
        with django_assert_num_queries(11):
            member.get(URL)


class TestPlacing:
    def test_it_makes_the_order_and_leads_to_the_payment(
        self, member: Client, buyer: User, nuts: Variant
    ) -> None:
        put_in_cart(buyer, nuts, 2)
        answer = member.post(URL, filled(member.get(URL), note="放门口"))
        order = Order.objects.get()
        assert answer.headers["Location"] == f"/orders/{order.number}/payment/"
        assert (order.user, order.total, order.note) == (buyer, Decimal("20.00"), "放门口")
        assert not CartLine.objects.exists()

    def test_the_same_form_again_leads_to_the_same_order(
        self, member: Client, buyer: User, nuts: Variant
    ) -> None:
        put_in_cart(buyer, nuts)
        first_tab, second_tab = member.get(URL), member.get(URL)
        answers = [
            member.post(URL, filled(first_tab)),  # twice clicked, or back and again
            member.post(URL, filled(first_tab)),
            member.post(URL, filled(second_tab)),  # the other tab
        ]
        order = Order.objects.get()
        assert {answer.headers["Location"] for answer in answers} == {
            f"/orders/{order.number}/payment/"
        }
        nuts.refresh_from_db()
        assert nuts.stock == 4

    def test_going_back_and_filling_it_in_differently_is_not_silently_lost(
        self, member: Client, nuts: Variant
    ) -> None:
        page = member.get(URL, {"variant": nuts.pk})
        first = member.post(URL, filled(page), follow=True)
        again = member.post(URL, filled(page, note="换个颜色"), follow=True)
        warning = "之后的修改没有生效"
        assert (warning in first.content.decode(), warning in again.content.decode()) == (
            False,
            True,
        )
        assert Order.objects.get().note == ""

    def test_buying_the_same_again_later_is_another_order(
        self, member: Client, nuts: Variant
    ) -> None:
        for _ in range(2):
            member.post(URL, filled(member.get(URL, {"variant": nuts.pk})))
        assert Order.objects.count() == 2

    def test_a_new_address_is_kept_and_used(self, member: Client, nuts: Variant) -> None:
        make_shipping_rate("8.00")
        make_shipping_rate("18.00", provinces=["西藏自治区"])
        page = member.get(URL, {"variant": nuts.pk})
        refused = member.post(URL, filled(page, **NEW_PLACE))  # no script: other shipping than seen
        text = refused.content.decode()
        assert "应付金额由 ¥18.00 变为 ¥28.00" in text
        assert not Order.objects.exists()
        member.post(URL, filled(refused, **NEW_PLACE))
        order = Order.objects.get()
        assert (order.recipient, order.province, order.total) == (
            "林小满",
            "西藏自治区",
            Decimal("28.00"),
        )
        assert Address.objects.filter(street="北京中路 1 号").count() == 1

    def test_an_unfinished_address_is_said_where_it_is(self, member: Client, nuts: Variant) -> None:
        page = member.get(URL, {"variant": nuts.pk})
        text = member.post(URL, filled(page, **NEW_PLACE | {"street": ""})).content.decode()
        assert "请填写详细地址。" in text
        assert 'value="拉萨市"' in text
        assert not Order.objects.exists()
        assert Address.objects.count() == 1

    def test_a_price_that_changed_is_shown_and_must_be_confirmed(
        self, member: Client, nuts: Variant
    ) -> None:
        page = member.get(URL, {"variant": nuts.pk})
        Variant.objects.filter(pk=nuts.pk).update(price=12)
        refused = member.post(URL, filled(page))
        assert "应付金额由 ¥10.00 变为 ¥12.00" in refused.content.decode()
        assert not Order.objects.exists()
        member.post(URL, filled(refused))
        assert Order.objects.get().total == Decimal("12.00")

    def test_what_sold_out_meanwhile_is_explained(self, member: Client, nuts: Variant) -> None:
        tea = make_variant("20.00")
        page = member.get(URL, {"item": [f"{nuts.pk}:1", f"{tea.pk}:1"]})
        Variant.objects.filter(pk=nuts.pk).update(stock=0)
        refused = member.post(URL, filled(page))
        text = refused.content.decode()
        assert f"“{nuts}”已售罄。" in text
        assert filled(refused)["item"] == [f"{tea.pk}:1"]
        assert not Order.objects.exists()
        member.post(URL, filled(refused))
        assert Order.objects.get().lines.get().variant == tea

    def test_goods_that_are_sent_do_not_go_nowhere(self, member: Client, nuts: Variant) -> None:
        page = member.get(URL, {"variant": nuts.pk})
        text = member.post(URL, filled(page, address="")).content.decode()
        assert "请选择收货地址。" in text
        assert not Order.objects.exists()

    def test_a_strangers_address_is_no_address(self, member: Client, nuts: Variant) -> None:
        foreign = make_address(make_user("别人"))
        page = member.get(URL, {"variant": nuts.pk})
        assert (
            "请选择收货地址。"
            in member.post(URL, filled(page, address=str(foreign.pk))).content.decode()
        )
        assert not Order.objects.exists()

    @pytest.mark.parametrize("missing", ["expected_total", "token", "item"])
    def test_a_form_that_lacks_something_places_nothing(
        self, member: Client, nuts: Variant, missing: str
    ) -> None:
        sent = filled(member.get(URL, {"variant": nuts.pk}))
        del sent[missing]
        assert member.post(URL, sent).status_code == 200
        assert not Order.objects.exists()

    def test_what_costs_nothing_is_paid_and_shown(self, member: Client) -> None:
        card = make_virtual("0.00")
        answer = member.post(URL, filled(member.get(URL, {"variant": card.pk})))
        order = Order.objects.get()
        assert answer.headers["Location"] == f"/orders/{order.number}/"
        assert order.state == OrderState.RECEIVED

    def test_a_token_of_our_own_form_is_needed(self, buyer: User, nuts: Variant) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(buyer)
        sent = filled(strict.get(URL, {"variant": nuts.pk}))
        assert strict.post(URL, sent).status_code == 403
        assert not Order.objects.exists()

    def test_queries(
        self, member: Client, nuts: Variant, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_shipping_rate()
        sent = filled(member.get(URL, {"variant": nuts.pk}))
        with django_assert_num_queries(28):
            member.post(URL, sent)
        assert Order.objects.count() == 1
