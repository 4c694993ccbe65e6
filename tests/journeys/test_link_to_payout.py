"""The business, told once from end to end in a browser: from a referral link to money paid out."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from base.accounts.models import User
from base.clock import beijing_date
from distribution.models import Commission, Distributor
from distribution.money.balances import Money, balance_of
from distribution.money.commissions import mature_commissions
from orders.models import Order
from orders.shipping import ship_order
from orders.states import OrderState
from payouts.books import check_books
from payouts.runs import run_due
from payouts.sending import send_payouts
from tests.journeys.conftest import DESK

pytestmark = pytest.mark.django_db(transaction=True)


def sign_up(page: Page, shop: str, phone: str) -> None:
    """With a code read from the sandbox's phone."""
    page.goto(f"{shop}/accounts/signup/")
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.locator("#code-field [role=status]")).to_contain_text("已发到", timeout=15_000)
    phone_page = page.context.new_page()
    phone_page.goto(f"{shop}/sandbox/phone/?to={phone}")
    code = re.search(r"\b\d{6}\b", phone_page.locator("main").inner_text())
    assert code is not None
    phone_page.close()
    page.get_by_label("验证码").fill(code.group())
    page.locator("input[name=agrees]").check()
    page.get_by_role("button", name="注册", exact=True).click()
    page.wait_for_url(re.compile(rf"{shop}/(?!accounts)"))


def buy(page: Page, shop: str) -> Order:
    """The one product of the shop: to the cashier, paid, and back."""
    page.goto(shop)
    page.locator("a[href^='/p/']").first.click()
    page.get_by_role("button", name="立即购买").first.click()
    page.get_by_label("收货人").fill("小陈")
    page.locator("[name=phone]").fill("13900000009")
    page.locator("select[name=province]").select_option("浙江省")
    # The script turns the two fields into lists.
    page.locator("select[name=city]").select_option("杭州市")
    page.locator("select[name=district]").select_option("西湖区")
    page.get_by_label("详细地址").fill("文三路 1 号")
    page.get_by_role("button", name="提交订单").click()
    page.get_by_role("button", name=re.compile("去付款")).click()
    page.get_by_role("button", name="支付成功", exact=True).click()
    expect(page.locator("main")).to_contain_text("支付成功")
    order = Order.objects.latest("pk")
    assert order.state == OrderState.PAID
    return order


def join(page: Page, shop: str) -> None:
    page.goto(f"{shop}/distribution/join/")
    page.locator("input[type=checkbox]").first.check()
    page.get_by_role("button", name=re.compile("加入|申请")).first.click()
    page.wait_for_url(f"{shop}/distribution/")


def money_of(phone: str) -> Money:
    return balance_of(Distributor.objects.get(user__phone=phone))


def test_from_a_link_to_money_paid_out(shop: str, anna: str, person: Callable[..., Page]) -> None:
    bella, chen = person(), person(size=DESK)

    # A's link brings B, who buys: level 1 for A.
    bella.goto(f"{shop}/?r={anna}")
    expect(bella).to_have_url(f"{shop}/")
    sign_up(bella, shop, "13900000002")
    first = buy(bella, shop)
    assert list(Commission.objects.values_list("level", "payee__user__phone", "amount")) == [
        (1, "13900000001", Decimal("19.80"))
    ]

    # B joins; B's link brings C, who buys: level 1 for B, level 2 for A, and nobody above.
    join(bella, shop)
    code = Distributor.objects.get(user__phone="13900000002").code
    chen.goto(f"{shop}/r/{code}/")
    sign_up(chen, shop, "13900000003")
    second = buy(chen, shop)
    booked = Commission.objects.filter(order=second).order_by("level")
    assert list(booked.values_list("level", "payee__user__phone", "amount")) == [
        (1, "13900000002", Decimal("19.80")),
        (2, "13900000001", Decimal("9.90")),
    ]
    bella.goto(f"{shop}/distribution/")
    expect(bella.locator("main")).to_contain_text("19.80")

    # Sent by the merchant, received by the buyers.
    for page, order in ((bella, first), (chen, second)):
        ship_order(order, courier="顺丰", tracking_no=f"SF{order.pk}", by=None)
        page.goto(f"{shop}/orders/{order.number}/")
        page.locator("button[popovertarget=receive]").first.click()
        page.locator("#receive").get_by_role("button", name="确认收货").click()
        expect(page.locator("main")).to_contain_text("已完成")

    # Days pass; the week's payout.
    later = timezone.now() + timedelta(days=8)
    assert mature_commissions(later) == 3
    monday = beijing_date(later) + timedelta(days=(1 - beijing_date(later).isoweekday()) % 7)
    (run,) = run_due(monday, at=later)
    assert run.payouts.count() == 2
    assert send_payouts(at=later) == 2
    assert (money_of("13900000001").paid, money_of("13900000002").paid) == (
        Decimal("29.70"),
        Decimal("19.80"),
    )
    bella.goto(f"{shop}/payouts/")
    expect(bella.locator("main")).to_contain_text("已付款")
    expect(bella.locator("main")).to_contain_text("19.80")
    assert check_books() == []
    assert User.objects.filter(phone__startswith="1390000000").count() == 3
