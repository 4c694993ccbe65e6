"""The first page: everybody sees the figures and the work that their keys open."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from distribution.programme.stories import submit_story
from shop.support.tickets import open_ticket
from tests.make import make_chain, make_distributor, make_order, make_user, pay

pytestmark = pytest.mark.django_db

ORDERS = ["今日成交", "本月成交"]


@pytest.fixture(autouse=True)
def work() -> None:
    """An order to send, a story to read and a question to answer."""
    pay(make_order(make_chain().c))
    submit_story(make_distributor(), display_name="阿珍", text="我只推荐自己买过的东西。" * 3)
    open_ticket(make_user(), subject="什么时候发货？", category="order", text="等了两天")


def board(client: Client, *keys: str, **fields: bool) -> tuple[list[str], list[str], int]:
    """(figures, work, days drawn) of somebody with these keys."""
    clerk = make_user("店员", is_staff=True, **fields)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=keys))
    client.force_login(clerk)
    shown = client.get(reverse("admin:index")).context
    figures = [label for label, _value, _hint in shown["figures"]]
    return figures, [label for label, _count, _where in shown["work"]], len(shown["days"])


def test_the_owner_sees_all_of_it(client: Client) -> None:
    work = ["待发货订单", "待审核推广故事", "待回复工单"]
    assert board(client, is_superuser=True) == ([*ORDERS, "本月佣金"], work, 30)


def test_who_has_no_key_sees_no_figure(client: Client) -> None:
    assert board(client) == ([], [], 0)


def test_each_sees_what_their_keys_open(client: Client) -> None:
    assert board(client, "view_order") == (ORDERS, ["待发货订单"], 30)
    assert board(client, "view_story") == ([], ["待审核推广故事"], 0)
    assert board(client, "view_ticket", "view_commission") == ([], ["待回复工单"], 0)
