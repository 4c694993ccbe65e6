"""Reviews as the merchant sees them: found, hidden with a reason, and taken away as a file."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from orders.models import Review
from orders.reviews import write_review
from tests.make import make_order, make_user, pay, receive

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/review/"


def reviewed(text: str = "好吃") -> Review:
    order = make_order()
    pay(order)
    return write_review(receive(order).lines.get(), rating=4, text=text)


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_hidden_only_with_a_reason(client: Client, merchant: User) -> None:
    review = reviewed()
    address = reverse("admin:orders_review_hide", args=[review.pk])
    client.post(address, {"_form_submitted": "true", "reason": ""})
    review.refresh_from_db()
    assert review.hidden_at is None
    client.post(address, {"_form_submitted": "true", "reason": "辱骂"})
    review.refresh_from_db()
    assert (review.hidden_reason, review.hidden_by) == ("辱骂", merchant)


def test_found_and_exported(client: Client, merchant: User) -> None:
    chosen, _other = reviewed("脆"), reviewed("软")
    html = client.get(LIST, {"q": "脆"}).content.decode()
    assert "脆" in html and "软" not in html
    answer = client.post(LIST, {"action": "export_selected", "_selected_action": [chosen.pk]})
    text = b"".join(answer.streaming_content).decode()
    assert "脆" in text and "软" not in text


def test_one_and_three_rows_cost_the_same(
    client: Client, merchant: User, django_assert_num_queries: Any
) -> None:
    reviewed()
    client.get(LIST)
    with django_assert_num_queries(5):
        client.get(LIST)
    for _ in range(2):
        reviewed()
    with django_assert_num_queries(5):
        client.get(LIST)
