"""Two stories of trust in a browser: a customer who is re-assigned, and a commission that is held,
looked at and released."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from base.accounts.models import User
from distribution.models import Binding, Commission, Distributor
from distribution.money.commissions import mature_commissions
from distribution.referral.relations import bind_by_link
from distribution.risk.findings import find_risks
from distribution.risk.footprints import note_footprints
from distribution.risk.models import Footprint
from orders.models import Order
from orders.refunds import Part
from tests.journeys.conftest import DESK
from tests.make import START, make_distributor, make_order, make_user, pay, receive, refund

pytestmark = pytest.mark.django_db(transaction=True)


def come_in(page: Page, shop: str, user: User) -> None:
    """Signed in, by the session's cookie."""
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": shop}]
    )


def paid_order(buyer: User) -> Order:
    order = make_order(buyer)
    pay(order)
    return order


def test_a_customer_is_reassigned(shop: str, person: Callable[..., Page]) -> None:
    first = make_distributor(make_user("安娜", phone="13900000001"))
    second = make_distributor(make_user("贝拉", phone="13900000002"))
    chen, owner = make_user("陈晨"), make_user("店主", is_staff=True, is_superuser=True)
    buyer, merchant, bella = person(), person(size=DESK), person()

    # The first link binds; the second is remembered and refused, and the member can see why.
    come_in(buyer, shop, chen)
    for distributor in (first, second):
        buyer.goto(f"{shop}/r/{distributor.code}/")
    before = paid_order(chen)
    buyer.goto(f"{shop}/me/")
    buyer.get_by_role("link", name="谁在为我服务").click()
    expect(buyer.locator(".who")).to_contain_text("安**")
    expect(buyer.locator(".events")).to_contain_text("已有有效的绑定，先到先得")

    # The merchant reads the timeline with names, and gives the customer to the second.
    come_in(merchant, shop, owner)
    merchant.goto(f"{shop}/admin/distribution/trace/?q={chen.phone}")
    expect(merchant.locator("#result_list")).to_contain_text("贝拉")
    merchant.goto(f"{shop}/admin/distribution/trace/handover/?giver={first.code}")
    merchant.locator("[name=taker]").fill(second.code)
    merchant.get_by_label("顾客", exact=True).check()
    merchant.get_by_role("button", name="先看看").click()
    expect(merchant.locator("main, #content").first).to_contain_text("陈晨")
    assert Binding.objects.get().ends_at is None
    merchant.locator("form[method=post] [name=reason]").fill("安娜离开")
    merchant.get_by_role("button", name="确认移交").click()
    expect(merchant.locator("body")).to_contain_text("已移交 1 位顾客")
    merchant.goto(f"{shop}/admin/distribution/trace/member/{chen.pk}/")
    expect(merchant.locator("body")).to_contain_text("安娜离开")

    # What was placed stays the first one's; what comes next is the second one's.
    after = paid_order(chen)
    paid = dict(Commission.objects.filter(level=1).values_list("order", "payee__user__name"))
    assert paid == {before.pk: "安娜", after.pk: "贝拉"}

    # The member sees who it is now, and not the merchant's reason; so does the new distributor.
    buyer.reload()
    expect(buyer.locator(".who")).to_contain_text("贝**")
    expect(buyer.locator("main")).not_to_contain_text("安娜离开")
    come_in(bella, shop, second.user)
    bella.goto(f"{shop}/distribution/team/")
    bella.get_by_role("link", name="陈**").click()
    expect(bella.locator("main")).to_contain_text("起由你服务")
    expect(bella.locator("main")).not_to_contain_text("安娜")


def test_a_commission_is_held_and_released(shop: str, person: Callable[..., Page]) -> None:
    anna = make_distributor(make_user("安娜", phone="13900000001"))
    chen, owner = make_user("陈晨"), make_user("店主", is_staff=True, is_superuser=True)
    bind_by_link(chen, anna, at=START)
    merchant, payee = person(size=DESK), person()
    suspicious, other = paid_order(chen), paid_order(make_bound(anna))
    for order in (suspicious, other):
        receive(order)
    for somebody in (anna.user, chen):
        note_footprints(somebody, {Footprint.Kind.ACCOUNT: "6222 0000"}, at=timezone.now())
    assert find_risks(timezone.now()) >= 1
    held = Commission.objects.get(order=suspicious)

    # The merchant is shown the evidence and holds just this commission.
    come_in(merchant, shop, owner)
    merchant.goto(f"{shop}/admin/")
    merchant.get_by_role("link", name=re.compile("待处理风险线索")).click()
    merchant.get_by_role("link", name="同一收款账户").first.click()
    expect(merchant.locator("body")).to_contain_text("登记了同一个收款账户")
    merchant.locator("[name=reason]").fill("先核实")
    merchant.get_by_role("button", name="暂扣所选佣金").click()
    expect(merchant.locator("body")).to_contain_text("已暂扣 1 笔佣金")

    # The payee sees that it waits, why in general, and how to object; the other one goes on.
    come_in(payee, shop, anna.user)
    payee.goto(f"{shop}/distribution/commissions/{held.pk}/")
    expect(payee.locator("main")).to_contain_text("收款信息需要核实")
    expect(payee.locator("main")).to_contain_text("有不同意见")
    expect(payee.locator("main")).not_to_contain_text("陈晨")
    later = timezone.now() + timedelta(days=8)
    assert mature_commissions(later) == 1
    assert Commission.objects.get(matured_at__isnull=False).order == other

    # The buyer notices nothing: part of the money goes back as ever.
    line = suspicious.lines.get()
    assert refund(suspicious, [Part(line.pk, 0, Decimal("1.00"))]).amount == Decimal("1.00")

    # Cleared, with a reason: it matures like any other.
    merchant.locator("[name=reason]").fill("夫妻共用账户，已核实")
    merchant.get_by_role("button", name="没有问题，全部放行").click()
    expect(merchant.locator("body")).to_contain_text("放行 1 笔佣金")
    assert mature_commissions(later) == 1
    payee.reload()
    expect(payee.locator("main")).not_to_contain_text("需要核实")


def make_bound(distributor: Distributor) -> User:
    """Somebody else of theirs, who lives elsewhere."""
    user = make_user("小林")
    bind_by_link(user, distributor, at=START)
    return user
