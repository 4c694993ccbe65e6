from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from base.accounts.models import User
from catalog.models import Product, Variant
from orders import registries
from orders.models import CartLine, LineDiscount, Order, Refund
from orders.refunds import Part, cancel_paid_order, reject_refund, request_refund
from orders.registries import Discount
from orders.states import OrderState, RefundState
from tests.make import (
    make_order,
    make_product,
    make_shipping_rate,
    make_user,
    make_variant,
    make_virtual,
    pay,
    receive,
    refund,
    ship,
)

HTMX = {"HX-Request": "true"}


def url_of(order: Order) -> str:
    return f"/orders/{order.number}/"


def text_of(member: Client, order: Order) -> str:
    return member.get(url_of(order)).content.decode()


def all_of(order: Order) -> list[Part]:
    return [Part(line.pk, line.quantity, line.paid) for line in order.lines.all()]


class TestTheList:
    def test_it_shows_ones_own_orders_only(self, member: Client, buyer: User) -> None:
        mine, foreign = make_order(buyer), make_order(make_user("别人"))
        text = member.get("/orders/").content.decode()
        assert mine.number in text
        assert foreign.number not in text
        assert Client().get("/orders/").status_code == 302

    def test_by_state(self, member: Client, buyer: User) -> None:
        unpaid, paid, sent, asked = (make_order(buyer) for _ in range(4))
        for order in (paid, sent, asked):
            pay(order)
        ship(sent)
        request_refund(asked, all_of(asked))
        shown = {
            state: {
                order.number
                for order in (unpaid, paid, sent, asked)
                if order.number in member.get("/orders/", {"state": state}).content.decode()
            }
            for state in ("", "unpaid", "paid", "shipped", "received", "after_sale", "nonsense")
        }
        every = {unpaid.number, paid.number, sent.number, asked.number}
        assert shown == {
            "": every,
            "unpaid": {unpaid.number},
            "paid": {paid.number, asked.number},
            "shipped": {sent.number},
            "received": set(),
            "after_sale": {asked.number},
            "nonsense": every,
        }

    def test_by_number_name_and_article(self, member: Client, buyer: User) -> None:
        nuts = make_variant(product=make_product("每日坚果", name_en="Daily nuts"))
        found, other = make_order(buyer, {nuts: 1}), make_order(buyer)
        for words in (found.number, found.number[-6:].lower(), "坚果", "daily", nuts.sku.lower()):
            text = member.get("/orders/", {"q": words}).content.decode()
            assert (found.number in text, other.number in text) == (True, words == "坚果")
        assert "没有符合条件的订单" in member.get("/orders/", {"q": "100%_"}).content.decode()

    def test_by_pages_that_keep_the_rest_of_the_query(self, member: Client, buyer: User) -> None:
        for _ in range(11):
            make_order(buyer)
        text = member.get("/orders/", {"state": "unpaid"}).content.decode()
        assert text.count("order-card") == 10
        assert "?state=unpaid&amp;page=2" in text
        text = member.get("/orders/", {"state": "unpaid", "page": 2}).content.decode()
        assert text.count("order-card") == 1

    def test_somebody_without_orders_is_led_to_the_shop(self, member: Client) -> None:
        assert "这里还没有订单" in member.get("/orders/").content.decode()

    def test_queries(
        self, member: Client, buyer: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_order(buyer)
        with django_assert_num_queries(5):
            member.get("/orders/")
        for _ in range(2):
            make_order(buyer, {make_variant(): 1, make_variant(): 1})
        with django_assert_num_queries(5):
            member.get("/orders/", {"q": "坚果"})

    def test_taken_away_as_it_is_filtered(self, member: Client, buyer: User) -> None:
        nuts = make_variant("12.50", product=make_product("=坚果"))
        order = make_order(buyer, {nuts: 2})
        make_order(make_user("别人"))
        pay(order)
        make_order(buyer)
        answer = member.get("/orders/", {"format": "csv", "state": "paid"})
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        header, row = b"".join(answer).decode("utf-8-sig").splitlines()
        assert header == "订单号,下单时间,状态,商品,件数,应付,已退,付款时间"
        assert row.startswith(f"{order.number},") and f",'=坚果 × 2,2,{order.total},0.00," in row

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries_of_the_table(
        self,
        member: Client,
        buyer: User,
        number: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(number):
            make_order(buyer)
        with django_assert_num_queries(4):  # session, user, orders, lines
            rows = b"".join(member.get("/orders/?format=csv")).splitlines()
        assert len(rows) == number + 1


class TestOneOrder:
    def test_strangers_numbers_are_no_numbers(self, member: Client) -> None:
        foreign = make_order(make_user("别人"))
        pay(foreign)
        asked = request_refund(foreign, all_of(foreign))
        assert member.get(url_of(foreign)).status_code == 404
        assert member.get(f"{url_of(foreign)}refund/").status_code == 404
        for noun in (
            "cancellation",
            "receipt",
            "repetition",
            "refund",
            "payment",
            f"refunds/{asked.number}/withdrawal",
        ):
            assert member.post(f"{url_of(foreign)}{noun}/").status_code == 404
        foreign.refresh_from_db()
        asked.refresh_from_db()
        assert (foreign.state, asked.state) == (OrderState.PAID, RefundState.REQUESTED)

    def test_what_it_tells_on_its_way(self, member: Client, buyer: User) -> None:
        order = make_order(buyer, {make_variant("10.00"): 2}, note="放门口")
        text = text_of(member, order)
        assert all(words in text for words in ("待付款", "前付款", "去付款", "取消订单", "放门口"))
        pay(order)
        text = text_of(member, order)
        assert all(words in text for words in ("待发货", "商家正在准备发货", "取消订单"))
        assert "去付款" not in text
        ship(order)
        text = text_of(member, order)
        parcel = order.shipments.get()
        assert all(words in text for words in ("待收货", "顺丰", parcel.tracking_no, "确认收货"))
        assert "取消订单" not in text
        receive(order)
        text = text_of(member, order)
        assert all(words in text for words in ("已完成", "申请售后", "再次购买"))
        assert "确认收货" not in text

    def test_amounts_with_discounts_shipping_and_refunds(
        self, member: Client, buyer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_shipping_rate("8.00")
        monkeypatch.setitem(
            registries.discount_sources,
            "coupon",
            lambda lines, buyer, chosen: Discount("新人券", Decimal("5.00"), [0, 1]),
        )
        order = make_order(buyer, {make_variant("10.00"): 2, make_variant("30.00"): 1})
        assert LineDiscount.objects.count() == 2
        pay(order)
        refund(order, [Part(order.lines.all()[0].pk, 1, Decimal("9.00"))])
        text = text_of(member, order)
        for amount in ("¥50.00", "−¥5.00", "¥8.00", "−¥9.00", "已退 1 件，¥9.00"):
            assert amount in text

    def test_virtual_goods_are_shown_once_they_are_paid(self, member: Client, buyer: User) -> None:
        order = make_order(buyer, {make_virtual(delivery_note="VIP-8K2M"): 1})
        assert "VIP-8K2M" not in text_of(member, order)
        pay(order)
        assert "VIP-8K2M" in text_of(member, order)

    def test_after_sales_with_their_answers(self, member: Client, buyer: User) -> None:
        order = make_order(buyer, {make_variant("10.00"): 3})
        pay(order)
        asked = request_refund(
            order, [Part(order.lines.get().pk, 1, Decimal("10.00"))], note="碎了", reason="damaged"
        )
        text = text_of(member, order)
        assert all(words in text for words in ("待商家处理", "收到时破损", "碎了", "撤销申请"))
        assert "处理好以后再发货" in text
        reject_refund(asked, by=None, answer="请附照片")
        text = text_of(member, order)
        assert all(words in text for words in ("商家已拒绝", "请附照片"))
        assert "撤销申请" not in text

    def test_an_order_that_goes_back_is_not_about_to_be_sent(
        self, member: Client, buyer: User
    ) -> None:
        order = make_order(buyer)
        pay(order)
        cancel_paid_order(order)
        text = text_of(member, order)
        assert all(words in text for words in ("退款中", "钱正在原路退回"))
        assert "取消订单" not in text
        assert "申请退款" not in text.replace("申请退款 ¥", "")

    def test_when_the_time_is_up_it_cannot_be_paid(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        text = text_of(member, order)
        assert "付款时间已过" in text
        assert "去付款" not in text

    def test_htmx_hears_only_news(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        seen = "?seen=unpaid000"
        assert f'hx-get="{url_of(order)}{seen}"' in text_of(member, order)
        assert member.get(url_of(order) + seen, headers=HTMX).status_code == 204
        pay(order)
        answer = member.get(url_of(order) + seen, headers=HTMX)
        assert "待发货" in answer.content.decode()
        assert "<html" not in answer.content.decode()

    def test_a_resting_order_is_not_polled(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        assert 'hx-trigger="every 5s"' in text_of(member, order)
        pay(order)
        assert 'hx-trigger="every 20s"' in text_of(member, order)
        receive(order)
        assert 'hx-trigger="every' not in text_of(member, order)

    def test_it_speaks_english(self, member: Client, buyer: User) -> None:
        nuts = make_variant(product=make_product("坚果", name_en="Daily nuts"))
        order = make_order(buyer, {nuts: 1})
        assert "Daily nuts" in member.get(f"/en{url_of(order)}").content.decode()

    def test_queries(
        self, member: Client, buyer: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        order = make_order(buyer)
        with django_assert_num_queries(8):
            member.get(url_of(order))
        order = make_order(buyer, {make_variant("9.00"): 2, make_variant(): 1, make_variant(): 1})
        pay(order)
        for line in order.lines.all():
            request_refund(order, [Part(line.pk, 1, line.price)])
        ship_all(order)
        with django_assert_num_queries(9):
            member.get(url_of(order))


def ship_all(order: Order) -> None:
    Refund.objects.filter(order=order).update(state=RefundState.WITHDRAWN)
    ship(order)
    ship(order)


class TestActing:
    def test_cancelling_an_unpaid_order(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        for _ in range(2):
            answer = member.post(f"{url_of(order)}cancellation/", follow=True)
            assert answer.redirect_chain == [(url_of(order), 302)]
            assert "订单已取消。" in answer.content.decode()
        order.refresh_from_db()
        assert (order.state, order.close_reason) == (OrderState.CLOSED, "买家取消")

    def test_cancelling_a_paid_unsent_order(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        pay(order)
        for _ in range(2):
            answer = member.post(f"{url_of(order)}cancellation/", follow=True)
            assert "钱会退回原支付账户" in answer.content.decode()
        assert Refund.objects.get().amount == order.total

    def test_a_sent_order_is_not_cancelled(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        pay(order)
        ship(order)
        answer = member.post(f"{url_of(order)}cancellation/", follow=True)
        assert "订单已发货，请申请售后。" in answer.content.decode()
        assert not Refund.objects.exists()

    def test_receiving_twice_is_one_receipt(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        pay(order)
        ship(order)
        for _ in range(2):
            answer = member.post(f"{url_of(order)}receipt/", follow=True)
            assert "已确认收货。" in answer.content.decode()
        assert order.events.filter(kind="received").count() == 1

    def test_receiving_too_early_says_why_not(self, member: Client, buyer: User) -> None:
        order = make_order(buyer)
        pay(order)
        answer = member.post(f"{url_of(order)}receipt/", follow=True)
        assert "订单还没有发货。" in answer.content.decode()

    def test_buying_again_fills_the_cart_with_what_is_still_there(
        self, member: Client, buyer: User
    ) -> None:
        nuts, tea, gone = make_variant(), make_variant(), make_variant()
        order = make_order(buyer, {nuts: 2, tea: 1, gone: 1})
        Variant.objects.filter(pk=tea.pk).update(stock=0)
        Product.objects.filter(pk=gone.product_id).update(is_active=False)
        answer = member.post(f"{url_of(order)}repetition/", follow=True)
        text = answer.content.decode()
        assert answer.redirect_chain == [("/cart/", 302)]
        assert all(words in text for words in ("已售罄", "已下架", "已加入购物车"))
        assert list(CartLine.objects.values_list("variant", "quantity")) == [(nuts.pk, 2)]

    def test_buying_again_what_is_gone_stays_with_the_order(
        self, member: Client, buyer: User
    ) -> None:
        gone = make_variant(stock=1)
        order = make_order(buyer, {gone: 1})
        answer = member.post(f"{url_of(order)}repetition/", follow=True)
        assert answer.redirect_chain == [(url_of(order), 302)]
        assert "已售罄" in answer.content.decode()

    @pytest.mark.parametrize("noun", ["cancellation", "receipt", "repetition"])
    def test_only_posts_with_our_token_act(self, buyer: User, noun: str) -> None:
        order = make_order(buyer)
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(buyer)
        assert strict.get(f"{url_of(order)}{noun}/").status_code == 405
        assert strict.post(f"{url_of(order)}{noun}/").status_code == 403
        assert Client().post(f"{url_of(order)}{noun}/").status_code == 302
        order.refresh_from_db()
        assert order.state == OrderState.UNPAID
