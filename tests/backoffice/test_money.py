"""Commissions and the ledger in the back office: found by what is unique, quick in a large shop."""

from typing import Any

import pytest
from django.test import Client

from distribution.models import Transfer
from tests.buying import buy
from tests.make import Chain, make_chain, make_rule, make_user

pytestmark = pytest.mark.django_db
COMMISSIONS, TRANSFERS = "/admin/distribution/commission/", "/admin/distribution/transfer/"


@pytest.fixture
def merchant(client: Client) -> Client:
    client.force_login(make_user("店主", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def chain() -> Chain:
    chain = make_chain()
    make_rule("0.10", "0.05")
    return chain


def found(merchant: Client, search: str) -> list[Any]:
    page = merchant.get(COMMISSIONS, {"q": search})
    return sorted((row.order_id, row.level) for row in page.context["cl"].queryset)


def test_by_order_code_and_phone(merchant: Client, chain: Chain) -> None:
    first, second = buy(chain), buy(chain)
    phone = "13900001234"
    chain.a.user.phone = phone
    chain.a.user.save(update_fields=["phone"])
    assert found(merchant, first.number.lower()) == [(first.pk, 1), (first.pk, 2)]
    assert found(merchant, chain.b.code.lower()) == [(first.pk, 1), (second.pk, 1)]
    assert found(merchant, f" {phone} {second.number} ") == [(second.pk, 2)]
    assert found(merchant, first.number[:-1]) == []
    assert len(found(merchant, "")) == 4


def test_a_search_joins_nothing(
    merchant: Client, chain: Chain, django_assert_num_queries: Any
) -> None:
    """What is unique is looked up first; the commissions are then read by their own indexes."""
    order = buy(chain)
    with django_assert_num_queries(6) as asked:
        merchant.get(COMMISSIONS, {"q": order.number})
    counting = [query["sql"] for query in asked.captured_queries if "COUNT(" in query["sql"]]
    assert len(counting) == 1 and "JOIN" not in counting[0] and "LIKE" not in counting[0]


def test_transfers_by_the_beginning_of_their_key(merchant: Client, chain: Chain) -> None:
    order = buy(chain)
    other = buy(chain)
    page = merchant.get(TRANSFERS, {"q": f"accrue:{order.pk}"})
    assert [(row.key, row.gained) for row in page.context["cl"].queryset] == [
        (f"accrue:{order.pk}", sum(row.amount for row in order.commissions.all()))
    ]
    assert Transfer.objects.filter(key=f"accrue:{other.pk}").exists()
