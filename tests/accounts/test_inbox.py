"""The inbox's pages: one's own messages, read by a POST, found, exported, chosen for outside."""

from typing import Any

import pytest
from django.test import Client

from base.accounts.models import User
from base.inbox import News, tell, unread_count
from base.models import InboxMessage, NoticeChoice
from tests.make import make_user

pytestmark = pytest.mark.django_db

PAGE = "/me/inbox/"


@pytest.fixture
def anna(client: Client) -> User:
    user = make_user("安娜")
    client.force_login(user)
    return user


def told(user: User, *, number: int = 1) -> list[InboxMessage]:
    values = {"order": "A1", "amount": "3.00"}
    tell("commission_earned", [News(user.pk, str(i), values, "/orders/") for i in range(number)])
    return list(InboxMessage.objects.filter(user=user).order_by("pk"))


def test_a_guest_signs_in_first(client: Client) -> None:
    for path in ("", "?format=csv", "choices/"):
        assert client.get(PAGE + path)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("number", [1, 3])
def test_the_list(client: Client, anna: User, number: int, django_assert_num_queries: Any) -> None:
    told(anna, number=number)
    told(make_user("别人"))
    with django_assert_num_queries(5):  # session, person, count, rows, announcements
        page = client.get(PAGE)
    assert page.content.decode().count("新的佣金 ¥3.00") == number


def test_reading_one_goes_where_it_leads(client: Client, anna: User) -> None:
    (message,) = told(anna)
    address = f"{PAGE}{message.pk}/reading/"
    assert client.get(address).status_code == 405
    assert client.post(address)["Location"] == "/orders/"
    assert client.post(address).status_code == 302
    assert unread_count(anna) == 0


def test_nobody_reads_for_somebody_else(client: Client, anna: User) -> None:
    other = make_user("别人")
    (message,) = told(other)
    assert client.post(f"{PAGE}{message.pk}/reading/").status_code == 404
    client.post(f"{PAGE}reading/")
    assert unread_count(other) == 1


def test_reading_all(client: Client, anna: User) -> None:
    told(anna, number=3)
    assert client.post(f"{PAGE}reading/").status_code == 302
    assert unread_count(anna) == 0


def test_found_and_filtered(client: Client, anna: User) -> None:
    told(anna)
    for query, number in (
        ("?q=A1", 1), ("?q=zzz", 0), ("?topic=commissions", 1), ("?topic=payouts", 0),
        ("?topic=unread", 1), ("?topic=nonsense", 1), ("?page=99", 1),
    ):  # fmt: skip
        assert len(client.get(PAGE + query).context["rows"]) == number, query


def test_the_export_is_what_the_list_shows(client: Client, anna: User) -> None:
    told(anna, number=2)
    text = b"".join(client.get(f"{PAGE}?format=csv&q=A1")).decode()
    assert text.splitlines()[0] == "\ufeff时间,主题,标题,内容"
    assert len(text.splitlines()) == 3


def test_the_badge_is_personal(client: Client, anna: User) -> None:
    told(anna, number=2)
    html = client.get("/personal/").content.decode()
    assert '<div hx-swap-oob="innerHTML:.unread-count">2</div>' in html
    html = Client().get("/personal/").content.decode()
    assert '<div hx-swap-oob="innerHTML:.unread-count"></div>' in html


def test_choosing(client: Client, anna: User) -> None:
    page = client.get(f"{PAGE}choices/").content.decode()
    assert "绑定邮箱后可选" in page
    answer = client.post(f"{PAGE}choices/", {"sms": ["commissions"]})
    assert answer.status_code == 302
    choice = NoticeChoice.objects.get()
    assert (choice.user, choice.sms, choice.email) == (anna, ["commissions"], [])


def test_what_is_not_offered_is_refused(client: Client, anna: User) -> None:
    for bad in ({"sms": ["nonsense"]}, {"email": ["commissions"]}):
        assert client.post(f"{PAGE}choices/", bad).status_code == 200
    assert NoticeChoice.objects.count() == 0
