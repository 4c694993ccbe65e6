"""Joining, told once in a browser: applied, taken back, refused, approved, frozen, thawed, left."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from base.accounts.models import Consent
from base.models import Notice
from distribution.models import ContactDetails, Distributor, Policy
from distribution.policy import publish_policy
from distribution.states import Status
from tests.journeys.conftest import DESK
from tests.journeys.test_link_to_payout import sign_up
from tests.make import make_agreement, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "13900000002"
PASSWORD = "a-long-enough-secret"


def apply(page: Page, shop: str, *, introduction: str) -> None:
    page.goto(f"{shop}/distribution/join/")
    page.get_by_label("微信号").fill("bella_2026")
    page.get_by_label("所在城市").fill("杭州")
    page.get_by_label("自我介绍").fill(introduction)
    page.locator("input[name=agree]").check()
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("main")).to_contain_text("申请审核中")


def sign_in(page: Page, shop: str, phone: str) -> None:
    page.goto(f"{shop}/accounts/login/password/")
    page.locator("[name=account]").fill(phone)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"{shop}/(?!accounts)"))


def open_application(page: Page, shop: str) -> None:
    page.goto(f"{shop}/admin/")
    page.get_by_role("link", name="待审核分销商").click()
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("杭州")
    expect(row).to_contain_text("安娜")
    row.locator("a").first.click()
    expect(page.locator("#content, main").first).to_contain_text("bella_2026")


def press(page: Page, name: str, says: str, reason: str = "") -> None:
    """Through the dialog of the button, as the merchant does."""
    page.locator("a[hx-get]", has_text=name).first.click()
    dialog = page.locator("#dialog")
    if reason:
        dialog.locator("input[name=reason]").fill(reason)
    dialog.locator("[type=submit]").click()
    expect(page.locator("body")).to_contain_text(says)


def decide(page: Page, name: str, reason: str = "") -> None:
    press(page, name, f"已{name}：", reason)


def versions(distributor: Distributor) -> list[str]:
    given = Consent.objects.filter(document="distribution", user=distributor.user)
    return list(given.order_by("at").values_list("version", flat=True))


def test_apply_be_refused_apply_again_and_be_approved(
    shop: str, anna: str, person: Callable[..., Page]
) -> None:
    publish_policy(by=None, joining=Policy.Joining.APPLY)
    make_user("店主", phone="13900000000", password=PASSWORD, is_staff=True, is_superuser=True)
    bella, merchant = person(), person(size=DESK)
    sign_in(merchant, shop, "13900000000")

    # Anna's link brings Bella, who reads about it and applies.
    bella.goto(f"{shop}/r/{anna}/")
    sign_up(bella, shop, PHONE)
    bella.goto(f"{shop}/recruit/")
    expect(bella.locator("#estimate")).to_contain_text("这是估算，不是承诺")
    bella.get_by_role("link", name="免费申请").first.click()
    apply(bella, shop, introduction="想试试")

    # She has second thoughts, takes it back, and nothing of hers waits or is kept; then applies.
    bella.get_by_role("button", name="不想申请了，撤回").click()
    expect(bella.locator("main")).to_contain_text("联系方式已经删除")
    assert not ContactDetails.objects.exists()
    apply(bella, shop, introduction="还是想试试")

    # Refused with a reason, which she reads; her words are still there when she applies again.
    open_application(merchant, shop)
    decide(merchant, "拒绝", reason="请写明在哪里分享")
    bella.reload()
    expect(bella.locator("main")).to_contain_text("请写明在哪里分享")
    expect(bella.get_by_label("微信号")).to_have_value("bella_2026")
    apply(bella, shop, introduction="小区团长，三个业主群")

    # Approved: she is in, brought in by Anna, and was told both times.
    open_application(merchant, shop)
    decide(merchant, "通过")
    distributor = Distributor.objects.get(user__phone=PHONE)
    assert distributor.status == Status.APPROVED
    assert distributor.recruitments.get().recruiter.user.name == "安娜"
    assert versions(distributor) == ["2026-11"]
    told = Notice.objects.filter(recipient=PHONE, text__contains="分销").order_by("pk")
    assert ["没有通过" in notice.text for notice in told] == [True, False]
    bella.goto(f"{shop}/distribution/")
    expect(bella.get_by_role("heading", name="推广中心").first).to_be_visible()

    # A new agreement is asked for once, on the way to where she was going.
    make_agreement("2027-01", note="写明直播规范")
    bella.goto(f"{shop}/distribution/links/")
    expect(bella.locator("main")).to_contain_text("写明直播规范")
    bella.locator("input[name=agree]").check()
    bella.get_by_role("button", name="同意并继续").click()
    bella.wait_for_url(f"{shop}/distribution/links/")
    assert versions(distributor) == ["2026-11", "2027-01"]

    # Frozen with a reason: she reads it, and cannot slip away while it is looked into.
    merchant.goto(f"{shop}/admin/distribution/distributor/{distributor.pk}/change/")
    press(merchant, "冻结", "状态已更新", "核对几笔订单")
    bella.goto(f"{shop}/distribution/")
    expect(bella.locator("main")).to_contain_text("核对几笔订单")
    bella.goto(f"{shop}/distribution/resignation/")
    expect(bella.locator("main")).to_contain_text("账号冻结期间不能自行退出")
    expect(bella.get_by_role("button", name="确定退出")).to_have_count(0)
    press(merchant, "通过 / 解冻", "现在状态正常", "核对无误")

    # She leaves, knowing what becomes of her money, and keeps its sight.
    bella.goto(f"{shop}/distribution/resignation/")
    expect(bella.locator("main")).to_contain_text("照常成熟")
    bella.locator("input[name=sure]").check()
    bella.get_by_role("button", name="确定退出").click()
    expect(bella.locator("main")).to_contain_text("你已退出")
    distributor.refresh_from_db()
    assert distributor.status == Status.RESIGNED
    assert [standing.status for standing in distributor.standings.all()] == [
        "applied", "withdrawn", "applied", "rejected", "applied", "approved", "frozen", "approved",
        "resigned",
    ]  # fmt: skip
