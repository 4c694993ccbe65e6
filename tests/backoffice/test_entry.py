"""The door of the back office is as narrow as the shop's own."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from base.accounts.adapter import PER_ACCOUNT, PER_ADDRESS
from base.accounts.models import User
from tests.make import make_user

pytestmark = pytest.mark.django_db

DOOR = "/admin/login/"
SHOP_DOOR = "/accounts/login/password/"
PHONE = "13800138000"
RIGHT = "Good-Pass-9"
WRONG = "wrong"


@pytest.fixture(autouse=True)
def nothing_tried_yet() -> None:
    cache.clear()


@pytest.fixture
def merchant() -> User:
    user = make_user("店主", phone=PHONE, email="boss@example.com", is_staff=True)
    user.set_password(RIGHT)
    user.save()
    return user


def knock(client: Client, account: str = PHONE, password: str = WRONG) -> list[str]:
    """What the door said; nothing when it opened."""
    answer = client.post(DOOR, {"username": account, "password": password})
    return [] if answer.status_code == 302 else answer.context["form"].non_field_errors()


def user_of(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


@pytest.mark.parametrize("account", [PHONE, "+86 138-0013-8000", "boss@example.com"])
def test_a_merchant_comes_in(client: Client, merchant: User, account: str) -> None:
    assert knock(client, account, RIGHT) == []
    assert user_of(client) == str(merchant.pk)
    assert client.get("/admin/").status_code == 200


def test_the_door_leads_to_the_board(client: Client, merchant: User) -> None:
    asked = re.search(r'name="next" value="([^"]*)"', client.get(DOOR).content.decode())
    assert asked is not None
    typed = {"username": PHONE, "password": RIGHT, "next": asked[1]}
    assert client.post(DOOR, typed)["Location"] == "/admin/"


def test_a_name_given_by_createsuperuser_is_as_good(client: Client) -> None:
    boss = User.objects.create_superuser("admin", RIGHT)
    assert knock(client, "admin", RIGHT) == []
    assert user_of(client) == str(boss.pk)


def test_a_shopper_and_a_closed_account_stay_outside(client: Client, merchant: User) -> None:
    shopper = make_user(phone="13900139000")
    shopper.set_password(RIGHT)
    shopper.save()
    assert len(knock(client, "13900139000", RIGHT)) == 1
    User.objects.filter(pk=merchant.pk).update(is_active=False)
    assert len(knock(client, PHONE, RIGHT)) == 1
    assert user_of(client) is None


@pytest.mark.parametrize("account", [PHONE, "admin"])
def test_after_five_wrong_ones_even_the_right_one_waits(
    client: Client, merchant: User, account: str
) -> None:
    User.objects.create_superuser("admin", RIGHT)
    for _ in range(PER_ACCOUNT.amount):
        knock(client, account)
    (said,) = knock(client, account, RIGHT)
    assert said.startswith("密码输错次数过多，请 ")
    assert user_of(client) is None


def test_both_doors_count_together(client: Client, merchant: User) -> None:
    shop = Client(headers={"origin": "http://testserver"})
    for _ in range(PER_ACCOUNT.amount - 1):
        shop.post(SHOP_DOOR, {"account": PHONE, "password": "wrong"})
    knock(client, "138 0013 8000")
    (said,) = knock(client, PHONE, RIGHT)
    assert said.startswith("密码输错次数过多，请 ")
    page = shop.post(SHOP_DOOR, {"account": PHONE, "password": RIGHT}).content.decode()
    assert "密码输错次数过多" in page


def test_one_address_cannot_try_many_accounts(client: Client, merchant: User) -> None:
    for number in range(PER_ADDRESS.amount):
        knock(client, f"139{number:08d}")
    (said,) = knock(client, PHONE, RIGHT)
    assert said.startswith("密码输错次数过多，请 ")


def test_right_passwords_are_not_counted(merchant: User) -> None:
    for _ in range(PER_ACCOUNT.amount + 2):
        assert knock(Client(), PHONE, RIGHT) == []
