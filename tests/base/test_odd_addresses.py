"""Whatever somebody types into the address bar, a page answers in words."""

import pytest
from django.test import Client
from django.urls import reverse

from shop.support.models import Ticket
from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db
NUL = "%00"


@pytest.mark.parametrize(
    "address",
    [f"/p/{NUL}/", f"/shelf/{NUL}/", f"/payouts/{NUL}/", f"/orders/{NUL}/"],
)  # fmt: skip
def test_nothing_is_found_under_a_nul(client: Client, address: str) -> None:
    client.force_login(make_distributor().user)
    answer = client.get(address)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.content.decode()
    english = client.get(f"/en{address}")
    assert (english.status_code, "Page not found" in english.content.decode()) == (404, True)


def test_a_question_about_a_nul_is_about_nothing(client: Client) -> None:
    client.force_login(make_user())
    address = "/me/tickets/new/"
    assert client.get(f"{address}?order={NUL}").status_code == 200
    sent = {"category": "order", "subject": "少了", "text": "少了一包", "order": "\x00"}
    answer = client.post(address, sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["order"])
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("name", ["account_login", "account_login_by_password", "account_signup"])
@pytest.mark.parametrize("onward", ["abc", "-1", "9" * 30, "//evil.example", "javascript:1"])
def test_whoever_is_signed_in_is_led_on_to_pages_alone(
    client: Client, name: str, onward: str
) -> None:
    client.force_login(make_user())
    answer = client.get(reverse(name), {"next": onward})
    assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:me"))


@pytest.mark.parametrize(
    ("address", "answers"),
    [
        ("academy/course/{}/preview/", [302, 404, 404]),
        ("accounts/user/{}/timeline/", [302, 302, 302]),
        ("payouts/schedule/{}/preview/", [302, 302, 302]),
        ("support/announcement/{}/preview/", [302, 404, 404]),
        ("distribution/rule/{}/versions/", [302, 302, 302]),
        ("distribution/distributor/{}/handover/", [302, 302, 302]),
        ("orders/order/{}/refund/", [303, 303, 303]),
    ],
)
def test_buttons_of_what_is_not_there(client: Client, address: str, answers: list[int]) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    keys = ("nobody", "9" * 30, "0")
    assert [client.get(f"/admin/{address.format(key)}").status_code for key in keys] == answers


@pytest.mark.parametrize(
    ("address", "value"),
    [("distribution/promouse/?at__year={}", "9" * 30), ("distribution/rule/add/?starts_at={}", "x"),
     ("academy/question/add/?quiz={}", "x")],
)  # fmt: skip
def test_the_back_office_says_what_it_cannot_read(client: Client, address: str, value: str) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = f"/admin/{address.format(value)}"
    assert client.get(page)["Location"] == page.split("?")[0]
    assert "看不懂的内容" in client.get(page, follow=True).content.decode()


def test_an_error_of_ours_stays_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise ValueError("ours")

    monkeypatch.setattr("shop.backoffice.stories.StoryAdmin.get_queryset", broken)
    client.force_login(make_user(is_staff=True, is_superuser=True))
    with pytest.raises(ValueError, match="ours"):
        client.get("/admin/distribution/story/?q=x")
