"""Buyers hear of their parcels and of their money, once each, and nobody else does."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.inbox import inbox_of, shown
from base.models import InboxMessage
from orders.cancellation import WAIT_FOR_GATEWAY, cancel_order, expire_orders
from orders.models import Order, Repayment
from orders.payments import confirm_payment, start_payment
from orders.refunds import Part, complete_refund, reject_refund, request_refund, withdraw_refund
from orders.repayments import confirm_by_hand
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


def test_an_unpaid_order_that_ran_out_of_time() -> None:
    order = make_order(make_user("小林"), {make_variant("30.00"): 1})
    for _again in range(2):
        expire_orders(at=order.expires_at)
    assert told(order) == [
        (
            "订单已关闭：没有按时付款",
            f"订单 {order.number} 到时间没有付款，已自动关闭，没有收你的钱。还想要的话可以再买一次。",
        )
    ]


def test_an_unpaid_order_that_the_merchant_closed() -> None:
    order = make_order(make_user("小林"), {make_variant("30.00"): 1})
    owner = make_user("店主")
    for _again in range(2):
        cancel_order(order, reason="地址送不到", by=owner)
    assert told(order) == [
        (
            "订单已被商家关闭",
            f"订单 {order.number} 还没有付款，商家把它关闭了。原因：地址送不到",
        )
    ]


def test_who_cancels_by_themselves_knows_it(member: Client, buyer: User) -> None:
    order = make_order(buyer)
    member.post(f"/orders/{order.number}/cancellation/")
    order.refresh_from_db()
    assert (order.state, told(order)) == ("closed", [])


def test_money_that_came_after_all_and_went_back() -> None:
    order = make_order(make_user("小林"), {make_variant("30.00"): 1})
    payment = start_payment(order, "offline")
    owner = make_user("店主")
    expire_orders(at=order.expires_at + WAIT_FOR_GATEWAY)
    confirm_payment(payment.number, amount=payment.amount, gateway_no="G1")
    back = Repayment.objects.get()
    InboxMessage.objects.all().delete()
    for _again in range(2):
        back = confirm_by_hand(back, by=owner, reason="已转回", at=timezone.now())
    assert told(order) == [
        (
            "多付的 ¥30.00 已退回",
            f"订单 {order.number} 付了两次，或关闭以后才到账：多出的 ¥30.00 已经退给你，"
            "到账时间以付款渠道为准。",
        )
    ]


def test_what_was_sent_long_ago_is_no_news(order: Order) -> None:
    ship_order(order, courier="顺丰", tracking_no="SF1", by=None, at=START)
    assert told(order) == []
