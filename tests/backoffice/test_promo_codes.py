"""Promo codes in the back office: the form as the merchant sends it, and the lists."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from base.models import AuditEntry
from distribution.models import PromoCode
from tests.distribution.sharing.test_promo_codes import make_code, order_with
from tests.make import make_category, make_distributor, make_product, make_user, pay

pytestmark = pytest.mark.django_db

ADD = "/admin/distribution/promocode/add/"
LIST = "/admin/distribution/promocode/"
EMPTY = {
    "code": "",
    "owner": "",
    "percent": "",
    "amount": "",
    "minimum": "0",
    "product": "",
    "category": "",
    "starts_at_0": "",
    "starts_at_1": "",
    "ends_at_0": "",
    "ends_at_1": "",
    "most_uses": "",
    "most_per_person": "1",
    "uses-TOTAL_FORMS": "0",
    "uses-INITIAL_FORMS": "0",
}


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def send(client: Client, address: str = ADD, **values: Any) -> list[str]:
    """What the form says against it; nothing when it was saved."""
    answer = client.post(address, EMPTY | {"is_active": "on"} | values)
    if answer.status_code == 302:
        return []
    return [str(e) for errors in answer.context["errors"] for e in errors]


def test_a_code_is_added_as_the_form_sends_it(client: Client, merchant: User) -> None:
    owner, shelf = make_distributor(name="甜甜"), make_category("坚果")
    sent = {"code": " sweet ", "owner": owner.pk, "amount": "5.00", "minimum": "30"}
    assert send(client, **sent, category=shelf.pk, most_uses="7") == []
    code = PromoCode.objects.get()
    assert (code.code, code.owner, code.amount, code.minimum) == ("SWEET", owner, 5, 30)
    assert (code.category, code.most_uses, code.most_per_person) == (shelf, 7, 1)
    entry = AuditEntry.objects.get(action="save_promo_code")
    assert (entry.actor, entry.target_name) == (merchant, "SWEET")


def test_a_change_leaves_letters_owner_and_count(client: Client, merchant: User) -> None:
    code = make_code(owner=make_distributor())
    order_with("SWEET")
    address = reverse("admin:distribution_promocode_change", args=[code.pk])
    sent = {"code": "OTHER", "owner": "", "percent": "10", "is_active": ""}
    assert send(client, address, **sent) == []
    fresh = PromoCode.objects.get()
    assert (fresh.code, fresh.owner, fresh.used) == ("SWEET", code.owner, 1)
    assert (fresh.percent, fresh.amount, fresh.is_active) == (Decimal("0.1"), None, False)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"code": "a b", "amount": "5"}, "优惠码只能用汉字、字母、数字、- 和 _，最多 20 个字。"),
        ({"code": "TAKEN", "amount": "5"}, "这个优惠码已被另一个优惠码使用，请换一个。"),
        ({"code": "NEW", "amount": "5", "percent": "10"}, "折扣比例和减免金额只填一个。"),
        ({"code": "NEW"}, "没有归属分销商的优惠码要有优惠。"),
        ({"code": "NEW", "amount": "-1"}, "确保该值大于或等于0.01。"),
        ({"code": "NEW", "percent": "110"}, "比例要在 0.01% 到 100% 之间。"),
        (
            {"code": "NEW", "amount": "5", "starts_at_0": "2026-02-01", "starts_at_1": "00:00",
             "ends_at_0": "2026-02-01", "ends_at_1": "00:00"},
            "结束要晚于开始。",
        ),
        ({"code": "NEW", "amount": "5", "ends_at_0": "0001-01-01", "ends_at_1": "00:00"},
         "请填写 2000 年以后的时间。"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_saved(
    client: Client, merchant: User, sent: dict[str, str], why: str
) -> None:
    make_code("TAKEN")
    assert send(client, **sent) == [why]
    assert list(PromoCode.objects.values_list("code")) == [("TAKEN",)]
    assert AuditEntry.objects.filter(action="save_promo_code").count() == 1


def test_a_distributors_own_code_and_two_scopes_are_refused(client: Client, merchant: User) -> None:
    own = make_distributor().code
    assert send(client, code=own, amount="5") == ["这个码已经是某位分销商的推广码，请换一个。"]
    two = {"product": make_product().pk, "category": make_category().pk}
    assert send(client, code="NEW", amount="5", **two) == ["商品和分类只选一个。"]
    assert not PromoCode.objects.exists()


def test_who_may_only_look_saves_nothing(client: Client) -> None:
    clerk = make_user("客服", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_promocode"))
    client.force_login(clerk)
    assert client.get(LIST).status_code == 200
    assert client.post(ADD, EMPTY | {"code": "NEW", "amount": "5"}).status_code == 403
    assert not PromoCode.objects.exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_says_what_each_brought(
    client: Client, merchant: User, django_assert_num_queries: Any, rows: int
) -> None:
    for number in range(rows):
        make_code(f"SWEET{number}", owner=make_distributor())
        pay(order_with(f"SWEET{number}"))
        order_with(f"SWEET{number}")
    with django_assert_num_queries(4):
        page = client.get(LIST)
    found = [
        (row.paid_count, row.bound_count, row.sales_sum, row.refunded_sum)
        for row in page.context["cl"].result_list
    ]
    assert found == [(1, 2, Decimal("25.00"), Decimal("0.00"))] * rows


@pytest.mark.parametrize("rows", [1, 3])
def test_every_code_typed_in_is_listed(
    client: Client, merchant: User, django_assert_num_queries: Any, rows: int
) -> None:
    owner = make_distributor()
    for _ in range(rows):
        order_with(owner.code)
    with django_assert_num_queries(6):
        page = client.get("/admin/distribution/promouse/", {"q": owner.code})
    assert page.context["cl"].result_count == rows
