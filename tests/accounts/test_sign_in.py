"""Signing in by code or password, with a phone number or an added mail address."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from base.accounts.adapter import PER_ACCOUNT, PER_ADDRESS
from base.accounts.models import OneTimeCode, User
from base.models import Notice
from tests.accounts.conftest import ORIGIN

LastCode = Callable[[str], str]
PHONE = "13800138000"
EMAIL = "xiaohua@example.com"
BY_CODE = "/accounts/login/"
BY_PASSWORD = "/accounts/login/password/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_email(user: User) -> User:
    user.email = EMAIL
    user.save()
    return user


def ask_code(browser: Client, account: str = PHONE) -> Any:
    return browser.post(BY_CODE, {"account": account, "send": "1"})


def user_of(browser: Client) -> str | None:
    return browser.session.get("_auth_user_id")


class TestByCode:
    def test_with_the_phone(self, browser: Client, user: User, last_code: LastCode) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE), "next": "/checkout/"}
        done = browser.post(BY_CODE, form)
        assert (done.status_code, done["Location"]) == (302, "/checkout/")
        assert user_of(browser) == str(user.pk)

    def test_with_the_mail_address(
        self, browser: Client, with_email: User, last_code: LastCode
    ) -> None:
        ask_code(browser, "XiaoHua@Example.com")
        assert Notice.objects.get().channel == "email"
        done = browser.post(BY_CODE, {"account": EMAIL, "code": last_code(EMAIL)})
        assert done["Location"] == "/me/"
        assert user_of(browser) == str(with_email.pk)

    def test_a_code_typed_with_spaces_or_in_full_width(
        self, browser: Client, user: User, last_code: LastCode
    ) -> None:
        ask_code(browser)
        digits = last_code(PHONE).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        form = {"account": PHONE, "code": f"{digits[:3]} {digits[3:]}"}
        assert browser.post(BY_CODE, form).status_code == 302

    def test_an_unknown_mail_address_looks_the_same_and_gets_nothing(
        self, browser: Client, with_email: User
    ) -> None:
        known = ask_code(browser, EMAIL)
        unknown = ask_code(Client(headers={"origin": ORIGIN}), "nobody@example.com")
        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
        assert [notice.recipient for notice in Notice.objects.all()] == [EMAIL]
        page = browser.post(BY_CODE, {"account": "nobody@example.com", "code": "123456"})
        assert page.context["form"].errors["code"][0].startswith("验证码不正确")

    def test_a_new_number_goes_on_to_sign_up_with_one_more_step(
        self, browser: Client, last_code: LastCode
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE), "next": "/cart/"}
        onward = browser.post(BY_CODE, form)
        assert onward["Location"] == "/accounts/signup/?next=%2Fcart%2F"
        page = browser.get(onward["Location"]).content.decode()
        assert "手机号 138****8000 已验证" in page and 'id="id_code"' not in page
        assert not User.objects.exists()
        refused = browser.post("/accounts/signup/", {"account": PHONE, "next": "/cart/"})
        assert "已验证" in refused.content.decode() and not User.objects.exists()
        done = browser.post(
            "/accounts/signup/", {"account": PHONE, "agrees": "on", "next": "/cart/"}
        )
        assert done["Location"] == "/cart/"
        assert user_of(browser) == str(User.objects.get(phone=PHONE).pk)

    def test_the_proof_is_for_that_number_and_browser_and_quarter_hour_only(
        self, browser: Client, last_code: LastCode
    ) -> None:
        ask_code(browser)
        browser.post(BY_CODE, {"account": PHONE, "code": last_code(PHONE)})
        form = {"account": PHONE, "agrees": "on"}
        other_number = {**form, "account": "13900139000"}
        assert browser.post("/accounts/signup/", other_number).status_code == 200
        stranger = Client(headers={"origin": ORIGIN})
        assert stranger.post("/accounts/signup/", form).status_code == 200
        OneTimeCode.objects.update(used_at=timezone.now() - timedelta(minutes=16))
        assert browser.post("/accounts/signup/", form).status_code == 200
        assert not User.objects.exists()

    def test_an_expired_code(self, browser: Client, user: User, last_code: LastCode) -> None:
        ask_code(browser)
        OneTimeCode.objects.update(expires_at=timezone.now())
        page = browser.post(BY_CODE, {"account": PHONE, "code": last_code(PHONE)})
        assert page.context["form"].errors == {"code": ["验证码已过期，请重新获取。"]}
        assert user_of(browser) is None

    def test_a_form_sent_twice_signs_in(
        self, browser: Client, user: User, last_code: LastCode
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE)}
        twin = Client(headers={"origin": ORIGIN})
        for name, morsel in browser.cookies.items():
            twin.cookies[name] = morsel.value
        assert browser.post(BY_CODE, form).status_code == 302
        assert twin.post(BY_CODE, form).status_code == 302
        assert user_of(browser) == user_of(twin) == str(user.pk)

    def test_after_signing_out_the_back_button_does_not_sign_in_again(
        self, browser: Client, user: User, last_code: LastCode
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE)}
        browser.post(BY_CODE, form)
        browser.post("/accounts/logout/")
        page = browser.post(BY_CODE, form)
        assert page.context["form"].errors == {"code": ["验证码已使用过，请重新获取。"]}
        signup = {"account": PHONE, "agrees": "on"}
        assert browser.post("/accounts/signup/", signup).status_code == 200
        assert user_of(browser) is None

    def test_a_member_moved_in_by_the_merchant_has_a_proved_phone_afterwards(
        self, browser: Client, last_code: LastCode
    ) -> None:
        moved = User.objects.create_user("13700137000")
        ask_code(browser, "13700137000")
        browser.post(BY_CODE, {"account": "13700137000", "code": last_code("13700137000")})
        moved.refresh_from_db()
        assert moved.phone_verified

    def test_a_closed_account_stays_closed(
        self, browser: Client, user: User, last_code: LastCode
    ) -> None:
        User.objects.update(is_active=False)
        ask_code(browser)
        done = browser.post(BY_CODE, {"account": PHONE, "code": last_code(PHONE)}, follow=True)
        assert done.redirect_chain == [("/accounts/inactive/", 302)]
        assert "账号已停用" in done.content.decode()
        assert user_of(browser) is None


class TestByPassword:
    @pytest.mark.parametrize("account", [PHONE, "+86 138-0013-8000", EMAIL, EMAIL.upper()])
    def test_the_right_password(self, browser: Client, with_email: User, account: str) -> None:
        form = {"account": account, "password": "Good-Pass-9", "next": "/cart/"}
        assert browser.post(BY_PASSWORD, form)["Location"] == "/cart/"
        assert user_of(browser) == str(with_email.pk)

    @pytest.mark.parametrize(
        ("account", "password"),
        [
            (PHONE, "wrong"),
            ("13900139000", "Good-Pass-9"),
            ("nobody@example.com", "Good-Pass-9"),
            (PHONE, " Good-Pass-9"),
        ],
    )
    def test_wrong_ones_are_told_nothing_more(
        self, browser: Client, user: User, account: str, password: str
    ) -> None:
        page = browser.post(BY_PASSWORD, {"account": account, "password": password})
        assert page.context["form"].non_field_errors() == ["账号或密码不正确。"]
        assert user_of(browser) is None

    def test_a_member_without_a_password_cannot_use_one(self, browser: Client) -> None:
        User.objects.create_user("13900139000")
        for password in ("", "!", "x"):
            page = browser.post(BY_PASSWORD, {"account": "13900139000", "password": password})
            assert page.status_code == 200
        assert user_of(browser) is None

    def test_after_five_wrong_ones_even_the_right_one_waits(
        self, browser: Client, user: User
    ) -> None:
        for _ in range(PER_ACCOUNT.amount):
            browser.post(BY_PASSWORD, {"account": PHONE, "password": "wrong"})
        page = browser.post(BY_PASSWORD, {"account": PHONE, "password": "Good-Pass-9"})
        (said,) = page.context["form"].non_field_errors()
        assert said.startswith("密码输错次数过多，请 ") and said.endswith("或改用验证码登录。")
        assert user_of(browser) is None
        other = User.objects.create_user("13900139000", "Good-Pass-9")
        browser.post(BY_PASSWORD, {"account": "13900139000", "password": "Good-Pass-9"})
        assert user_of(browser) == str(other.pk), "one account's limit must not lock another"

    def test_right_passwords_are_not_counted(self, user: User) -> None:
        for _ in range(PER_ACCOUNT.amount + 2):
            browser = Client(headers={"origin": ORIGIN})
            form = {"account": PHONE, "password": "Good-Pass-9"}
            assert browser.post(BY_PASSWORD, form).status_code == 302

    def test_one_address_cannot_try_many_accounts(self, browser: Client, user: User) -> None:
        for number in range(PER_ADDRESS.amount):
            form = {"account": f"139{number:08d}", "password": "wrong"}
            browser.post(BY_PASSWORD, form)
        page = browser.post(BY_PASSWORD, {"account": PHONE, "password": "Good-Pass-9"})
        assert "密码输错次数过多" in page.content.decode()
        cache.clear()
        form = {"account": PHONE, "password": "Good-Pass-9"}
        assert browser.post(BY_PASSWORD, form).status_code == 302

    def test_a_closed_account_says_so_only_to_its_owner(self, browser: Client, user: User) -> None:
        User.objects.update(is_active=False)
        page = browser.post(BY_PASSWORD, {"account": PHONE, "password": "wrong"})
        assert page.context["form"].non_field_errors() == ["账号或密码不正确。"]
        done = browser.post(BY_PASSWORD, {"account": PHONE, "password": "Good-Pass-9"})
        assert done["Location"] == "/accounts/inactive/"
        assert user_of(browser) is None

    def test_a_post_from_elsewhere_is_refused(self, user: User) -> None:
        form = {"account": PHONE, "password": "Good-Pass-9"}
        stranger = Client(headers={"origin": "https://evil.example"})
        assert stranger.post(BY_PASSWORD, form).status_code == 403


class TestAround:
    def test_a_tab_left_open_works_after_another_tab_signed_in_and_out(self, user: User) -> None:
        browser = Client(enforce_csrf_checks=True, headers={"origin": ORIGIN})
        form = {"account": PHONE, "password": "Good-Pass-9"}
        assert browser.post(BY_PASSWORD, form).status_code == 302
        assert browser.post("/accounts/logout/").status_code == 302
        assert browser.post(BY_PASSWORD, form).status_code == 302
        assert browser.post(BY_PASSWORD, form)["Location"] == "/me/"

    def test_signing_out(self, member: Client) -> None:
        assert member.get("/accounts/logout/").status_code == 405
        assert user_of(member) is not None
        done = member.post("/accounts/logout/", follow=True)
        assert done.redirect_chain == [(BY_CODE, 302)]
        assert "已退出登录。" in done.content.decode()
        assert user_of(member) is None
        assert member.post("/accounts/logout/").status_code == 302

    def test_a_page_for_members_asks_to_sign_in_and_comes_back(
        self, browser: Client, user: User
    ) -> None:
        asked = browser.get("/me/addresses/")
        assert asked["Location"] == "/accounts/login/?next=/me/addresses/"
        page = browser.get(asked["Location"])
        assert '<input type="hidden" name="next" value="/me/addresses/">' in page.content.decode()

    def test_pages_offer_both_ways_and_keep_the_destination(self, browser: Client) -> None:
        for path in (BY_CODE, BY_PASSWORD, "/accounts/signup/", "/accounts/password/reset/"):
            html = browser.get(f"{path}?next=/cart/%3Fa=1").content.decode()
            assert 'name="next" value="/cart/?a=1"' in html
            assert "next=%2Fcart%2F%3Fa%3D1" in html
