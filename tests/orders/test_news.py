"""Buyers hear of their parcels and of their money, once each, and nobody else does."""

from decimal import Decimal

import pytest

from base.inbox import inbox_of, shown
from base.models import InboxMessage
from orders.models import Order
from orders.refunds import Part, complete_refund, reject_refund, request_refund, withdraw_refund
from orders.shipping import ship_order
from tests.make import START, make_order, make_user, make_variant, pay, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    order = make_order(make_user("小林"), {make_variant("30.00"): 2})
    pay(order)
    return order


def told(order: Order) -> list[tuple[str, str]]:
    return [(message.title, message.text) for message in shown(inbox_of(order.user))]


def asked(order: Order, amount: str = "30.00") -> list[Part]:
    return [Part(order.lines.get().pk, 1, Decimal(amount))]


def test_each_parcel_once(order: Order) -> None:
    for number in ("SF1", "SF1", "SF2"):
        ship_order(order, courier="顺丰", tracking_no=number, by=None)
    assert told(order) == [
        ("包裹已发出", f"订单 {order.number} 的包裹由顺丰发出，运单号 SF2。"),
        ("包裹已发出", f"订单 {order.number} 的包裹由顺丰发出，运单号 SF1。"),
    ]
    assert {message.link for message in shown(InboxMessage.objects.all())} == {
        f"/orders/{order.number}/"
    }
    assert InboxMessage.objects.exclude(user=order.user).count() == 0


def test_money_that_is_back(order: Order) -> None:
    back = refund(order, asked(order, "12.50"))
    complete_refund(back)
    assert told(order) == [
        ("已退款 ¥12.50", f"订单 {order.number} 的 ¥12.50 已经退给你，到账时间以付款渠道为准。")
    ]


def test_a_refusal_with_the_answer(order: Order) -> None:
    found = request_refund(order, asked(order))
    for _again in range(2):
        reject_refund(found, by=None, answer="已过七天")
    assert told(order) == [
        (
            "售后申请没有通过",
            f"订单 {order.number} 申请退 ¥30.00，商家没有同意。商家的答复：已过七天",
        )
    ]


def test_what_the_buyer_does_is_no_news_to_them(order: Order) -> None:
    withdraw_refund(request_refund(order, asked(order)))
    assert told(order) == []


def test_what_was_sent_long_ago_is_no_news(order: Order) -> None:
    ship_order(order, courier="顺丰", tracking_no="SF1", by=None, at=START)
    assert told(order) == []
