from collections.abc import Callable

import pytest
from django.test import Client

from base.accounts.models import User
from base.models import Notice
from tests.accounts.conftest import ORIGIN

LastCode = Callable[[str], str]
PHONE = "13800138000"
RESET = "/accounts/password/reset/"
MINE = "/me/password/"
NEW = "Wonder-Land-7"

pytestmark = pytest.mark.django_db


class TestForgotten:
    def test_a_code_sets_a_new_one_and_signs_in(
        self, browser: Client, user: User, last_code: LastCode
    ) -> None:
        browser.post(RESET, {"account": PHONE, "send": "1"})
        form = {"account": PHONE, "code": last_code(PHONE), "password": NEW, "next": "/cart/"}
        assert browser.post(RESET, form)["Location"] == "/cart/"
        user.refresh_from_db()
        assert user.check_password(NEW)
        assert browser.session["_auth_user_id"] == str(user.pk)
        assert "你的登录密码已修改。如非本人操作" in Notice.objects.latest("pk").text

    def test_other_sessions_end(self, browser: Client, member: Client, last_code: LastCode) -> None:
        browser.post(RESET, {"account": PHONE, "send": "1"})
        browser.post(RESET, {"account": PHONE, "code": last_code(PHONE), "password": NEW})
        assert member.get("/me/").status_code == 302
        assert browser.get("/me/").status_code == 200

    @pytest.mark.parametrize("password", ["", "short", "1234567890", "password123"])
    def test_a_weak_one_is_refused_before_the_code_is_used(
        self, browser: Client, user: User, last_code: LastCode, password: str
    ) -> None:
        browser.post(RESET, {"account": PHONE, "send": "1"})
        form = {"account": PHONE, "code": last_code(PHONE), "password": password}
        assert browser.post(RESET, form).context["form"].errors["password"]
        user.refresh_from_db()
        assert user.check_password("Good-Pass-9")
        assert browser.post(RESET, {**form, "password": NEW}).status_code == 302

    def test_a_wrong_code_changes_nothing(self, browser: Client, user: User) -> None:
        browser.post(RESET, {"account": PHONE, "send": "1"})
        form = {"account": PHONE, "code": "00000x", "password": NEW}
        assert browser.post(RESET, form).context["form"].errors["code"]
        user.refresh_from_db()
        assert user.check_password("Good-Pass-9")

    def test_a_code_for_signing_in_does_not_change_the_password(
        self, browser: Client, user: User, last_code: LastCode
    ) -> None:
        browser.post("/accounts/login/", {"account": PHONE, "send": "1"})
        form = {"account": PHONE, "code": last_code(PHONE), "password": NEW}
        assert browser.post(RESET, form).context["form"].errors == {"code": ["请先获取验证码。"]}
        user.refresh_from_db()
        assert user.check_password("Good-Pass-9")

    def test_a_number_without_an_account_hears_it_only_after_proving_it(
        self, browser: Client, last_code: LastCode
    ) -> None:
        asked = browser.post(RESET, {"account": "13900139000", "send": "1"})
        assert asked.status_code == 302
        form = {"account": "13900139000", "code": last_code("13900139000"), "password": NEW}
        page = browser.post(RESET, form)
        assert page.context["form"].errors == {"account": ["这个号码还没有注册，请先注册。"]}

    def test_a_closed_account_is_not_opened_by_it(
        self, browser: Client, user: User, last_code: LastCode
    ) -> None:
        User.objects.update(is_active=False)
        browser.post(RESET, {"account": PHONE, "send": "1"})
        form = {"account": PHONE, "code": last_code(PHONE), "password": NEW}
        assert browser.post(RESET, form)["Location"] == "/accounts/inactive/"
        assert "_auth_user_id" not in browser.session


class TestMine:
    def test_only_for_members(self, browser: Client) -> None:
        assert browser.get(MINE).status_code == 302
        assert browser.post(MINE, {"send": "1"}).status_code == 302
        assert not Notice.objects.exists()

    def test_the_code_goes_to_my_own_phone_whatever_is_posted(
        self, member: Client, last_code: LastCode, user: User
    ) -> None:
        member.post(MINE, {"send": "1", "account": "13900139000"})
        assert [notice.recipient for notice in Notice.objects.all()] == [PHONE]
        done = member.post(MINE, {"code": last_code(PHONE), "password": NEW})
        assert done["Location"] == "/me/profile/"
        user.refresh_from_db()
        assert user.check_password(NEW)
        assert member.get("/me/").status_code == 200, "this session goes on"

    def test_my_other_devices_are_signed_out(
        self, member: Client, user: User, last_code: LastCode
    ) -> None:
        tablet = Client(headers={"origin": ORIGIN})
        tablet.force_login(user, "django.contrib.auth.backends.ModelBackend")
        member.post(MINE, {"send": "1"})
        member.post(MINE, {"code": last_code(PHONE), "password": NEW})
        assert tablet.get("/me/").status_code == 302

    def test_a_wrong_code_changes_nothing(self, member: Client, user: User) -> None:
        member.post(MINE, {"send": "1"})
        page = member.post(MINE, {"code": "1", "password": NEW})
        assert page.context["form"].errors["code"]
        user.refresh_from_db()
        assert user.check_password("Good-Pass-9")

    def test_without_phone_and_mail_there_is_nowhere_to_send_to(self, browser: Client) -> None:
        nobody = User.objects.create_user(None, name="没有联系方式")
        browser.force_login(nobody, "django.contrib.auth.backends.ModelBackend")
        assert "请先绑定邮箱" in browser.get(MINE).content.decode()
        assert browser.post(MINE, {"send": "1"}).status_code == 200
        assert not Notice.objects.exists()
