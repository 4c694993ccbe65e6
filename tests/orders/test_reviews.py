"""Buyers' words on what they received: theirs alone, once a line, hidden only with a reason."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from base.accounts.models import User
from base.errors import DomainError
from base.models import AuditEntry
from catalog.models import Variant
from orders.models import Order, OrderLine, Review
from orders.reviews import CannotReview, hide_review, opinion_of, show_review, write_review
from tests.make import make_order, make_user, make_variant, pay, receive

pytestmark = pytest.mark.django_db


def received(buyer: User | None = None, variant: Variant | None = None) -> OrderLine:
    order = make_order(buyer, {variant or make_variant(): 1})
    pay(order)
    return receive(order).lines.get()


def address(order: Order, line: OrderLine) -> str:
    return f"/orders/{order.number}/reviews/{line.pk}/"


def test_written_once_and_edited_for_thirty_days() -> None:
    line = received()
    first = write_review(line, rating=5, text=" 好吃 ")
    assert (first.rating, first.text, first.edited_at) == (5, "好吃", None)
    assert write_review(line, rating=5, text="好吃") == first
    soon = first.written_at + timedelta(days=30)
    assert write_review(line, rating=2, text="回潮", at=soon).edited_at == soon
    with pytest.raises(CannotReview, match="30 天"):
        write_review(line, rating=1, at=soon + timedelta(seconds=1))
    assert list(Review.objects.values_list("rating", "text")) == [(2, "回潮")]


def test_only_what_was_received_and_only_one_to_five() -> None:
    order = make_order()
    pay(order)
    with pytest.raises(CannotReview, match="收货后"):
        write_review(order.lines.get(), rating=5)
    line = received()
    for rating in (0, 6):
        with pytest.raises(CannotReview):
            write_review(line, rating=rating)
    with pytest.raises(IntegrityError, match="rating_1_to_5"), transaction.atomic():
        Review.objects.create(
            line=line,
            product=line.product,
            user=line.order.user,
            rating=6,
            written_at=timezone.now(),
        )
    assert Review.objects.count() == 0


def test_what_a_product_is_thought_of_leaves_out_the_hidden() -> None:
    variant, boss = make_variant(), make_user("店主")
    assert opinion_of(variant.product) is None
    bad, _good = [write_review(received(None, variant), rating=stars) for stars in (2, 5)]
    found = opinion_of(variant.product)
    assert found and (found.average, found.count) == (Decimal("3.5"), 2)
    with pytest.raises(DomainError):
        hide_review(bad, by=boss, reason=" ")
    hide_review(bad, by=boss, reason="辱骂")
    hide_review(bad, by=boss, reason="再一次")
    found = opinion_of(variant.product)
    assert found and (found.average, found.count) == (Decimal("5.0"), 1)
    show_review(bad, by=boss)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "reason")) == [
        ("hide_review", "辱骂"),
        ("show_review", ""),
    ]


def test_pages(client: Client) -> None:
    line = received()
    order = line.order
    client.force_login(order.user)
    assert "写评价" in client.get(f"/orders/{order.number}/").content.decode()
    client.post(address(order, line), {"rating": "4", "text": "<b>脆</b>"})
    html = client.get(f"/orders/{order.number}/").content.decode()
    assert "修改评价" in html and "&lt;b&gt;脆" in html
    guest = Client().get(f"/p/{line.product.slug}/")
    html = guest.content.decode()
    assert "&lt;b&gt;脆" in html and "小**" in html and "1 条评价" in html
    assert "public" in guest["Cache-Control"] and "Cookie" not in guest.get("Vary", "")


@pytest.mark.parametrize("sent", [{}, {"rating": "6"}, {"rating": "x"}, {"rating": "5", "text": "长" * 501}])  # fmt: skip
def test_bad_input_is_said_and_changes_nothing(client: Client, sent: dict[str, str]) -> None:
    line = received()
    client.force_login(line.order.user)
    page = client.post(address(line.order, line), sent, follow=True)
    assert len(page.context["messages"]) == 1
    assert Review.objects.count() == 0


def test_nobody_else_and_no_other_order(client: Client) -> None:
    line, other = received(), received()
    assert client.post(address(line.order, line), {"rating": "5"}).status_code == 302
    client.force_login(other.order.user)
    assert client.post(address(line.order, line), {"rating": "5"}).status_code == 404
    assert client.post(address(other.order, line), {"rating": "5"}).status_code == 404
    assert Review.objects.count() == 0


def test_one_and_three_reviews_cost_the_same(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    variant = make_variant()
    write_review(received(None, variant), rating=5)
    with django_assert_num_queries(1):
        opinion_of(variant.product)
    for _ in range(2):
        write_review(received(None, variant), rating=4, text="好")
    with django_assert_num_queries(1):
        found = opinion_of(variant.product)
        assert found and [(review.rating, review.user.name) for review in found.newest] == [
            (4, "小林"),
            (4, "小林"),
            (5, "小林"),
        ]
