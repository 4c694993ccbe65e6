"""Leaving and being frozen while a payout run goes on."""

import pytest

from base.clock import day_start
from distribution.programme.people import resign, set_status
from distribution.states import Status
from payouts import runs
from payouts.sending import send_payouts
from tests.books import prove
from tests.concurrency.meanwhile import meanwhile
from tests.make import Chain
from tests.paying import MONDAY, make_schedule, open_bank, payouts, run

pytestmark = pytest.mark.django_db(transaction=True)

AT = day_start(MONDAY)


def test_who_leaves_waits_for_nobody_and_is_paid_what_was_earned(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = meanwhile(monkeypatch, runs, "reserve", lambda: resign(chain.b, at=AT))
    run(make_schedule(auto_approve=True))
    assert other.outcome().status == Status.RESIGNED
    assert not other.had_to_wait
    assert payouts() == ["乙 30.00 approved"]
    prove()


def test_who_is_frozen_after_the_run_looked_is_sent_nothing(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, schedule = open_bank(monkeypatch), make_schedule(auto_approve=True)
    other = meanwhile(
        monkeypatch,
        runs,
        "lock_balances",
        lambda: set_status(chain.b, Status.FROZEN, by=None, reason="test", at=AT),
    )
    run(schedule)
    assert other.outcome().status == Status.FROZEN
    send_payouts(AT)
    assert (bank.calls, payouts()) == ([], ["乙 30.00 approved"])
    prove()
