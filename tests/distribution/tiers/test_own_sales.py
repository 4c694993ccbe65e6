"""What counts as somebody's own sale: theirs, complete, kept, and earned while they were in."""

from decimal import Decimal

import pytest

from distribution.models import Distributor, TierTask
from distribution.policy import publish_policy
from distribution.programme.people import approve, set_status
from distribution.states import Status
from distribution.tiers.reviews import review_tiers
from orders.refunds import Part
from tests.make import START, make_chain, make_distributor, make_shipping_rate, refund
from tests.selling import beijing, make_customer, make_task, sell, tiers_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Distributor:
    """Silver asks for ¥100 a month."""
    make_task("silver", "sales", "100")
    return make_distributor()


def codes(distributor: Distributor) -> list[str]:
    return [code for code, _ in tiers_of(distributor)]


def test_buying_for_oneself_does_not(person: Distributor) -> None:
    publish_policy(by=None, at=START, self_purchase=True)
    sell(person, "500.00", beijing(2, 10), to=person.user)
    assert review_tiers(beijing(2, 11)) == {}


def test_neither_recruits_nor_what_they_sell() -> None:
    for kind in TierTask.Kind.values:
        make_task("silver", kind, "1", needed="any")
    chain = make_chain()
    for _ in range(3):
        make_distributor(recruiter=chain.a)
    sell(chain.b, "500.00", beijing(2, 10), to=chain.c)
    assert review_tiers(beijing(2, 11)) == {"rose": 1}
    assert (codes(chain.a), codes(chain.b)) == (["bronze"], ["bronze", "silver"])


def test_shipping_does_not(person: Distributor) -> None:
    order = sell(person, "99.00", beijing(2, 10))
    type(order).objects.filter(pk=order.pk).update(shipping_amount=8, total=107)
    assert review_tiers(beijing(2, 11)) == {}


def test_shipping_that_went_back_takes_nothing_from_the_goods() -> None:
    make_shipping_rate("8.00")
    make_task("silver", "sales", "5")
    order = sell(make_distributor(), "10.00", beijing(2, 10))
    part = Part(order.lines.get().pk, 0, Decimal("5.00"))
    refund(order, [part], shipping_amount=Decimal("8.00"), at=beijing(2, 9))
    assert review_tiers(beijing(2, 11)) == {"rose": 1}


def test_what_was_sold_while_frozen_does_not(person: Distributor) -> None:
    customer = make_customer(person)
    set_status(person, Status.FROZEN, by=None, reason="test", at=beijing(2, 1))
    sell(person, "100.00", beijing(2, 10), to=customer)
    approve(person, by=None, at=beijing(2, 9))
    assert review_tiers(beijing(2, 11)) == {}
