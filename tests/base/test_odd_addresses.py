"""Whatever somebody types into the address bar, a page answers in words."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db
NUL = "%00"


@pytest.mark.parametrize(
    "address",
    [f"/p/{NUL}/", f"/shelf/{NUL}/", f"/payouts/{NUL}/", f"/orders/{NUL}/",
     f"/me/tickets/new/?order={NUL}"],
)  # fmt: skip
def test_nothing_is_found_under_a_nul(client: Client, address: str) -> None:
    client.force_login(make_distributor().user)
    answer = client.get(address)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.content.decode()
    english = client.get(f"/en{address}")
    assert (english.status_code, "Page not found" in english.content.decode()) == (404, True)


@pytest.mark.parametrize("name", ["account_login", "account_login_by_password", "account_signup"])
@pytest.mark.parametrize("onward", ["abc", "-1", "9" * 30, "//evil.example", "javascript:1"])
def test_whoever_is_signed_in_is_led_on_to_pages_alone(
    client: Client, name: str, onward: str
) -> None:
    client.force_login(make_user())
    answer = client.get(reverse(name), {"next": onward})
    assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:me"))


@pytest.mark.parametrize(
    "address",
    ["academy/course/{}/preview/", "accounts/user/{}/timeline/", "payouts/schedule/{}/preview/",
     "support/announcement/{}/preview/", "distribution/rule/{}/versions/",
     "distribution/distributor/{}/handover/", "orders/order/{}/refund/"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["nobody", "9" * 30, "0"])
def test_buttons_of_what_is_not_there(client: Client, address: str, key: str) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert client.get(f"/admin/{address.format(key)}").status_code in (302, 404)
