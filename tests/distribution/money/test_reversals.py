"""What a refund takes back, whenever it comes: it depends on the kept part alone."""

from decimal import Decimal
from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.money import ZERO
from distribution.models import Commission
from distribution.money import commissions as life
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from distribution.money.explanations import explain
from distribution.money.reservations import Claim, reserve, settle
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import OrderEvent
from orders.refunds import Part
from orders.states import EventKind
from tests.books import commissions, ledger, money, prove, reversals, transfer_keys
from tests.buying import DAY, NOON, buy, take_back
from tests.make import (
    START,
    make_address,
    make_chain,
    make_order,
    make_rule,
    make_shipping_rate,
    make_variant,
    make_virtual,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

D = Decimal


class TestReversal:
    def test_while_pending_both_levels_fall(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = buy(chain, "33.00", 3)
        take_back(order, 1, "33.00")
        assert ledger("reverse") == [
            "reverse pending 乙 -9.00",
            "reverse expense shop 16.50",
            "reverse pending 甲 -7.50",
        ]
        assert reversals() == ["1 乙 9.00", "2 甲 7.50"]
        assert commissions() == ["1 乙 27.00 → 18.00", "2 甲 22.50 → 15.00"]
        prove()

    def test_when_mature_it_comes_from_the_available_balance(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = buy(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        take_back(order, 0, "10.00", at=NOON + 8 * DAY)
        assert ledger("reverse") == [
            "reverse available 乙 -3.00",
            "reverse expense shop 4.00",
            "reverse available 甲 -1.00",
        ]
        assert (money(chain.a), money(chain.b)) == ({"available": "9.00"}, {"available": "27.00"})
        prove()

    def test_one_line_mature_and_one_pending_each_from_its_own_place(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = make_order(chain.c, {make_virtual("10.00"): 1, make_variant("50.00"): 1}, at=NOON)
        pay(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        parts = [Part(line.pk, line.quantity, line.paid) for line in order.lines.order_by("pk")]
        refund(order, parts, at=NOON + 8 * DAY)
        assert ledger("reverse") == [
            "reverse available 乙 -1.00",
            "reverse expense shop 6.00",
            "reverse pending 乙 -5.00",
        ]
        assert money(chain.b) == {}
        prove()

    def test_refunded_shipping_does_not_count(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        make_shipping_rate("8.00")
        order = make_order(
            chain.c, {make_variant("50.00"): 1}, address=make_address(chain.c), at=NOON
        )
        pay(order, at=NOON)
        refund(order, [], shipping_amount=D("8.00"), at=NOON + DAY)
        assert (ledger("reverse"), commissions()) == ([], ["1 乙 5.00 → 5.00"])
        prove()

    def test_only_the_refunded_line_falls(self) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        order = make_order(chain.c, {make_variant("10.00"): 1, make_variant("20.00"): 1}, at=NOON)
        pay(order, at=NOON)
        refund(order, [Part(order.lines.latest("pk").pk, 1, D("20.00"))], at=NOON + DAY)
        assert commissions() == [
            "1 乙 1.00 → 1.00",
            "2 甲 0.50 → 0.50",
            "1 乙 2.00 → 0.00",
            "2 甲 1.00 → 0.00",
        ]

    def test_fixed_amounts_fall_by_pieces(self) -> None:
        chain = make_chain()
        make_rule(None, None, amount1=D("1.00"), amount2=D("0.35"))
        order = buy(chain, "10.00", 3)
        assert commissions() == ["1 乙 3.00 → 3.00", "2 甲 1.05 → 1.05"]
        take_back(order, 1, "10.00")
        assert commissions() == ["1 乙 3.00 → 2.00", "2 甲 1.05 → 0.70"]

    def test_never_more_than_at_payment(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = buy(chain, "0.05")
        assert commissions() == ["1 乙 0.02 → 0.02"]
        take_back(order, 0, "0.01")
        assert commissions() == ["1 乙 0.02 → 0.01"]
        prove()

    def test_the_same_refund_again_changes_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = buy(chain, "100.00")
        take_back(order, 0, "50.00")
        before = ledger(), commissions(), reversals()
        event = OrderEvent.objects.get(order=order, kind=EventKind.REFUNDED)
        life.reverse([event])
        assert (ledger(), commissions(), reversals()) == before
        assert transfer_keys()[-1] == f"reverse:{event.refund_id}"

    def test_a_refund_that_costs_no_commission_books_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.01", None)
        order = buy(chain, "10.00")
        take_back(order, 0, "0.01")
        assert (ledger("reverse"), reversals()) == ([], [])
        prove()

    @pytest.mark.parametrize("is_mature", [False, True])
    def test_a_later_refund_may_give_back(self, is_mature: bool) -> None:
        """Money first and the piece later: its cost is kept no longer, so the profit is back."""
        chain = make_chain()
        make_rule("0.50", None, base="profit")
        order = buy(chain, "60.00", 2, cost="50.00")
        if is_mature:
            receive(order, at=NOON)
            mature_commissions(NOON + 7 * DAY)
        take_back(order, 0, "40.00", at=NOON + 8 * DAY)
        assert commissions() == ["1 乙 10.00 → 0.00"]
        take_back(order, 1, "15.00", at=NOON + 9 * DAY)
        assert commissions() == ["1 乙 10.00 → 7.50"]
        place = "available" if is_mature else "pending"
        assert ledger("reverse") == [
            f"reverse {place} 乙 -10.00",
            "reverse expense shop 10.00",
            f"reverse {place} 乙 7.50",
            "reverse expense shop -7.50",
        ]
        assert reversals() == ["1 乙 10.00", "1 乙 -7.50"]
        assert money(chain.b) == {place: "7.50"}
        prove()

    def test_the_cents_of_a_cap_may_come_back(self) -> None:
        chain = make_chain()
        make_rule("0.38", "0.292")
        order = buy(chain, "0.21")
        assert commissions() == ["1 乙 0.06 → 0.06", "2 甲 0.04 → 0.04"]
        take_back(order, 0, "0.06")
        assert commissions() == ["1 乙 0.06 → 0.05", "2 甲 0.04 → 0.02"]
        take_back(order, 0, "0.01")
        assert commissions() == ["1 乙 0.06 → 0.04", "2 甲 0.04 → 0.03"]
        prove()

    def test_cents_that_one_refund_took_come_back_with_the_next(self) -> None:
        """¥0.09 at 30 % and 25 %: of ¥0.05 level 2 keeps nothing, of ¥0.04 a cent."""
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = buy(chain, "0.09")
        assert commissions() == ["1 乙 0.03 → 0.03", "2 甲 0.01 → 0.01"]
        take_back(order, 0, "0.04")
        assert commissions() == ["1 乙 0.03 → 0.02", "2 甲 0.01 → 0.00"]
        take_back(order, 0, "0.01")
        assert commissions() == ["1 乙 0.03 → 0.01", "2 甲 0.01 → 0.01"]
        assert all(explain(row).is_exact for row in Commission.objects.all())
        prove()


PIECES = [(1, "0.01"), (0, "31.00"), (1, "20.00"), (0, "0.01"), (0, "8.98")]


@pytest.mark.parametrize("base", ["paid", "profit"])
@pytest.mark.parametrize("order_of_refunds", list(permutations(PIECES, 5))[::24])
def test_the_order_of_refunds_does_not_matter(
    base: str, order_of_refunds: tuple[tuple[int, str], ...]
) -> None:
    chain = make_chain()
    publish_policy(by=None, at=START, margin_guard=True)
    make_rule("0.31", "0.27", base=base)
    order = buy(chain, "50.00", 3, cost="20.00")
    for i, (quantity, amount) in enumerate(order_of_refunds):
        take_back(order, quantity, amount, at=NOON + i * DAY)
        prove()
    # Kept: ¥90.00 and one piece that cost ¥20.00.
    assert (
        commissions()
        == {
            "paid": ["1 乙 40.09 → 24.06", "2 甲 34.91 → 20.94"],
            "profit": ["1 乙 27.90 → 21.70", "2 甲 24.30 → 18.90"],
        }[base]
    )


class TestAfterAPayout:
    def test_debt_is_carried_and_repaid_by_later_earnings(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        order = buy(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        lock_balances([chain.b.pk])
        (held,) = reserve([Claim("J1", chain.b.pk, D("30.00"))], NOON + 8 * DAY)
        settle(held, NOON + 9 * DAY)
        take_back(order, 0, "40.00", at=NOON + 10 * DAY)
        assert money(chain.b) == {"paid": "30.00", "debt": "12.00"}
        receive(buy(chain, "20.00"), at=NOON + 11 * DAY)
        mature_commissions(NOON + 18 * DAY)
        assert money(chain.b) == {"paid": "30.00", "debt": "6.00"}
        receive(buy(chain, "100.00"), at=NOON + 11 * DAY)
        mature_commissions(NOON + 18 * DAY)
        assert money(chain.b) == {"available": "24.00", "paid": "30.00"}
        prove()
        (held,) = reserve([Claim("J2", chain.b.pk, D("24.00"))], NOON + 19 * DAY)
        settle(held, NOON + 19 * DAY)
        assert money(chain.b) == {"paid": "54.00"}
        prove()


class TestAfterABan:
    def test_later_refunds_are_still_right(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        order = buy(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        lock_balances([chain.b.pk])
        (held,) = reserve([Claim("J1", chain.b.pk, D("20.00"))], NOON + 8 * DAY)
        settle(held, NOON + 8 * DAY)
        set_status(chain.b, Status.BANNED, by=None, reason="test", at=NOON + 9 * DAY)
        assert ledger("forfeit") == ["forfeit available 乙 -10.00", "forfeit expense shop 10.00"]
        assert money(chain.b) == {"paid": "20.00"}
        take_back(order, 0, "10.00", at=NOON + 10 * DAY)  # still earns 27.00: nothing to take
        assert commissions() == ["1 乙 30.00 → 20.00", "2 甲 10.00 → 9.00"]
        take_back(order, 0, "40.00", at=NOON + 11 * DAY)
        assert commissions() == ["1 乙 30.00 → 15.00", "2 甲 10.00 → 5.00"]
        assert money(chain.b) == {"paid": "20.00", "debt": "5.00"}
        prove()

    def test_what_a_ban_took_does_not_come_back(self) -> None:
        chain = make_chain()
        make_rule("0.50", None, base="profit")
        order = buy(chain, "60.00", 2, cost="50.00")
        set_status(chain.b, Status.BANNED, by=None, reason="test", at=NOON + DAY)
        take_back(order, 0, "40.00", at=NOON + 8 * DAY)
        take_back(order, 1, "15.00", at=NOON + 9 * DAY)
        assert commissions() == ["1 乙 10.00 → 0.00"]
        assert money(chain.b) == {}
        prove()

    def test_a_debt_stays_a_debt(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        order = buy(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        buy(chain, "10.00")
        assert money(chain.b) == {"pending": "3.00", "available": "30.00"}
        set_status(chain.b, Status.BANNED, by=None, reason="test", at=NOON + 8 * DAY)
        assert ledger("forfeit") == [
            "forfeit pending 乙 -3.00",
            "forfeit expense shop 33.00",
            "forfeit available 乙 -30.00",
        ]
        assert sum((row.amount for row in Commission.objects.all()), ZERO) == 0
        prove()


def test_many_refunds_cost_as_many_queries_as_one() -> None:
    make_rule("0.30", "0.10")
    for _ in range(3):
        take_back(buy(make_chain()), 0, "9.00")
    for many in (1, 3):
        events = list(OrderEvent.objects.filter(kind="refunded").select_related("refund")[:many])
        with CaptureQueriesContext(connection) as queries:
            life.reverse(events)
        assert len(queries) == 8
