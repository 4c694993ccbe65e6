"""Every list of the back office as a file, by one action of the whole site."""

import csv
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from base.accounts.models import User
from distribution.risk.models import Kind, Signal
from tests.make import START, make_distributor, make_order, make_user, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def export(client: Client, name: str, **values: Any) -> list[list[str]]:
    answer = client.post(
        reverse(f"admin:{name}_changelist"), {"action": "export_selected"} | values
    )
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(b"".join(answer).decode("utf-8-sig"))))


def test_no_list_is_without_it(rf: RequestFactory, merchant: User) -> None:
    request = rf.get("/")
    request.user = merchant
    without = [
        model.__name__
        for model, page in admin.site._registry.items()
        if "export_selected" not in page.get_actions(request)
    ]
    assert without == []


def test_columns_as_shown_times_of_the_shop_and_words_for_choices(
    client: Client, merchant: User
) -> None:
    buyer = make_user("=1+1")
    order = make_order(buyer)
    pay(order)
    make_order()
    rows = export(client, "orders_order", _selected_action=[order.pk])
    assert rows[0] == ["订单号", "买家", "状态", "应付", "已退", "省份", "下单时间"]
    placed = f"{order.placed_at.astimezone(START.tzinfo):%Y-%m-%d %H:%M:%S}"
    assert rows[1:] == [
        [order.number, "'=1+1", "待发货", str(order.total), "0.00", "浙江省", placed]
    ]


def test_select_all_takes_what_the_search_and_the_filters_leave(
    client: Client, merchant: User
) -> None:
    for name in ("张三", "张四", "李五"):
        make_user(name)
    address = reverse("admin:accounts_user_changelist") + "?q=张"
    answer = client.post(
        address,
        {"action": "export_selected", "select_across": "1", "_selected_action": [merchant.pk]},
    )
    rows = list(csv.reader(StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {"张三", "张四"}
    assert {row[4] for row in rows[1:]} == {"是"}


def test_what_the_columns_need_is_read_once_for_all(
    client: Client, merchant: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(3):
        Signal.objects.create(
            kind=Kind.RING,
            key=f"k{number}",
            payee=make_distributor(),
            evidence={"people": [make_user(f"人{number}").pk], "orders": 2},
            found_at=START,
            seen_at=START,
        )
    chosen = list(Signal.objects.values_list("pk", flat=True))
    with django_assert_num_queries(8):
        rows = export(client, "risk_signal", _selected_action=chosen)
    assert len(rows) == 4
    assert Decimal(rows[1][6]) == 0


def test_a_shopper_gets_no_file(client: Client) -> None:
    client.force_login(make_user())
    answer = client.post(
        reverse("admin:orders_order_changelist"),
        {"action": "export_selected", "_selected_action": [1]},
    )
    assert answer.status_code == 302
