"""Joining: readable for everybody, one POST, and everybody sees how they stand."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from base.accounts.models import Consent, User
from distribution.models import ContactDetails, Distributor, Policy
from distribution.policy import publish_policy
from distribution.programme.people import join, set_status
from distribution.states import Status
from orders.models import Order
from tests.make import (
    make_agreement,
    make_distributor,
    make_order,
    make_user,
    make_variant,
    pay,
    receive,
)

pytestmark = pytest.mark.django_db

FIRST_VERSION = "2026-11"

Pages = Callable[[Distributor | User], Client]
JOIN = "/distribution/join/"
WITHDRAWAL = "/distribution/application/withdrawal/"
AGREED = {"agree": "on", "version": FIRST_VERSION}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def pay_for(user: User, price: str) -> Order:
    order = make_order(user, {make_variant(price): 1})
    pay(order)
    return order


@pytest.fixture
def user() -> User:
    return make_user("小林")


class TestReading:
    def test_a_guest_may_read_and_is_led_back_after_signing_in(self, guest: Client) -> None:
        html = text_of(guest.get(JOIN))
        assert "二级佣金" in html and "完全免费" in html
        assert f'href="/accounts/login/?next={JOIN}"' in html
        assert "<form" not in html.split("<main")[1].split("</main>")[0]

    def test_one_level_is_not_called_two(self, guest: Client) -> None:
        publish_policy(by=None, two_levels=False)
        html = text_of(guest.get(JOIN))
        assert "只有这一级" in html and "两句话说完" in html and "二级佣金" not in html

    def test_the_agreement_in_both_languages(self, guest: Client) -> None:
        chinese = text_of(guest.get("/distribution/agreement/"))
        assert "分销协议" in chinese and FIRST_VERSION in chinese
        english = text_of(guest.get(f"/en/distribution/agreement/{FIRST_VERSION}/"))
        assert "Joining is free" in english

    @pytest.mark.parametrize("version", ["1999-01", "base", "..", "2026-11.zh"])
    def test_a_version_that_never_was(self, guest: Client, version: str) -> None:
        assert guest.get(f"/distribution/agreement/{version}/").status_code == 404


class TestJoining:
    def test_open_to_everybody(self, user: User, pages_of: Pages) -> None:
        publish_policy(by=None, joining=Policy.Joining.OPEN)
        answer = pages_of(user).post(JOIN, AGREED, follow=True)
        assert answer.redirect_chain == [("/distribution/", 302)]
        assert Distributor.objects.get(pk=user.pk).status == Status.APPROVED
        assert "欢迎加入" in text_of(answer)
        consent = Consent.objects.get(user=user)
        assert (consent.document, consent.version) == ("distribution", FIRST_VERSION)

    def test_on_application(self, user: User, pages_of: Pages) -> None:
        browser = pages_of(user)
        answer = browser.post(JOIN, AGREED, follow=True)
        assert answer.redirect_chain == [(JOIN, 302)]
        assert "申请审核中" in text_of(answer)
        assert Distributor.objects.get(pk=user.pk).status == Status.APPLIED
        waiting = browser.get("/distribution/", follow=True)
        assert "申请审核中" in text_of(waiting) and waiting.redirect_chain == [(JOIN, 302)]

    def test_how_to_be_reached_is_kept(self, user: User, pages_of: Pages) -> None:
        values = {
            **AGREED,
            "wechat": "lin_2026",
            "phone": "+86 139-0000-0001",
            "city": "杭州",
            "introduction": "小区团长",
        }
        pages_of(user).post(JOIN, values)
        kept = ContactDetails.objects.get(pk=user.pk)
        assert (kept.wechat, kept.phone, kept.city, kept.introduction) == (
            "lin_2026",
            "13900000001",
            "杭州",
            "小区团长",
        )
        assert (kept.masked_wechat, kept.masked_phone) == ("li****6", "139****0001")

    @pytest.mark.parametrize(
        ("name", "value"), [("wechat", "我的微信"), ("wechat", "ab"), ("phone", "12345")]
    )
    def test_what_cannot_reach_anybody(
        self, user: User, pages_of: Pages, name: str, value: str
    ) -> None:
        html = text_of(pages_of(user).post(JOIN, AGREED | {name: value}))
        assert 'aria-invalid="true"' in html and value in html
        assert not Distributor.objects.exists() and not Consent.objects.exists()

    def test_one_way_to_reach_them_has_to_be_left(self, pages_of: Pages) -> None:
        user = User.objects.create_user(None, email="lin@example.com", name="小林")
        html = text_of(pages_of(user).post(JOIN, AGREED))
        assert "请留下微信号或联系电话" in html
        assert not Distributor.objects.exists() and not Consent.objects.exists()

    def test_another_version_than_the_one_read(self, user: User, pages_of: Pages) -> None:
        make_agreement("2027-01")
        browser = pages_of(user)
        answer = browser.post(JOIN, AGREED | {"city": "杭州"})
        html = text_of(answer)
        assert "协议刚刚有了新版本" in html and "2027-01" in html
        assert not Distributor.objects.exists() and not Consent.objects.exists()
        # What they typed is still there; the new version is the one to be ticked, and is not yet.
        again = answer.context["form"]
        assert (again["version"].value(), again["city"].value()) == ("2027-01", "杭州")
        assert not again["agree"].value()
        browser.post(JOIN, {"agree": "on", "version": again["version"].value()})
        assert Consent.objects.get().version == "2027-01"

    def test_nobody_agrees_to_what_they_were_not_shown(self, user: User, pages_of: Pages) -> None:
        html = text_of(pages_of(user).post(JOIN, {"agree": "on"}))
        assert "协议刚刚有了新版本" in html
        assert not Distributor.objects.exists() and not Consent.objects.exists()

    def test_after_spending_shows_what_is_missing(self, user: User, pages_of: Pages) -> None:
        publish_policy(by=None, joining=Policy.Joining.SPENT, joining_spend=Decimal("100.00"))
        browser = pages_of(user)
        receive(pay_for(user, "70.00"))
        html = text_of(browser.get(JOIN))
        assert "还差 ¥30.00" in html and 'value="70"' in html and 'name="agree"' not in html
        refused = text_of(browser.post(JOIN, AGREED))
        assert "累计消费还差 ¥30.00 就可以加入。" in refused
        assert not Distributor.objects.exists()
        receive(pay_for(user, "30.00"))
        assert "你已经达到条件" in text_of(browser.get(JOIN))
        browser.post(JOIN, AGREED)
        assert Distributor.objects.get(pk=user.pk).status == Status.APPROVED

    def test_after_a_first_order(self, user: User, pages_of: Pages) -> None:
        publish_policy(by=None, joining=Policy.Joining.FIRST_ORDER)
        browser = pages_of(user)
        html = text_of(browser.get(JOIN))
        assert "还差一笔完成的订单" in html and "不用先买" not in html
        refused = text_of(browser.post(JOIN, AGREED))
        assert "完成一笔订单（收货且没有退款）后就可以加入。" in refused
        assert not Distributor.objects.exists()
        receive(pay_for(user, "1.00"))
        browser.post(JOIN, AGREED)
        assert Distributor.objects.get(pk=user.pk).status == Status.APPROVED

    def test_twice_is_once(self, user: User, pages_of: Pages) -> None:
        browser = pages_of(user)
        for _ in range(2):
            browser.post(JOIN, AGREED)
        assert Distributor.objects.get(pk=user.pk).standings.count() == 1

    def test_by_appointment_only(self, user: User, pages_of: Pages) -> None:
        publish_policy(by=None, joining=Policy.Joining.APPOINTED)
        browser = pages_of(user)
        assert "由商家邀请加入" in text_of(browser.get(JOIN))
        assert "/me/tickets/new/" in text_of(browser.get(JOIN))  # whom to ask is a touch away
        # From a page that was opened before the merchant closed the door.
        answer = browser.post(JOIN, AGREED)
        assert 'role="alert"><p>目前仅由商家邀请加入，请联系客服。</p>' in text_of(answer)
        assert not Distributor.objects.exists()

    def test_what_is_wrong_is_not_hidden_under_a_long_page(
        self, user: User, pages_of: Pages
    ) -> None:
        browser = pages_of(user)
        assert "三句话说完" in text_of(browser.get(JOIN))
        html = text_of(browser.post(JOIN, AGREED | {"phone": "12"}))
        assert "三句话说完" not in html and 'aria-invalid="true"' in html

    def test_without_agreeing_nothing_happens(self, user: User, pages_of: Pages) -> None:
        html = text_of(pages_of(user).post(JOIN, {}))
        assert "请先阅读并同意《分销协议》。" in html
        assert not Distributor.objects.exists() and not Consent.objects.exists()

    def test_a_guest_cannot(self, guest: Client) -> None:
        answer = guest.post(JOIN, AGREED)
        assert (answer.status_code, answer["Location"]) == (302, JOIN)
        assert not Distributor.objects.exists()

    def test_who_is_in_goes_to_their_pages(self, pages_of: Pages) -> None:
        assert pages_of(make_distributor()).get(JOIN)["Location"] == "/distribution/"


class TestHowOneStands:
    def changed(self, person: Distributor, status: Status) -> Distributor:
        return set_status(person, status, by=None, reason="资料不完整")

    def test_rejected_sees_why_and_may_ask_again(self, user: User, pages_of: Pages) -> None:
        self.changed(join(user), Status.REJECTED)
        browser = pages_of(user)
        html = text_of(browser.get(JOIN))
        assert "申请没有通过" in html and "资料不完整" in html
        browser.post(JOIN, AGREED)
        assert Distributor.objects.get(pk=user.pk).status == Status.APPLIED

    @pytest.mark.parametrize("status", [Status.REJECTED, Status.RESIGNED, Status.WITHDRAWN])
    def test_nobody_is_told_to_ask_again_where_the_merchant_alone_appoints(
        self, user: User, pages_of: Pages, status: Status
    ) -> None:
        person = make_distributor(user) if status == Status.RESIGNED else join(user)
        self.changed(person, status)
        browser = pages_of(user)
        assert "再" in text_of(browser.get(JOIN)) and 'name="agree"' in text_of(browser.get(JOIN))
        publish_policy(by=None, joining=Policy.Joining.APPOINTED)
        html = text_of(browser.get(JOIN))
        assert "由商家邀请加入" in html and "/me/tickets/new/" in html
        assert "再次申请" not in html and "再申请" not in html

    def test_an_applicant_takes_it_back_and_is_forgotten(self, user: User, pages_of: Pages) -> None:
        browser = pages_of(user)
        browser.post(JOIN, AGREED | {"wechat": "lin_2026"})
        assert WITHDRAWAL in text_of(browser.get(JOIN))
        assert browser.get(WITHDRAWAL).status_code == 405
        for _ in range(2):
            answer = browser.post(WITHDRAWAL, follow=True)
            assert "申请已撤回" in text_of(answer)
        person = Distributor.objects.get(pk=user.pk)
        assert [s.status for s in person.standings.all()] == ["applied", "withdrawn"]
        assert not ContactDetails.objects.exists()
        html = text_of(browser.get(JOIN))
        assert "联系方式已经删除" in html and 'name="agree"' in html and WITHDRAWAL not in html
        browser.post(JOIN, AGREED)
        person.refresh_from_db()
        assert person.status == Status.APPLIED

    def test_an_applicants_details_are_theirs_until_they_are_forgotten(
        self, user: User, pages_of: Pages
    ) -> None:
        browser, address = pages_of(user), "/distribution/contact/"
        browser.post(JOIN, AGREED | {"wechat": "lin_2026"})
        html = text_of(browser.get(address))
        assert "lin_2026" in html and "我的申请" in html
        assert "room-tabs" not in html  # no rooms of money yet
        browser.post(address, {"city": "杭州", "wechat": "lin_2027"})
        assert ContactDetails.objects.get().wechat == "lin_2027"
        browser.post(WITHDRAWAL)
        assert browser.get(address)["Location"] == JOIN
        assert browser.post(address, {"wechat": "lin_2028"})["Location"] == JOIN
        assert not ContactDetails.objects.exists()
        former = self.changed(make_distributor(), Status.RESIGNED)
        assert "room-tabs" in text_of(pages_of(former).get(address))

    def test_who_is_in_has_no_application_to_take_back(self, pages_of: Pages) -> None:
        person = make_distributor()
        answer = pages_of(person).post(WITHDRAWAL)
        assert answer["Location"] == JOIN
        person.refresh_from_db()
        assert person.status == Status.APPROVED

    def test_who_asks_again_still_sees_their_money(self, pages_of: Pages) -> None:
        person = self.changed(make_distributor(), Status.RESIGNED)
        join(person.user)
        html = text_of(pages_of(person).get(JOIN))
        assert "申请审核中" in html and "佣金明细" in html

    def test_resigned_keeps_the_sight_of_their_money(self, pages_of: Pages) -> None:
        person = self.changed(make_distributor(), Status.RESIGNED)
        browser = pages_of(person)
        html = text_of(browser.get("/distribution/", follow=True))
        assert "你已退出推广" in html and "资料不完整" in html
        for path in ("/distribution/commissions/", "/distribution/orders/", "/payouts/"):
            assert browser.get(path).status_code == 200, path
        for path in ("/distribution/links/", "/distribution/team/"):
            assert browser.get(path)["Location"] == JOIN, path

    def test_banned_sees_why_and_cannot_come_back(self, pages_of: Pages) -> None:
        person = self.changed(make_distributor(), Status.BANNED)
        browser = pages_of(person)
        html = text_of(browser.get(JOIN))
        assert "推广资格已被取消" in html and "资料不完整" in html
        assert 'name="agree"' not in html
        html = text_of(browser.post(JOIN, AGREED))
        person.refresh_from_db()
        assert person.status == Status.BANNED and "不能再次加入" in html

    def test_frozen_stays_in_with_the_reason(self, pages_of: Pages) -> None:
        person = self.changed(make_distributor(), Status.FROZEN)
        html = text_of(pages_of(person).get("/distribution/"))
        assert "账号已冻结" in html and "资料不完整" in html


@pytest.mark.parametrize(
    "path",
    [
        "/distribution/",
        "/distribution/links/",
        "/distribution/commissions/",
        "/distribution/commissions/1/",
        "/distribution/orders/",
        "/distribution/team/",
        "/distribution/contact/",
        "/distribution/resignation/",
        "/distribution/agreement/acceptance/",
        "/payouts/",
        "/payouts/J1/",
    ],
)
class TestWhoMayComeIn:
    def test_a_guest_signs_in_first_and_comes_back(self, guest: Client, path: str) -> None:
        assert guest.get(path)["Location"] == f"/accounts/login/?next={path}"

    def test_a_shopper_is_shown_how_to_join(self, user: User, pages_of: Pages, path: str) -> None:
        assert pages_of(user).get(path)["Location"] == JOIN


def test_who_waits_while_the_door_opens_is_told_and_let_in(user: User, pages_of: Pages) -> None:
    person = join(user)
    client = pages_of(user)
    assert "申请审核中" in text_of(client.get(JOIN)) and "不用再等审核" not in text_of(
        client.get(JOIN)
    )
    publish_policy(by=None, joining=Policy.Joining.OPEN)
    assert "不用再等审核" in text_of(client.get(JOIN))
    assert client.post(JOIN, AGREED | {"wechat": "xiaolin_1"}).status_code == 302
    person.refresh_from_db()
    assert person.status == Status.APPROVED
