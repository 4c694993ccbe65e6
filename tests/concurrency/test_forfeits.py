"""What comes to somebody banned is taken while money moves; each with the harm."""

import pytest
from django.db import IntegrityError

from distribution.models import Commission
from distribution.money import balances, forfeits
from distribution.money.forfeits import forfeit_late
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import Order
from tests.books import money, prove, reversals
from tests.buying import DAY, NOON, take_back
from tests.concurrency.meanwhile import meanwhile, without_locks
from tests.make import Chain, make_chain, make_order, make_rule, make_variant, pay

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + DAY


@pytest.fixture
def order() -> Order:
    """Placed before B's ban and paid after it: B has ¥30.00 pending."""
    make_rule("0.30", None)
    chain = make_chain()
    order = make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)
    set_status(chain.b, Status.BANNED, by=None, reason="刷单", at=NOON)
    pay(order, at=NOON)
    return order


def chain_of(order: Order) -> Chain:
    payee = Commission.objects.get(order=order).payee
    return Chain(payee.recruitments.get().recruiter, payee, order.user)


class TestTwoRounds:
    def test_take_it_once(self, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
        other = meanwhile(monkeypatch, forfeits, "take_back", lambda: forfeit_late(LATER))
        assert forfeit_late(LATER) == 1
        assert (other.outcome(), other.had_to_wait) == (0, True)
        assert (money(chain_of(order).b), reversals()) == ({}, ["1 乙 30.00"])
        prove()

    def test_control_without_locks_only_the_transfers_key_is_left(
        self, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, balances)
        other = meanwhile(monkeypatch, forfeits, "take_back", lambda: forfeit_late(LATER))
        with pytest.raises(IntegrityError):
            forfeit_late(LATER)
        assert other.outcome() == 1


class TestRefundMeanwhile:
    def test_finds_nothing_left(self, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
        other = meanwhile(
            monkeypatch, forfeits, "take_back", lambda: take_back(order, 0, "40.00", at=LATER)
        )
        assert forfeit_late(LATER) == 1
        assert other.outcome() is None and other.had_to_wait
        assert (money(chain_of(order).b), reversals()) == ({}, ["1 乙 30.00"])
        prove()

    def test_control_without_locks_only_the_databases_sum_is_left(
        self, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, balances)
        other = meanwhile(
            monkeypatch, forfeits, "take_back", lambda: take_back(order, 0, "40.00", at=LATER)
        )
        with pytest.raises(IntegrityError, match="do not explain"):
            forfeit_late(LATER)
        assert other.outcome() is None
        assert reversals() == ["1 乙 12.00"]
