"""A decision on a signal while money moves, or somebody else decides; each with the harm."""

import pytest
from django.utils import timezone

from base.clock import day_start
from base.errors import WrongState
from base.models import AuditEntry
from distribution.models import Commission
from distribution.money import balances
from distribution.money.commissions import mature_commissions
from distribution.risk import decisions, findings
from distribution.risk.decisions import clear_signal, confirm_signal, hold_signal
from distribution.risk.findings import Finding
from distribution.risk.models import NamedCommission, Signal
from payouts import runs
from payouts.books import check_books
from payouts.models import Run
from tests.books import money, prove
from tests.buying import DAY
from tests.concurrency.meanwhile import Other, meanwhile, without_locks
from tests.make import Chain
from tests.paying import MONDAY, make_schedule, payouts, run

pytestmark = pytest.mark.django_db(transaction=True)

AT = day_start(MONDAY)


@pytest.fixture
def signal(chain: Chain) -> Signal:
    """It names B's one commission."""
    now = timezone.now()
    signal = Signal.objects.create(
        kind="visitor", key="visitor:1", payee=chain.b, found_at=now, seen_at=now, evidence={}
    )
    NamedCommission.objects.create(signal=signal, commission=Commission.objects.get())
    return signal


def hold(signal: Signal) -> None:
    hold_signal(signal, [Commission.objects.get().pk], by=None, reason="test", at=AT)


def clear(signal: Signal) -> None:
    clear_signal(signal, by=None, reason="test", at=AT)


def confirm(signal: Signal) -> None:
    confirm_signal(signal, [Commission.objects.get().pk], by=None, reason="test", at=AT)


class TestHoldingAgainstRun:
    def test_what_the_signal_holds_is_not_paid(
        self, chain: Chain, signal: Signal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = make_schedule()
        other = meanwhile(monkeypatch, decisions, "tell_decision", lambda: run(schedule))
        hold(signal)
        assert isinstance(other.outcome(), Run)
        assert other.had_to_wait
        assert (payouts(), money(chain.b)) == ([], {"pending": "30.00"})
        prove()

    def test_what_the_run_took_first_leaves_its_draft(
        self, chain: Chain, signal: Signal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(monkeypatch, runs, "reserve", lambda: hold(signal))
        run()
        assert other.outcome() is None
        assert other.had_to_wait
        assert (payouts(), money(chain.b)) == (["乙 30.00 cancelled"], {"pending": "30.00"})
        prove()

    def test_control_without_locks_what_the_signal_holds_is_paid(
        self, chain: Chain, signal: Signal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = make_schedule()
        without_locks(monkeypatch, runs, balances)
        other = meanwhile(monkeypatch, decisions, "tell_decision", lambda: run(schedule))
        hold(signal)
        assert isinstance(other.outcome(), Run)
        assert payouts() == ["乙 30.00 draft"]
        assert check_books() != []


class TestClearingAgainstMaturing:
    def test_what_is_let_go_meanwhile_matures_in_the_next_round_and_is_paid_once(
        self, chain: Chain, signal: Signal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hold(signal)
        other = meanwhile(monkeypatch, decisions, "_decide", lambda: mature_commissions(AT))
        clear(signal)
        assert other.outcome() == 0
        assert not other.had_to_wait
        assert [mature_commissions(AT + DAY) for _ in range(2)] == [1, 0]
        run()
        assert (payouts(), money(chain.b)) == (["乙 30.00 draft"], {"reserved": "30.00"})
        prove()


class TestTwoDecisions:
    def test_the_first_stands(
        self, chain: Chain, signal: Signal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hold(signal)
        other = meanwhile(monkeypatch, decisions, "_release", lambda: confirm(signal))
        clear(signal)
        assert isinstance(other.outcome(), WrongState)
        assert other.had_to_wait
        signal.refresh_from_db()
        assert (signal.state, money(chain.b)) == ("cleared", {"pending": "30.00"})
        prove()

    def test_control_without_locks_what_is_cleared_was_taken_back(
        self, chain: Chain, signal: Signal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hold(signal)
        without_locks(monkeypatch, decisions, balances)
        other = meanwhile(monkeypatch, decisions, "_release", lambda: confirm(signal))
        clear(signal)
        assert other.outcome() is None
        signal.refresh_from_db()
        assert (signal.state, money(chain.b)) == ("cleared", {})


class TestClearingTwice:
    """A signal that names no commission has no balance to wait for."""

    def clear_twice(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Other:
        now = timezone.now()
        signal = Signal.objects.create(
            kind="clicks", key="clicks:1", payee=chain.b, found_at=now, seen_at=now, evidence={}
        )
        other = meanwhile(monkeypatch, decisions, "_decide", lambda: clear(signal))
        clear(signal)
        return other

    def decisions_written(self) -> int:
        return AuditEntry.objects.filter(action="cleared_risk_signal").count()

    def test_is_one_decision(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.clear_twice(chain, monkeypatch)
        assert other.outcome() is None and other.had_to_wait
        assert self.decisions_written() == 1

    def test_control_without_locks_it_is_decided_twice(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, decisions)
        assert self.clear_twice(chain, monkeypatch).outcome() is None
        assert self.decisions_written() == 2


class TestLookingTwice:
    def look_twice(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Other:
        found = [Finding("clicks", "clicks:1", chain.b.pk, {"clicks": 50}, [])]
        other = meanwhile(monkeypatch, findings, "_named", lambda: findings._write(found, AT))
        assert findings._write(found, AT) == 1
        return other

    def test_finds_it_once(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.look_twice(chain, monkeypatch)
        assert (other.outcome(), other.had_to_wait) == (0, True)
        assert Signal.objects.count() == 1
