"""Whom to ask: figures of completed purchases, reviews and recipients; nobody who is in already."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Candidate, Click
from distribution.programme.candidates import candidates, count_candidates, reasons
from distribution.programme.people import appoint, set_status
from distribution.programme.recruiting import invite
from distribution.referral.relations import bind_by_link
from distribution.states import Status
from orders.refunds import Part
from orders.reviews import hide_review, write_review
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


def counted() -> list[Candidate]:
    """As beat counts them, and as the merchant reads them."""
    now = timezone.now()
    count_candidates(now)
    return list(candidates(now))


def test_figures_reasons_and_order() -> None:
    much, little = make_user("大户"), make_user("小户")
    bought(much, "300.00", days=40)
    bought(much, "200.00", days=10, name="妈妈")
    bought(little, "50.00", days=200)
    write_review(much.orders.first().lines.get(), rating=4)
    first, second = counted()
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
    assert counted() == []


def test_people_brought_are_known_of_who_left() -> None:
    person = make_distributor()
    bind_by_link(make_user(), person, at=START)
    bought(person.user, "10.00")
    set_status(person, Status.RESIGNED, by=None, reason="忙")
    (found,) = counted()
    assert found.brought == 1
    assert reasons(found, timezone.now())[-1] == "以前做推广时带来过 1 位顾客"


def test_who_is_asked_already_is_marked() -> None:
    user = make_user()
    bought(user, "10.00")
    assert [one.is_asked for one in counted()] == [False]
    invite(user, by=None)
    assert [one.is_asked for one in candidates(timezone.now())] == [True]


def test_visitors_are_told_of_who_left_and_their_own_looks_are_not() -> None:
    person = make_distributor()
    bought(person.user, "10.00")
    for user in (None, None, person.user):
        Click.objects.create(visitor=uuid4(), user=user, distributor=person, path="/", at=START)
    set_status(person, Status.RESIGNED, by=None, reason="忙")
    (found,) = counted()
    assert reasons(found, timezone.now())[-1] == "链接最近有 2 位访客打开过"


def test_what_the_merchant_hid_speaks_for_nobody() -> None:
    user = make_user()
    bought(user, "10.00")
    review = write_review(user.orders.get().lines.get(), rating=5)
    assert [one.rating for one in counted()] == [D("5.000")]
    hide_review(review, by=None, reason="广告")
    assert [(one.rating, one.reviews_written) for one in counted()] == [(None, 0)]


def test_who_is_no_candidate_any_more_goes_at_once_and_for_good() -> None:
    user, staff, back = make_user(), make_user(), make_user()
    for person in (user, staff, back):
        bought(person, "10.00")
    assert len(counted()) == 3
    appoint(user, by=None, reason="test")
    User.objects.filter(pk=staff.pk).update(is_staff=True)
    refund(back.orders.get(), [Part(back.orders.get().lines.get().pk, 1, D("10.00"))])
    assert [one.pk for one in candidates(timezone.now())] == [back.pk]
    assert counted() == [] and not Candidate.objects.exists()


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        bought(make_user(), "10.00")
    monkeypatch.setattr("distribution.programme.candidates.CHUNK", 1)
    assert count_candidates(timezone.now()) == 3
    assert count_candidates(timezone.now()) == 3
    assert Candidate.objects.count() == 3


def test_the_score_is_a_hundred_at_most() -> None:
    user = make_user()
    for number in range(11):
        bought(user, "5000.00", name=f"收货人{number}")
    for order in user.orders.all():
        write_review(order.lines.get(), rating=5)
    assert [one.score for one in counted()] == [D("90.000")]
