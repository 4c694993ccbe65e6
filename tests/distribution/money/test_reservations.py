"""Setting money aside: the oldest mature commissions first, closed once, one way."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from base.clock import BEIJING
from base.errors import WrongState
from distribution.models import Allocation, Balance, Commission, Distributor, Reservation
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from distribution.money.reservations import Claim, allocated_by_state, release, reserve, settle
from distribution.states import ReservationState
from orders.refunds import Part
from tests.books import ledger, money, prove
from tests.make import Chain, make_chain, make_order, make_rule, make_variant, pay, receive, refund

pytestmark = pytest.mark.django_db

D = Decimal
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)


def earn(chain: Chain, *prices: str, days: int = 0) -> None:
    """C buys at these prices, one a day; everything is received at once and mature."""
    for i, price in enumerate(prices, start=days):
        order = make_order(chain.c, {make_variant(price): 1}, at=NOON + i * DAY)
        pay(order, at=NOON + i * DAY)
        receive(order, at=NOON + i * DAY)
        mature_commissions(NOON + (i + 7) * DAY)


@pytest.fixture
def chain() -> Chain:
    """B has earned 1.00, 2.00 and 3.00."""
    chain = make_chain()
    make_rule("0.10", None)
    earn(chain, "10.00", "20.00", "30.00")
    return chain


def hold(distributor: Distributor, amount: str, number: str = "J1") -> Reservation:
    lock_balances([distributor.pk])
    (held,) = reserve([Claim(number, distributor.pk, D(amount))], NOON + 20 * DAY)
    return held


def allocations() -> list[str]:
    """ "number amount of commission" of every allocation, oldest commission first."""
    rows = Allocation.objects.order_by("reservation_id", "commission__matured_at")
    return [
        f"{row.reservation.number} {row.amount} of {row.commission.amount_at_payment}"
        for row in rows
    ]


def test_the_oldest_mature_commissions_go_first(chain: Chain) -> None:
    hold(chain.b, "2.50")
    assert allocations() == ["J1 1.00 of 1.00", "J1 1.50 of 2.00"]
    hold(chain.b, "1.00", "J2")
    hold(chain.b, "2.50", "J3")
    assert allocations() == [
        "J1 1.00 of 1.00",
        "J1 1.50 of 2.00",
        "J2 0.50 of 2.00",
        "J2 0.50 of 3.00",
        "J3 2.50 of 3.00",
    ]
    assert money(chain.b) == {"reserved": "6.00"}
    prove()


def test_reserved_then_settled(chain: Chain) -> None:
    held = hold(chain.b, "2.50")
    assert ledger("reserve") == ["reserve available 乙 -2.50", "reserve reserved 乙 2.50"]
    assert money(chain.b) == {"available": "3.50", "reserved": "2.50"}
    settle(held, NOON + 21 * DAY)
    assert ledger("settle") == ["settle reserved 乙 -2.50", "settle cash shop 2.50"]
    assert money(chain.b) == {"available": "3.50", "paid": "2.50"}
    prove()


def test_reserved_then_released(chain: Chain) -> None:
    held = hold(chain.b, "2.50")
    release(held, NOON + 21 * DAY)
    assert ledger("release") == ["release reserved 乙 -2.50", "release available 乙 2.50"]
    assert money(chain.b) == {"available": "6.00"}
    assert set(Commission.objects.values_list("allocated", flat=True)) == {D("0.00")}
    prove()
    hold(chain.b, "6.00", "J2")
    assert allocations()[2:] == ["J2 1.00 of 1.00", "J2 2.00 of 2.00", "J2 3.00 of 3.00"]
    prove()


def test_closing_again_changes_nothing_and_closing_otherwise_is_refused(chain: Chain) -> None:
    for first, other, number in ((settle, release, "J1"), (release, settle, "J2")):
        held = hold(chain.b, "1.00", number)
        stale = Reservation.objects.get(pk=held.pk)
        first(held, NOON + 21 * DAY)
        before = ledger()
        first(held, NOON + 22 * DAY)
        with pytest.raises(WrongState):
            first(stale, NOON + 22 * DAY)
        with pytest.raises(WrongState):
            other(held, NOON + 22 * DAY)
        assert ledger() == before
    prove()


def test_a_number_that_exists_reserves_nothing(chain: Chain) -> None:
    hold(chain.b, "1.00")
    with pytest.raises(IntegrityError), transaction.atomic():
        hold(chain.b, "1.00")
    assert money(chain.b) == {"available": "5.00", "reserved": "1.00"}
    prove()


def test_many_at_once(chain: Chain, django_assert_num_queries: object) -> None:
    other = make_chain()
    earn(other, "50.00")
    lock_balances([chain.b.pk, other.b.pk])
    with django_assert_num_queries(5):  # type: ignore[operator]  # the fixture is a function
        reserve(
            [Claim("J1", chain.b.pk, D("6.00")), Claim("J2", other.b.pk, D("5.00"))],
            NOON + 20 * DAY,
        )
    assert (money(chain.b), money(other.b)) == ({"reserved": "6.00"}, {"reserved": "5.00"})
    assert Allocation.objects.count() == 4
    prove()


def test_what_lies_where_is_read_from_the_allocations(chain: Chain) -> None:
    settle(hold(chain.b, "1.50"), NOON + 21 * DAY)
    hold(chain.b, "1.00", "J2")
    release(hold(chain.b, "2.00", "J3"), NOON + 21 * DAY)
    ids = list(Commission.objects.order_by("matured_at").values_list("pk", flat=True))
    sums = allocated_by_state(ids)
    assert [dict(sums[pk]) for pk in ids] == [
        {ReservationState.SETTLED: D("1.00")},
        {ReservationState.SETTLED: D("0.50"), ReservationState.RESERVED: D("1.00")},
        {},
    ]


def test_a_commission_that_fell_below_what_it_was_allocated(chain: Chain) -> None:
    """The rest is covered by the others: sums stay right, and so does what can be reserved."""
    settle(hold(chain.b, "2.00"), NOON + 21 * DAY)
    first = Commission.objects.earliest("matured_at")
    refund(first.order, [Part(first.line_id, 1, D("10.00"))], at=NOON + 22 * DAY)
    assert money(chain.b) == {"available": "3.00", "paid": "2.00"}
    prove()
    hold(chain.b, "3.00", "J2")
    assert allocations()[2:] == ["J2 1.00 of 2.00", "J2 2.00 of 3.00"]
    assert Balance.objects.get(pk=chain.b.pk).available == 0
    prove()
