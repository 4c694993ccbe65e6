"""Becoming a member: by phone and code, once, whatever tabs and double clicks do."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.signals import user_logged_in, user_signed_up
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts import entry
from base.accounts.consents import CURRENT_VERSIONS
from base.accounts.contacts import phone_from
from base.accounts.models import Consent, OneTimeCode, User
from base.models import Notice
from tests.accounts.conftest import ORIGIN

LastCode = Callable[[str], str]
PHONE = "13800138000"
SIGN_UP = "/accounts/signup/"


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The signals the other rooms listen to."""
    signals: list[str] = []

    def signed_up(request: HttpRequest, user: User, **_: Any) -> None:
        signals.append(f"up {user.phone} {connection.in_atomic_block}")

    def logged_in(request: HttpRequest, user: User, **_: Any) -> None:
        signals.append(f"in {user.phone}")

    user_signed_up.connect(signed_up)
    user_logged_in.connect(logged_in)
    yield signals
    user_signed_up.disconnect(signed_up)
    user_logged_in.disconnect(logged_in)


def ask_code(browser: Client, phone: str = PHONE, **more: str) -> Any:
    return browser.post(SIGN_UP, {"account": phone, "send": "1", **more})


def is_signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


@pytest.mark.django_db
class TestSigningUp:
    def test_a_newcomer_becomes_a_member(
        self, browser: Client, last_code: LastCode, heard: list[str]
    ) -> None:
        page = browser.get(f"{SIGN_UP}?next=/cart/")
        assert page.status_code == 200 and page["Cache-Control"].count("no-store")
        asked = ask_code(browser, "+86 138 0013 8000", next="/cart/")
        assert (asked.status_code, asked["Location"]) == (302, SIGN_UP)
        page = browser.get(f"{SIGN_UP}?next=/cart/")
        assert 'value="13800138000"' in page.content.decode()
        assert "验证码已发到 138****8000" in page.content.decode()
        done = browser.post(
            SIGN_UP,
            {"account": PHONE, "code": last_code(PHONE), "agrees": "on", "next": "/cart/"},
        )
        assert (done.status_code, done["Location"]) == (302, "/cart/")
        user = User.objects.get()
        assert (user.phone, user.phone_verified, user.email) == (PHONE, True, None)
        assert not user.has_usable_password()
        assert is_signed_in(browser)
        assert heard == [f"up {PHONE} True", f"in {PHONE}"]
        consents = Consent.objects.values_list("user", "document", "version")
        assert sorted(consents) == sorted(
            (user.pk, document.value, version) for document, version in CURRENT_VERSIONS.items()
        )

    def test_without_a_destination_it_ends_on_the_members_page(
        self, browser: Client, last_code: LastCode
    ) -> None:
        ask_code(browser)
        done = browser.post(SIGN_UP, {"account": PHONE, "code": last_code(PHONE), "agrees": "on"})
        assert done["Location"] == "/me/"

    def test_with_a_password_both_ways_in_are_open(
        self, browser: Client, last_code: LastCode
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE), "agrees": "on"}
        refused = browser.post(SIGN_UP, {**form, "password": "12345678"})
        assert refused.status_code == 200 and not User.objects.exists()
        assert refused.context["form"].errors["password"]
        browser.post(SIGN_UP, {**form, "password": "Wonder-Land-7"})
        assert User.objects.get().check_password("Wonder-Land-7")

    def test_in_english(self, browser: Client, last_code: LastCode) -> None:
        browser.post("/en/accounts/signup/", {"account": PHONE, "send": "1"})
        form = {"account": PHONE, "code": last_code(PHONE), "agrees": "on"}
        assert browser.post("/en/accounts/signup/", form)["Location"] == "/en/me/"


@pytest.mark.django_db
class TestRefusals:
    def test_without_consent_nothing_happens_and_the_code_stays(
        self, browser: Client, last_code: LastCode
    ) -> None:
        ask_code(browser)
        page = browser.post(SIGN_UP, {"account": PHONE, "code": last_code(PHONE)})
        assert page.context["form"].errors == {"agrees": ["请先阅读并同意用户协议和隐私政策。"]}
        assert not User.objects.exists() and not Consent.objects.exists()
        assert OneTimeCode.objects.get().used_at is None

    @pytest.mark.parametrize(
        ("code", "says"),
        [
            ("", "请输入验证码。"),
            ("12345", "验证码是 6 位数字。"),
            ("wrong", "验证码是 6 位数字。"),
        ],
    )
    def test_a_wrong_code_makes_no_member(self, browser: Client, code: str, says: str) -> None:
        ask_code(browser)
        page = browser.post(SIGN_UP, {"account": PHONE, "code": code, "agrees": "on"})
        assert page.status_code == 200
        assert page.context["form"].errors["code"][0].startswith(says)
        assert not User.objects.exists() and not is_signed_in(browser)

    @pytest.mark.parametrize("phone", ["", "1380013800", "+852 6123 4567", "a@example.com"])
    def test_a_wrong_number_gets_no_code(self, browser: Client, phone: str) -> None:
        page = ask_code(browser, phone)
        assert page.status_code == 200 and page.context["step"].problem
        assert page.context["step"].problem in page.content.decode()
        assert not Notice.objects.exists() and not OneTimeCode.objects.exists()

    def test_asking_again_at_once_says_how_long_to_wait(self, browser: Client) -> None:
        ask_code(browser)
        page = ask_code(browser)
        assert page.status_code == 200
        assert page.context["step"].problem.startswith("验证码刚刚发过，请 ")
        assert Notice.objects.count() == 1

    def test_a_post_from_elsewhere_is_refused(self, db: None) -> None:
        form = {"account": PHONE, "send": "1"}
        assert Client().post(SIGN_UP, form).status_code == 403
        foreign = Client(headers={"origin": "https://evil.example"})
        assert foreign.post(SIGN_UP, form).status_code == 403
        assert not Notice.objects.exists()

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "http:///x"]
    )
    def test_it_never_carries_on_to_a_foreign_page(
        self, browser: Client, last_code: LastCode, elsewhere: str
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE), "agrees": "on", "next": elsewhere}
        assert browser.post(SIGN_UP, form)["Location"] == "/me/"

    def test_a_member_who_is_signed_in_is_sent_on(self, member: Client) -> None:
        assert member.get(f"{SIGN_UP}?next=/cart/")["Location"] == "/cart/"
        assert member.get(SIGN_UP)["Location"] == "/me/"


