"""Drafts follow the balance: rebuilt smaller or cancelled when a refund takes money back."""

from decimal import Decimal

import pytest

from base.clock import day_start
from distribution.models import Allocation
from distribution.money.debts import Debt, debt_of
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import Order
from payouts.models import Payout, Schedule
from payouts.sending import approve_payout
from tests.books import ledger, money, prove
from tests.buying import DAY, NOON, buy, earn, take_back
from tests.make import Chain, make_chain, make_rule
from tests.paying import MONDAY, make_schedule, payouts, run, skips

pytestmark = pytest.mark.django_db

D = Decimal
AT = day_start(MONDAY)


@pytest.fixture
def chain() -> Chain:
    Schedule.objects.all().delete()
    make_rule("0.30", None)
    return make_chain()


@pytest.fixture
def order(chain: Chain) -> Order:
    """B has earned ¥30.00 by one order."""
    return earn(chain, "100.00")


def test_a_refund_makes_the_draft_smaller(chain: Chain, order: Order) -> None:
    run()
    before = Payout.objects.get()
    take_back(order, 0, "40.00", at=AT + DAY)
    after = Payout.objects.get()
    assert payouts() == ["乙 18.00 draft"]
    assert (after.pk, after.amount, after.reservation.amount) == (before.pk, D("18.00"), D("18.00"))
    assert after.number == after.reservation.number != before.number
    assert ledger("reverse", "release", "reserve")[2:] == [
        "reverse available 乙 -12.00",
        "reverse expense shop 12.00",
        "release reserved 乙 -30.00",
        "release available 乙 30.00",
        "reserve available 乙 -18.00",
        "reserve reserved 乙 18.00",
    ]
    assert money(chain.b) == {"reserved": "18.00"}
    prove()


def test_it_is_allocated_to_what_is_left(chain: Chain, order: Order) -> None:
    earn(chain, "50.00", at=NOON + DAY)
    run()
    take_back(order, 1, "100.00", at=AT + DAY)
    assert payouts() == ["乙 15.00 draft"]
    kept = Allocation.objects.exclude(reservation__state="released")
    assert [(row.amount, row.commission.amount) for row in kept] == [(D("15.00"), D("15.00"))]
    prove()


def test_the_times_are_those_of_the_refund(chain: Chain, order: Order) -> None:
    run()
    old = Payout.objects.get().reservation
    take_back(order, 0, "40.00", at=AT + DAY)
    old.refresh_from_db()
    assert old.closed_at == AT + DAY
    assert Payout.objects.get().reservation.reserved_at == AT + DAY
    take_back(order, 0, "60.00", at=AT + 2 * DAY)
    assert Payout.objects.get().closed_at == AT + 2 * DAY


@pytest.mark.parametrize(
    ("refunded", "left", "reason"),
    [("97.00", "0.90", "below_minimum"), ("100.00", "0.00", "nothing_mature")],
)
def test_below_the_minimum_it_is_cancelled_with_a_reason(
    chain: Chain, order: Order, refunded: str, left: str, reason: str
) -> None:
    found = run()
    take_back(order, 0, refunded, at=AT + DAY)
    assert payouts() == ["乙 30.00 cancelled"]
    assert skips(found) == [f"乙 {left} {reason}"]
    assert money(chain.b) == ({"available": left} if D(left) else {})
    prove()


def test_below_the_threshold_it_says_so(chain: Chain, order: Order) -> None:
    found = run(make_schedule(kind=Schedule.Kind.THRESHOLD, threshold=D("25.00")))
    take_back(order, 0, "40.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 cancelled"]
    assert skips(found) == ["乙 18.00 below_threshold"]


def test_exactly_the_minimum_is_kept(chain: Chain, order: Order) -> None:
    run(make_schedule(minimum=D("18.00")))
    take_back(order, 0, "40.00", at=AT + DAY)
    assert payouts() == ["乙 18.00 draft"]


