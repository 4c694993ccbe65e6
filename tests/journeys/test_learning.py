"""Learning and asking, in a browser: a course, a quiz failed and passed, a text copied with one tap,
a question about a commission and its answer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from playwright.sync_api import Page, expect

from distribution.academy.models import Attempt, Enrolment, Taking
from distribution.money.holds import hold_commission
from distribution.referral.relations import bind_by_link
from shop.support.models import Ticket
from tests.academy_make import make_course, make_material, make_quiz
from tests.journeys.conftest import DESK
from tests.journeys.test_reassigned_and_held import come_in
from tests.make import START, make_distributor, make_order, make_user, pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.PRIVATE_ROOT = str(tmp_path)
    cache.clear()


def test_a_course_from_the_first_lesson_to_the_certificate(
    shop: str, person: Callable[..., Page]
) -> None:
    course = make_course("认识坚果", lessons=2)
    make_quiz(course, (1,), (0, 2), name="小测")
    user = make_user("安娜", phone="13900000001")
    make_distributor(user)
    page = person()
    come_in(page, shop, user)

    # Two lessons, each read to its end; then the course leads to its quiz.
    page.goto(f"{shop}/distribution/academy/")
    page.get_by_role("link", name="认识坚果").click()
    page.get_by_role("link", name="开始学习").click()
    for place in (1, 2):
        expect(page.locator("h1")).to_have_text(f"第{place}课")
        page.get_by_role("button", name="读完了").click()
    page.get_by_role("link", name="做测验：小测").click()

    # She hands it in unfinished, then wrong: told what is missing, and never what is right.
    page.get_by_role("button", name="开始作答").click()
    page.get_by_label("甲").first.check()
    page.get_by_role("button", name="交卷").click()
    expect(page.locator("main")).to_contain_text("请选择答案")
    assert Attempt.objects.get().submitted_at is None
    page.get_by_label("甲").last.check()
    page.get_by_role("button", name="交卷").click()
    expect(page.locator(".score")).to_have_text("0%")
    expect(page.locator("main")).to_contain_text("还没通过，再看看课程")
    expect(page.locator("main")).not_to_contain_text("正确答案")

    # Again, and right; the certificate carries her name.
    page.get_by_role("button", name="再答一次").click()
    page.get_by_label("乙").first.check()
    page.get_by_label("甲").last.check()
    page.get_by_label("丙").last.check()
    page.get_by_role("button", name="交卷").click()
    expect(page.locator(".score")).to_have_text("100%")
    page.get_by_role("link", name="看我的证书").click()
    expect(page.locator(".certificate")).to_contain_text("安娜")
    expect(page.locator(".certificate")).to_contain_text(Enrolment.objects.get().certificate or "?")


def test_a_text_is_copied_with_one_tap(shop: str, person: Callable[..., Page]) -> None:
    make_material("晒单文案", body="好吃 {link} 快来")
    user = make_user("安娜", phone="13900000001")
    anna = make_distributor(user)
    page = person()
    come_in(page, shop, user)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=shop)
    page.goto(f"{shop}/distribution/academy/materials/")
    copying = page.locator("article button[data-copies]")
    expect(copying).to_have_text("复制文案")
    copying.click()
    expect(copying).to_have_text("已复制")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"好吃 {shop}/r/{anna.code}/ 快来"
    page.wait_for_load_state("networkidle")
    assert [row.what for row in Taking.objects.all()] == [Taking.What.COPY]


def test_an_objection_and_its_answer(shop: str, person: Callable[..., Page]) -> None:
    buyer, user = make_user("陈晨"), make_user("安娜", phone="13900000001")
    anna = make_distributor(user)
    bind_by_link(buyer, anna, at=START)
    pay(make_order(buyer))
    commission = anna.commissions.get()
    hold_commission(commission, by=None, reason="核实")
    page, clerk = person(), person(size=DESK)
    come_in(page, shop, user)
    come_in(clerk, shop, make_user("客服", is_staff=True, is_superuser=True))

    # From the receipt of the held commission, with everything filled in but her own words.
    page.goto(f"{shop}/distribution/commissions/{commission.pk}/")
    page.get_by_role("link", name="提出异议").click()
    expect(page.locator("form .note")).to_contain_text("关于佣金")
    page.get_by_label("内容").fill("陈晨是我的顾客，不是我自己。")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".bubble.customer")).to_contain_text("不是我自己")
    ticket = Ticket.objects.get()
    assert (ticket.commission, ticket.category) == (commission, "commission")

    # The clerk finds it waiting, answers, and she reads it from her inbox.
    clerk.goto(f"{shop}/admin/support/ticket/?work=waiting")
    clerk.get_by_role("link", name=ticket.number).click()
    clerk.locator(".bo-answer textarea").fill("已核实，今天放行。")
    clerk.get_by_role("button", name="回复顾客").click()
    expect(clerk.locator(".bo-said.bo-staff")).to_contain_text("今天放行")
    page.goto(f"{shop}/me/inbox/")
    page.get_by_role("button", name="客服回复了你").click()
    expect(page.locator(".bubble.staff")).to_contain_text("已核实，今天放行。")
    page.get_by_role("button", name="问题已解决，关闭工单").click()
    expect(page.locator("h1 + .tag")).to_have_text("已关闭")