@pytest.mark.django_db
class TestTwiceAndAgain:
    def test_a_form_sent_twice_makes_one_member_and_signs_in(
        self, browser: Client, last_code: LastCode, heard: list[str]
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE), "agrees": "on"}
        cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
        assert browser.post(SIGN_UP, form).status_code == 302
        # The second click left before the first answer came: it has the old cookies.
        twin = Client(headers={"origin": ORIGIN})
        for name, value in cookies.items():
            twin.cookies[name] = value
        assert twin.post(SIGN_UP, form)["Location"] == "/me/"
        assert is_signed_in(twin)
        assert User.objects.count() == 1 and Consent.objects.count() == 2
        assert heard.count(f"up {PHONE} True") == 1

    def test_a_form_left_open_in_another_tab_leads_on(
        self, browser: Client, last_code: LastCode
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE), "agrees": "on"}
        browser.post(SIGN_UP, form)
        assert browser.post(SIGN_UP, {**form, "next": "/cart/"})["Location"] == "/cart/"
        assert User.objects.count() == 1

    def test_somebody_who_is_a_member_already_is_signed_in_unchanged(
        self, browser: Client, user: User, last_code: LastCode, heard: list[str]
    ) -> None:
        ask_code(browser)
        form = {"account": PHONE, "code": last_code(PHONE), "agrees": "on"}
        done = browser.post(SIGN_UP, {**form, "password": "Wonder-Land-7"}, follow=True)
        assert "这个手机号已经注册过，已为你登录。" in done.content.decode()
        user.refresh_from_db()
        assert user.check_password("Good-Pass-9") and User.objects.count() == 1
        assert heard == [f"in {PHONE}"]

    def test_the_page_does_not_tell_who_is_a_member(self, browser: Client, user: User) -> None:
        known = ask_code(browser, PHONE)
        unknown = ask_code(Client(headers={"origin": ORIGIN}), "13900139000")
        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
        assert Notice.objects.count() == 2


@pytest.mark.django_db
class TestWithHtmx:
    def test_only_the_code_field_comes_back(self, htmx: Client) -> None:
        answer = htmx.post(SIGN_UP, {"account": PHONE, "send": "1"})
        html = answer.content.decode()
        assert answer.status_code == 200 and "<html" not in html
        assert 'data-wait="60"' in html and "验证码已发到 138****8000" in html
        again = htmx.post(SIGN_UP, {"account": PHONE, "send": "1"}).content.decode()
        assert "验证码刚刚发过" in again and "验证码已发到" not in again

    def test_a_wrong_number_is_said_there(self, htmx: Client) -> None:
        html = htmx.post(SIGN_UP, {"account": "123", "send": "1"}).content.decode()
        assert "手机号应为 11 位，现在是 3 位。" in html and 'data-wait="0"' in html


def anonymous_request() -> HttpRequest:
    request = HttpRequest()
    request.method = "POST"
    return request


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two tabs sign the same new phone up at the same moment."""

    def sign_up_together(self, count: int = 4) -> list[tuple[int, bool]]:
        start = threading.Barrier(count)
        results: list[tuple[int, bool]] = []

        def run() -> None:
            try:
                start.wait()
                user, is_new = entry.sign_up(
                    anonymous_request(), phone_from(PHONE), password=None, at=timezone.now()
                )
                results.append((user.pk, is_new))
            finally:
                connection.close()

        tabs = [threading.Thread(target=run) for _ in range(count)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()
        return results

    def test_one_makes_the_member_and_all_get_them(self, heard: list[str]) -> None:
        results = self.sign_up_together()
        user = User.objects.get()
        assert sorted(results) == [(user.pk, False)] * 3 + [(user.pk, True)]
        assert heard == [f"up {PHONE} True"]
        assert Consent.objects.count() == 2

    def test_control_without_the_way_back_the_slower_tabs_fail(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def careless(phone: str, password: str | None, at: Any) -> tuple[User, bool]:
            return User.objects.create_user(phone, password, date_joined=at), True

        monkeypatch.setattr(entry, "_member_with", careless)
        monkeypatch.setattr(threading, "excepthook", lambda _args: None)
        assert len(self.sign_up_together()) == 1

    def test_a_listener_that_fails_leaves_no_half_member(self) -> None:
        def fail(**_: Any) -> None:
            raise RuntimeError("the other room is on fire")

        user_signed_up.connect(fail)
        try:
            with pytest.raises(RuntimeError):
                entry.sign_up(
                    anonymous_request(), phone_from(PHONE), password=None, at=timezone.now()
                )
        finally:
            user_signed_up.disconnect(fail)
        assert not User.objects.exists() and not Consent.objects.exists()


@pytest.mark.django_db
def test_names_that_others_link_to() -> None:
    assert reverse("account_signup") == SIGN_UP
    assert reverse("account_login") == "/accounts/login/"
    assert reverse("account_logout") == "/accounts/logout/"
    assert reverse("accounts:me") == "/me/"
    assert (reverse("terms"), reverse("privacy")) == ("/terms/", "/privacy/")
