"""A member's page, profile, mail address and consents."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from base.accounts import consents
from base.accounts.consents import CURRENT_VERSIONS
from base.accounts.contacts import email_from
from base.accounts.credentials import CannotChange, bind_email, unbind_email
from base.accounts.models import Consent, User
from base.models import Notice

LastCode = Callable[[str], str]
EMAIL = "xiaohua@example.com"

pytestmark = pytest.mark.django_db

MEMBERS_PAGES = [
    "/me/", "/me/profile/", "/me/email/", "/me/password/", "/me/addresses/", "/me/addresses/new/",
]  # fmt: skip
MEMBERS_DEEDS = [
    "/me/consents/", "/me/email/removal/", "/me/addresses/1/default/", "/me/addresses/1/removal/",
]  # fmt: skip


@pytest.mark.parametrize("path", [*MEMBERS_PAGES, *MEMBERS_DEEDS])
def test_guests_are_asked_to_sign_in(browser: Client, path: str) -> None:
    assert browser.get(path)["Location"] == f"/accounts/login/?next={path}"
    posted = browser.post(path, {"name": "x"})
    assert posted["Location"] == "/accounts/login/?next=/"


@pytest.mark.parametrize("path", MEMBERS_PAGES)
def test_pages_open_in_both_languages_and_are_not_kept(member: Client, path: str) -> None:
    for prefix in ("", "/en"):
        page = member.get(prefix + path)
        assert page.status_code == 200 and "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("path", MEMBERS_DEEDS)
def test_a_link_changes_nothing(member: Client, path: str) -> None:
    assert member.get(path).status_code == 405


def test_deeds_need_the_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    for path in [*MEMBERS_DEEDS, "/me/profile/", "/me/addresses/new/"]:
        assert client.post(path, {"name": "x"}).status_code == 403


class TestMyPage:
    def test_it_shows_me_and_hides_most_of_my_number(self, member: Client) -> None:
        html = member.get("/me/").content.decode()
        assert "小花" in html and "138****8000" in html and "13800138000" not in html
        assert "/admin/" not in html

    def test_people_of_the_shop_find_the_back_office(self, member: Client) -> None:
        User.objects.update(is_staff=True)
        assert 'href="/admin/"' in member.get("/me/").content.decode()

    def test_its_queries(
        self, member: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(3):  # session, user, consents
            member.get("/me/")


class TestConsents:
    def test_missing_ones_are_asked_for_and_recorded_once(self, member: Client, user: User) -> None:
        assert "有新版本，请阅读后同意" in member.get("/me/").content.decode()
        member.post("/me/consents/")
        member.post("/me/consents/")
        assert Consent.objects.filter(user=user).count() == len(CURRENT_VERSIONS)
        assert "有新版本" not in member.get("/me/").content.decode()

    def test_a_new_version_asks_again_and_keeps_the_old_answer(
        self, member: Client, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        member.post("/me/consents/")
        newer = {**CURRENT_VERSIONS, Consent.Document.TERMS: "2027-01"}
        monkeypatch.setattr(consents, "CURRENT_VERSIONS", newer)
        assert consents.missing_consents(user) == [Consent.Document.TERMS]
        member.post("/me/consents/")
        assert Consent.objects.filter(user=user, document="terms").count() == 2


class TestProfile:
    def test_changing_the_name(self, member: Client, user: User) -> None:
        assert member.post("/me/profile/", {"name": "  阿花 "})["Location"] == "/me/profile/"
        user.refresh_from_db()
        assert user.name == "阿花"

    def test_nothing_else_can_be_posted(self, member: Client, user: User) -> None:
        member.post("/me/profile/", {"name": "阿花", "is_staff": "on", "phone": "13900139000"})
        user.refresh_from_db()
        assert (user.is_staff, user.phone) == (False, "13800138000")

    def test_an_overlong_name_is_refused(self, member: Client, user: User) -> None:
        page = member.post("/me/profile/", {"name": "花" * 61})
        assert page.context["form"].errors["name"]
        user.refresh_from_db()
        assert user.name == "小花"


def ask_code(client: Client, address: str = EMAIL) -> Any:
    return client.post("/me/email/", {"account": address, "send": "1"})


class TestEmail:
    def test_it_is_added_after_its_code(
        self, member: Client, user: User, last_code: LastCode
    ) -> None:
        assert ask_code(member, "XiaoHua@example.com").status_code == 302
        assert not User.objects.filter(email=EMAIL).exists(), "not before it is proved"
        done = member.post("/me/email/", {"account": EMAIL, "code": last_code(EMAIL)})
        assert done["Location"] == "/me/profile/"
        user.refresh_from_db()
        assert user.email == EMAIL
        told = Notice.objects.latest("pk")
        assert told.recipient == user.phone and "已绑定邮箱 x***@example.com" in told.text

    def test_a_wrong_code_or_another_address_adds_nothing(
        self, member: Client, user: User, last_code: LastCode
    ) -> None:
        ask_code(member)
        for form in (
            {"account": EMAIL, "code": "12345"},
            {"account": "other@example.com", "code": last_code(EMAIL)},
        ):
            assert member.post("/me/email/", form).context["form"].errors["code"]
        user.refresh_from_db()
        assert user.email is None

    def test_somebody_elses_address_gets_no_code_and_the_page_does_not_tell(
        self, member: Client
    ) -> None:
        User.objects.create_user("13900139000", email=EMAIL)
        assert ask_code(member).status_code == 302
        assert not Notice.objects.exists()

    def test_an_address_taken_meanwhile_is_refused(
        self, member: Client, user: User, last_code: LastCode
    ) -> None:
        ask_code(member)
        User.objects.create_user("13900139000", email=EMAIL)
        page = member.post("/me/email/", {"account": EMAIL, "code": last_code(EMAIL)})
        assert page.context["form"].errors == {"account": ["这个邮箱已绑定其他账号。"]}
        user.refresh_from_db()
        assert user.email is None

    def test_binding_the_same_one_again_changes_and_tells_nothing(self, user: User) -> None:
        bind_email(user, email_from(EMAIL))
        bind_email(user, email_from(EMAIL))
        assert Notice.objects.count() == 1

    def test_taking_it_away(self, member: Client, user: User) -> None:
        bind_email(user, email_from(EMAIL))
        member.post("/me/email/removal/")
        member.post("/me/email/removal/")
        user.refresh_from_db()
        assert user.email is None

    def test_the_only_way_in_cannot_be_taken_away(self) -> None:
        only = User.objects.create_user(None, email="Only@Example.com")
        with pytest.raises(CannotChange):
            unbind_email(only)
        only.refresh_from_db()
        assert only.email == "only@example.com"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/terms/", "佣金只来自真实成交且没有退款的订单，最多两级"),
        ("/en/terms/", "on two levels at most"),
        ("/privacy/", "我们只收集完成服务所需要的信息"),
        ("/en/privacy/", "We collect only what the service needs"),
        ("/help/", "请在 30 分钟内付款"),
        ("/en/help/", "Please pay within 30 minutes"),
    ],
)
def test_documents_are_readable_by_everybody(browser: Client, path: str, says: str) -> None:
    page = browser.get(path)
    html = page.content.decode()
    assert says in html
    assert ("2026-11" in html) == ("help" not in path)
    assert "public" in page["Cache-Control"] and not page.cookies