def test_a_debt_cancels_it_with_the_debt_as_reason(chain: Chain, order: Order) -> None:
    run(make_schedule(auto_approve=True))
    later = earn(chain, "20.00", at=NOON + DAY)
    found = run(make_schedule())
    take_back(order, 0, "50.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 approved", "乙 6.00 cancelled"]
    assert skips(found) == ["乙 -9.00 debt"]
    assert money(chain.b) == {"reserved": "30.00", "debt": "9.00"}
    take_back(later, 1, "20.00", at=AT + 2 * DAY)
    assert money(chain.b) == {"reserved": "30.00", "debt": "15.00"}
    prove()


def test_what_the_balance_still_covers_keeps_its_amount(chain: Chain, order: Order) -> None:
    run()
    earn(chain, "50.00", at=NOON + DAY)
    take_back(order, 0, "50.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 draft"]
    assert money(chain.b) == {"reserved": "30.00"}
    prove()


def test_a_covered_one_is_allocated_to_what_is_left(chain: Chain, order: Order) -> None:
    run()
    later = earn(chain, "150.00", at=NOON + DAY)
    take_back(order, 1, "100.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 draft"]
    kept = Allocation.objects.exclude(reservation__state="released")
    assert [(row.amount, row.commission.order) for row in kept] == [(D("30.00"), later)]
    assert money(chain.b) == {"available": "15.00", "reserved": "30.00"}
    assert debt_of(chain.b) == Debt(D("0.00"), D("0.00"))
    prove()


def test_one_of_other_commissions_stays_as_it_is(chain: Chain, order: Order) -> None:
    run()
    number = Payout.objects.get().number
    later = earn(chain, "50.00", at=NOON + DAY)
    take_back(later, 0, "50.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 draft"]
    assert Payout.objects.get().number == number
    prove()


def test_an_approved_one_is_never_touched(chain: Chain, order: Order) -> None:
    run()
    approve_payout(Payout.objects.get(), by=None, at=AT)
    take_back(order, 1, "100.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 approved"]
    assert money(chain.b) == {"reserved": "30.00", "debt": "30.00"}
    prove()


def test_of_several_drafts_only_as_many_as_needed(chain: Chain, order: Order) -> None:
    for week in range(3):
        run(make_schedule())
        earn(chain, "100.00", at=NOON + week * DAY)
    assert payouts() == ["乙 30.00 draft"] * 3
    take_back(order, 0, "100.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 draft"] * 3  # the fourth ¥30.00 lay free
    take_back(Order.objects.latest("pk"), 0, "40.00", at=AT + DAY)
    assert payouts() == ["乙 18.00 draft", "乙 30.00 draft", "乙 30.00 draft"]
    assert money(chain.b) == {"reserved": "78.00"}
    prove()


def test_a_refund_of_what_is_pending_leaves_drafts_alone(chain: Chain, order: Order) -> None:
    run()
    take_back(buy(chain, "70.00", at=NOON), 1, "70.00", at=AT + DAY)
    assert payouts() == ["乙 30.00 draft"]
    prove()


def test_a_frozen_distributors_draft_follows_too(chain: Chain, order: Order) -> None:
    run()
    set_status(chain.b, Status.FROZEN, by=None, reason="test", at=AT)
    take_back(order, 0, "40.00", at=AT + DAY)
    assert payouts() == ["乙 18.00 draft"]
    prove()


def test_a_ban_cancels_drafts_and_forfeits(chain: Chain, order: Order) -> None:
    run()
    set_status(chain.b, Status.BANNED, by=None, reason="刷单", at=AT + DAY)
    assert payouts() == ["乙 30.00 cancelled"]
    assert money(chain.b) == {}
    take_back(order, 0, "40.00", at=AT + 2 * DAY)
    assert money(chain.b) == {}
    prove()


def test_a_rebuilt_draft_is_approved_at_its_new_amount(chain: Chain, order: Order) -> None:
    run()
    seen = Payout.objects.get()
    take_back(order, 0, "40.00", at=AT + DAY)
    assert approve_payout(seen, by=None, at=AT + DAY).amount == D("18.00")
    prove()
