"""Placing an order while the buyer is given to another distributor: whom the terms name."""

import pytest

from base.accounts.models import User
from distribution.models import Commission, Distributor, OrderTerms
from distribution.money import terms
from distribution.referral import relations
from distribution.referral.relations import reassign_customer
from orders.models import Order
from tests.books import prove
from tests.buying import DAY, NOON
from tests.concurrency.meanwhile import meanwhile
from tests.make import (
    Chain,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chain() -> Chain:
    make_rule("0.30", "0.10")
    return make_chain()


@pytest.fixture
def new() -> Distributor:
    """Nobody brought them in: a chain of one."""
    return make_distributor()


@pytest.fixture
def merchant() -> User:
    return make_user("店主")


def place(chain: Chain) -> Order:
    return make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)


def payees() -> tuple[int | None, int | None]:
    return OrderTerms.objects.values_list("payee1", "payee2").get()


class TestReassigning:
    def test_who_places_before_it_is_done_waits_for_nobody_and_is_the_old_ones_for_good(
        self, chain: Chain, new: Distributor, merchant: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(monkeypatch, relations, "record_trace", lambda: place(chain))
        reassign_customer(chain.c, new, by=merchant, reason="test", at=NOON - DAY)
        order = other.outcome()
        assert not other.had_to_wait
        assert payees() == (chain.b.pk, chain.a.pk)
        pay(order, at=NOON)
        paid = Commission.objects.order_by("level").values_list("payee", flat=True)
        assert list(paid) == [chain.b.pk, chain.a.pk]
        prove()

    def test_done_before_the_terms_are_read_but_dated_later_it_leaves_the_order_alone(
        self, chain: Chain, new: Distributor, merchant: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(
            monkeypatch,
            terms,
            "attribute_orders",
            lambda: reassign_customer(chain.c, new, by=merchant, reason="test", at=NOON + DAY),
        )
        place(chain)
        assert other.outcome().distributor == new
        assert payees() == (chain.b.pk, chain.a.pk)

    def test_control_dated_earlier_it_is_the_new_ones_at_both_levels(
        self, chain: Chain, new: Distributor, merchant: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(
            monkeypatch,
            terms,
            "attribute_orders",
            lambda: reassign_customer(chain.c, new, by=merchant, reason="test", at=NOON - DAY),
        )
        place(chain)
        assert other.outcome().distributor == new
        assert payees() == (new.pk, None)
