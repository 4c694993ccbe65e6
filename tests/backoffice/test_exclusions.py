"""Goods in and out of distribution from their lists, and the list of distributors."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from distribution.models import Rule
from tests.make import (
    make_chain,
    make_distributor,
    make_order,
    make_product,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db

PRODUCTS = "admin:catalog_product_changelist"
PEOPLE = "admin:distribution_distributor_changelist"


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def act(client: Client, name: str, keys: list[int], model: str = "product") -> str:
    address = reverse(f"admin:catalog_{model}_changelist")
    page = client.post(address, {"action": name, "_selected_action": keys}, follow=True)
    return " ".join(str(message) for message in page.context["messages"])


def test_products_leave_and_come_back(client: Client, merchant: User) -> None:
    products = [make_product(), make_product()]
    keys = [product.pk for product in products]
    make_rule("0.1", None, scope="variant", variant=make_variant(product=products[0]))
    told = act(client, "exclude_selected", keys)
    assert "不参与分销：2 个" in told
    assert "1 条更优先的规则" in told
    shown = client.get(reverse(PRODUCTS)).context["cl"].queryset
    assert {product.pk: product.is_excluded for product in shown} == dict.fromkeys(keys, True)
    assert "恢复参与分销：2 个" in act(client, "include_selected", keys)
    assert Rule.objects.filter(scope="product", valid_to=None).count() == 0


def test_categories_too(client: Client, merchant: User) -> None:
    category = make_product().category
    act(client, "exclude_selected", [category.pk], "category")
    rule = Rule.objects.get()
    assert (rule.category, rule.rate1, rule.rate2) == (category, 0, 0)


def test_who_may_not_change_rules_may_not_exclude(client: Client) -> None:
    clerk = make_user("店员", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_product", "change_product"]))  # fmt: skip
    client.force_login(clerk)
    act(client, "exclude_selected", [make_product().pk])
    assert not Rule.objects.exists()


def test_distributors_show_what_they_sold_and_earned(client: Client, merchant: User) -> None:
    chain, idle = make_chain(), make_distributor(name="闲人")
    make_rule("0.10", "0.05")
    for _ in range(2):
        pay(make_order(chain.c, {make_variant("100.00"): 1}))
    page = client.get(reverse(PEOPLE))
    told = {
        row.pk: (row.month_order_count, str(row.month_sales_sum), str(row.month_earned_sum))
        for row in page.context["cl"].queryset
    }
    assert told == {
        chain.a.pk: (0, "0", "10.00"),
        chain.b.pk: (2, "200.00", "20.00"),
        idle.pk: (0, "0", "0"),
    }
    for selling, people in (("yes", {chain.b}), ("no", {chain.a, idle})):
        found = client.get(reverse(PEOPLE), {"selling": selling}).context["cl"].queryset
        assert set(found) == people


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_distributors_takes_as_many_queries(
    client: Client, merchant: User, django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    for _ in range(count):
        make_distributor()
    client.get(reverse(PEOPLE))
    with django_assert_num_queries(5):
        client.get(reverse(PEOPLE))


def test_distributors_as_a_file(client: Client, merchant: User) -> None:
    person = make_distributor(name="阿珍")
    answer = client.post(
        reverse(PEOPLE), {"action": "export_selected", "_selected_action": [person.pk]}
    )
    header, row = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert header.startswith("分销商,手机号,推广码,等级,状态,本月订单,本月成交额,本月佣金,累计佣金")
    assert row.startswith("阿珍,")
