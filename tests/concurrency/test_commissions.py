"""Accrual, maturity and reversal at the same moment; each with the harm its guard prevents."""

from threading import local
from typing import Any

import pytest

from distribution.models import Commission
from distribution.money import balances, commissions
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from orders import events, receipt
from orders.events import replay_events
from orders.models import Order, OrderEvent
from orders.receipt import receive_order
from tests.books import commissions as booked
from tests.books import ledger, money, prove
from tests.buying import DAY, NOON, buy, take_back
from tests.concurrency.meanwhile import meanwhile, without_locks
from tests.concurrency.racing import race
from tests.make import Chain, make_chain, make_order, make_rule, make_variant, pay, receive, ship

pytestmark = pytest.mark.django_db(transaction=True)

DUE = NOON + 7 * DAY


@pytest.fixture
def chain() -> Chain:
    make_rule("0.30", None)
    return make_chain()


@pytest.fixture
def due(chain: Chain) -> Order:
    """B's ¥30.00 are due at `DUE`."""
    return receive(buy(chain, "100.00"), at=NOON)


def unpaid(chain: Chain) -> Order:
    return make_order(chain.c, {make_variant("10.00"): 1}, at=NOON)


class TestAccrual:
    def test_waits_for_no_maturing_of_the_same_distributor(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = unpaid(chain)
        other = meanwhile(monkeypatch, commissions, "post", lambda: pay(order, at=NOON))
        assert mature_commissions(DUE) == 1
        assert other.outcome().state == "paid"
        assert not other.had_to_wait
        assert money(chain.b) == {"pending": "3.00", "available": "30.00"}
        prove()

    def test_waits_for_no_other_accrual_of_the_same_distributor(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = unpaid(chain), unpaid(chain)
        other = meanwhile(monkeypatch, events.timezone, "now", lambda: pay(second, at=NOON))
        pay(first, at=NOON)
        assert other.outcome().state == "paid"
        assert not other.had_to_wait
        assert money(chain.b) == {"pending": "6.00"}
        prove()

    def test_control_with_a_lock_on_the_balance_it_would_wait(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order, accrue = unpaid(chain), commissions.accrue

        def accrue_under_lock(found: Any) -> None:
            lock_balances([chain.b.pk])
            accrue(found)

        monkeypatch.setattr(commissions, "accrue", accrue_under_lock)
        other = meanwhile(monkeypatch, commissions, "post", lambda: pay(order, at=NOON))
        mature_commissions(DUE)
        assert other.outcome().state == "paid"
        assert other.had_to_wait

    def test_many_payments_and_maturings_at_once(self, chain: Chain) -> None:
        for _ in range(3):
            receive(buy(chain, "100.00"), at=NOON)
        orders = [unpaid(chain) for _ in range(4)]
        acts = [
            *(lambda order=order: pay(order, at=NOON) for order in orders),
            *(lambda: mature_commissions(DUE) for _ in range(3)),
        ]
        outcomes = race(acts)
        assert [one for one in outcomes if isinstance(one, Exception)] == []
        assert sum(outcomes[4:]) == 3
        assert money(chain.b) == {"pending": "12.00", "available": "90.00"}
        prove()


class TestAccrualAgainstReceipt:
    """The accrual that failed is done again while the goods arrive."""

    def fail_once(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Order:
        def fail(*args: Any) -> None:
            raise ArithmeticError

        order = unpaid(chain)
        with monkeypatch.context() as broken:
            broken.setattr(commissions, "post", fail)
            pay(order, at=NOON)
            return ship(order, at=NOON)

    def test_the_days_to_maturity_are_not_lost(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = self.fail_once(chain, monkeypatch)
        other = meanwhile(monkeypatch, commissions, "post", lambda: receive_order(order, at=NOON))
        assert replay_events() == (1, 0)
        assert other.outcome().state == "received"
        assert other.had_to_wait
        assert mature_commissions(DUE) == 1
        assert not OrderEvent.objects.filter(attempts__gt=1).exists()
        prove()

    def test_control_without_the_orders_lock_both_do_it(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = self.fail_once(chain, monkeypatch)
        without_locks(monkeypatch, events, receipt)
        monkeypatch.setattr(commissions, "_note_payment", lambda paid_at: None)  # locks the terms
        other = meanwhile(
            monkeypatch,
            commissions.Commission.objects,
            "bulk_create",
            lambda: receive_order(order, at=NOON),
        )
        assert replay_events() == (0, 1)  # the constraint on commissions is all that is left
        assert other.outcome().state == "received"
        assert "commission_once" in OrderEvent.objects.get(kind="paid").error


class AskedOnce(str):
    """The condition of a claim that is asked when looking, and not again when taking."""

    _thread = local()

    def __format__(self, spec: str) -> str:
        self._thread.is_taking = not getattr(self._thread, "is_taking", True)
        return "true" if self._thread.is_taking else str.__format__(self, spec)


class TestTwoMaturings:
    def test_count_nothing_twice(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(
            monkeypatch, commissions, "lock_balances", lambda: mature_commissions(DUE)
        )
        assert mature_commissions(DUE) == 0
        assert other.outcome() == 1
        assert money(chain.b) == {"available": "30.00"}
        prove()

    def test_wait_for_each_other(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(monkeypatch, commissions, "post", lambda: mature_commissions(DUE))
        assert mature_commissions(DUE) == 1
        assert other.outcome() == 0
        assert other.had_to_wait
        assert money(chain.b) == {"available": "30.00"}
        prove()

    def test_control_without_asking_again_it_matures_twice(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commissions, "DUE", AskedOnce(commissions.DUE))
        other = meanwhile(
            monkeypatch, commissions, "lock_balances", lambda: mature_commissions(DUE)
        )
        assert mature_commissions(DUE) == 1
        assert other.outcome() == 1
        assert ledger("mature") == ["mature pending 乙 -30.00", "mature available 乙 30.00"] * 2


class TestMaturingAgainstRefund:
    def test_the_refund_takes_from_where_the_money_lies(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(
            monkeypatch, commissions, "post", lambda: take_back(due, 0, "40.00", at=DUE)
        )
        mature_commissions(DUE)
        assert other.outcome() is None
        assert other.had_to_wait
        assert booked() == ["1 乙 30.00 → 18.00"]
        assert ledger("reverse") == ["reverse available 乙 -12.00", "reverse expense shop 12.00"]
        assert money(chain.b) == {"available": "18.00"}
        prove()

    def test_the_other_way_round_it_waits_for_the_end_of_the_after_sale(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(monkeypatch, commissions, "share_of", lambda: mature_commissions(DUE))
        take_back(due, 0, "40.00", at=DUE)
        assert other.outcome() == 0
        assert not other.had_to_wait
        assert mature_commissions(DUE) == 1
        assert money(chain.b) == {"available": "18.00"}
        prove()

    def test_control_without_locks_it_takes_from_where_the_money_was(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, balances)
        other = meanwhile(
            monkeypatch, commissions, "post", lambda: take_back(due, 0, "40.00", at=DUE)
        )
        mature_commissions(DUE)
        assert other.outcome() is None
        assert booked() == ["1 乙 30.00 → 18.00"]
        assert ledger("reverse") == ["reverse pending 乙 -12.00", "reverse expense shop 12.00"]
        assert money(chain.b) == {"available": "30.00"}  # of which 12.00 were taken back


class TestTwoRefunds:
    def test_of_one_distributors_orders_are_both_taken(
        self, chain: Chain, due: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        second = receive(buy(chain, "50.00"), at=NOON)
        mature_commissions(DUE)
        other = meanwhile(
            monkeypatch, commissions, "share_of", lambda: take_back(second, 1, "50.00", at=DUE)
        )
        take_back(due, 0, "40.00", at=DUE)
        assert other.outcome() is None
        assert other.had_to_wait
        assert money(chain.b) == {"available": "18.00"}
        prove()

    def test_in_any_order_nobody_waits_for_ever(self, chain: Chain) -> None:
        """Refunds that touch the same two people through different orders."""
        make_rule("0.20", "0.10")
        orders = [receive(buy(chain, "100.00"), at=NOON) for _ in range(5)]
        acts = [
            *(lambda order=order: take_back(order, 0, "40.00", at=DUE) for order in orders),
            *(lambda: mature_commissions(DUE) for _ in range(2)),
        ]
        assert [one for one in race(acts) if isinstance(one, Exception)] == []
        mature_commissions(DUE)
        assert set(Commission.objects.values_list("amount", flat=True)) == {12, 6}
        assert (money(chain.b), money(chain.a)) == ({"available": "60.00"}, {"available": "30.00"})
        prove()
