"""A process that dies, a channel that falls silent: one payment under one number all the same."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from base.clock import day_start
from payouts import sending
from payouts.models import Payout, PayoutAttempt
from payouts.sending import (
    approve_payout,
    send_payouts,
)
from tests.books import ledger, money, prove
from tests.buying import DAY
from tests.make import Chain
from tests.paying import (
    MONDAY,
    Bank,
    Killed,
    make_draft,
    open_bank,
    payouts,
    rounds,
)

pytestmark = pytest.mark.django_db

D = Decimal
AT = day_start(MONDAY)


@pytest.fixture
def chain() -> Chain:
    return make_draft()


@pytest.fixture
def payout(chain: Chain) -> Payout:
    """B's ¥30.00, approved."""
    return approve_payout(Payout.objects.get(), by=None, at=AT)


Break = Callable[[pytest.MonkeyPatch], Any]


def dies(*args: Any, **kwargs: Any) -> None:
    raise Killed


CRASHES: dict[str, Break] = {
    "before the claim is committed": lambda m: m.setattr(PayoutAttempt.objects, "create", dies),
    "after the claim": lambda m: m.setattr(Bank, "send", dies),
    "before anything arrives": lambda m: open_bank(m, "killed"),
    "after the money went": lambda m: open_bank(m, "paid and killed"),
    "before the outcome is written": lambda m: m.setattr(sending, "record_outcome", dies),
    "while the outcome is written": lambda m: m.setattr(sending, "_close", dies),
    "before the settlement is committed": lambda m: m.setattr(sending, "settle", dies),
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES.keys())
def test_a_crash_at_any_step_ends_in_one_payment(
    chain: Chain, payout: Payout, crash: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = open_bank(monkeypatch)
    with monkeypatch.context() as broken:
        found = crash(broken)
        with pytest.raises(Killed):
            send_payouts(AT)
    if isinstance(found, Bank):
        found.orders.clear()
        bank = found
        monkeypatch.setitem(sending.channels, Bank.code, bank)
    prove()
    rounds(AT + DAY)
    assert payouts() == ["乙 30.00 paid"]
    assert bank.paid == {payout.number: D("30.00")}
    assert ledger("settle") == ["settle reserved 乙 -30.00", "settle cash shop 30.00"]
    assert money(chain.b) == {"paid": "30.00"}
    prove()


@pytest.mark.parametrize(
    "orders",
    [
        ["paid in silence"],
        ["silence", "silence", "paid in silence", "silence", "unknown"],
        ["unknown", "missing", "paid in silence"],
        ["missing", "missing", "missing", "missing"],
        ["open", "unknown", "silence"],
    ],
)
def test_a_channel_that_pays_and_then_says_nothing(
    chain: Chain, payout: Payout, orders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = open_bank(monkeypatch, *orders)
    rounds(AT)
    if bank.known[payout.number] == "open":
        bank.known[payout.number] = "paid"
        bank.paid[payout.number] = D("30.00")
        rounds(AT + 7 * DAY)
    assert payouts() == ["乙 30.00 paid"]
    assert bank.paid == {payout.number: D("30.00")}
    assert money(chain.b) == {"paid": "30.00"}
    prove()


def test_a_refusal_that_was_not_heard_is_heard_when_asked(
    chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = open_bank(monkeypatch, "failed in silence")
    rounds(AT)
    assert (payouts(), bank.paid) == (["乙 30.00 failed"], {})
    assert money(chain.b) == {"available": "30.00"}
    prove()
