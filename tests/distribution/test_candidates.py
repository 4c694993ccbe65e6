"""Whom to ask: figures of completed purchases, reviews and recipients; nobody who is in already."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from base.accounts.models import User
from distribution.candidates import candidates, reasons
from distribution.people import set_status
from distribution.recruiting import invite
from distribution.relations import bind_by_link
from distribution.states import Status
from orders.refunds import Part
from orders.reviews import write_review
from tests.make import (
    START,
    make_address,
    make_distributor,
    make_order,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

D = Decimal


def bought(user: User, price: str, days: int = 1, name: str = "小林") -> None:
    at = timezone.now() - timedelta(days=days)
    address = make_address(user)
    type(address).objects.filter(pk=address.pk).update(recipient=name)
    address.refresh_from_db()
    order = make_order(user, {make_variant(price): 1}, at=at, address=address)
    pay(order, at=at)
    receive(order, at=at)


def test_figures_reasons_and_order() -> None:
    much, little = make_user("大户"), make_user("小户")
    bought(much, "300.00", days=40)
    bought(much, "200.00", days=10, name="妈妈")
    bought(little, "50.00", days=200)
    write_review(much.orders.first().lines.get(), rating=4)
    first, second = candidates(timezone.now())
    assert (first.pk, second.pk) == (much.pk, little.pk)
    assert (first.order_count, first.spent, first.recipients) == (2, D("500.00"), 2)
    # 4 of 5 stars 20, ¥500 12.5, 2 orders 3, 2 recipients 4, within 30 days 15
    assert first.score == D("54.5")
    # no stars, ¥50 1.25, 1 order 1.5, 1 recipient 2, too long ago
    assert second.score == D("4.75")
    assert reasons(first, timezone.now()) == [
        "写过 1 条评价，平均 4.0 星",
        "消费 ¥500.00，2 笔已完成订单",
        "最近一次购买在 10 天前",
        "寄给过 2 位不同的收货人",
    ]


def test_who_is_left_out() -> None:
    applied_or_in = make_distributor()
    bought(applied_or_in.user, "100.00")
    bought(make_user(is_staff=True), "100.00")
    bought(make_user(is_active=False), "100.00")
    pay(make_order(make_user()))
    gone = make_user()
    order = make_order(gone, {make_variant("20.00"): 1})
    pay(order)
    receive(order)
    refund(order, [Part(order.lines.get().pk, 1, D("20.00"))])
    assert list(candidates(timezone.now())) == []


def test_people_brought_are_known_of_who_left() -> None:
    person = make_distributor()
    bind_by_link(make_user(), person, at=START)
    bought(person.user, "10.00")
    set_status(person, Status.RESIGNED, by=None, reason="忙")
    (found,) = candidates(timezone.now())
    assert found.brought == 1
    assert reasons(found, timezone.now())[-1] == "以前做推广时带来过 1 位顾客"


def test_who_is_asked_already_is_marked() -> None:
    user = make_user()
    bought(user, "10.00")
    assert candidates(timezone.now()).get().is_asked is False
    invite(user, by=None)
    assert candidates(timezone.now()).get().is_asked is True
