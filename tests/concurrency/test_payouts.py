"""Payouts when several things happen at the same moment; each with the harm a lock prevents."""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from base.clock import day_start
from base.errors import WrongState
from distribution.models import Commission
from distribution.money import balances, forfeits, holds, reservations
from distribution.money.commissions import mature_commissions
from distribution.money.holds import hold_commission
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import Order
from orders.registries import Outcome
from payouts import drafts, runs, sending
from payouts.books import check_books
from payouts.models import Payout, PayoutAttempt, Run
from payouts.sending import approve_payout, cancel_payout, record_outcome, send_payout, send_payouts
from tests.books import money, prove
from tests.buying import DAY, NOON, buy, earn, take_back
from tests.concurrency.meanwhile import meanwhile, without_locks
from tests.concurrency.racing import race
from tests.make import Chain, make_chain, make_order, pay, receive
from tests.paying import MONDAY, make_schedule, open_bank, payouts, rounds, run

pytestmark = pytest.mark.django_db(transaction=True)

AT = day_start(MONDAY)
LATER = AT + DAY


def approved() -> Payout:
    run()
    return approve_payout(Payout.objects.get(), by=None, at=AT)


class TestTwoRuns:
    def test_of_one_period_pay_once(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        schedule = make_schedule()
        other = meanwhile(monkeypatch, runs, "reserve", lambda: run(schedule))
        ours = run(schedule)
        assert other.outcome() == ours
        assert other.had_to_wait
        assert payouts() == ["乙 30.00 draft"]
        prove()

    def test_control_without_locks_only_a_constraint_is_left(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = make_schedule()
        without_locks(monkeypatch, runs, balances)
        other = meanwhile(monkeypatch, runs, "reserve", lambda: run(schedule))
        with pytest.raises(IntegrityError, match="payout_once_per_run"):
            run(schedule)
        assert not other.had_to_wait
        assert isinstance(other.outcome(), Run)

    def test_of_two_schedules_do_not_pay_the_same_money(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = make_schedule(), make_schedule()
        other = meanwhile(monkeypatch, runs, "reserve", lambda: run(second))
        run(first)
        other.outcome()
        assert other.had_to_wait
        assert payouts() == ["乙 30.00 draft"]
        assert money(chain.b) == {"reserved": "30.00"}
        prove()

    def test_control_without_locks_the_same_money_is_paid_twice(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = make_schedule(), make_schedule()
        without_locks(monkeypatch, runs, balances)
        other = meanwhile(monkeypatch, runs, "reserve", lambda: run(second))
        run(first)
        other.outcome()
        assert payouts() == ["乙 30.00 draft", "乙 30.00 draft"]
        assert money(chain.b) == {"reserved": "60.00", "debt": "30.00"}

    def test_many_at_once_share_the_work(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runs, "CHUNK", 1)
        for _ in range(4):
            earn(make_chain(), "100.00")
        schedule = make_schedule()
        found = race([lambda: run(schedule)] * 4)
        assert len({one.pk for one in found}) == 1
        assert payouts() == ["乙 30.00 draft"] * 5
        prove()


class TestRefundAgainstRun:
    def test_the_draft_follows_the_refund(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = Order.objects.get()
        other = meanwhile(
            monkeypatch, runs, "reserve", lambda: take_back(order, 0, "40.00", at=LATER)
        )
        run()
        assert other.outcome() is None
        assert other.had_to_wait
        assert payouts() == ["乙 18.00 draft"]
        assert money(chain.b) == {"reserved": "18.00"}
        prove()

    def test_control_without_locks_the_draft_pays_what_is_not_there(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = Order.objects.get()
        without_locks(monkeypatch, balances)
        other = meanwhile(
            monkeypatch, runs, "reserve", lambda: take_back(order, 0, "40.00", at=LATER)
        )
        run()
        assert other.outcome() is None
        assert payouts() == ["乙 30.00 draft"]
        assert money(chain.b) == {"reserved": "30.00", "debt": "12.00"}


class TestRefundAgainstApproval:
    def test_what_is_approved_is_the_rebuilt_amount(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run()
        draft, order = Payout.objects.get(), Order.objects.get()
        other = meanwhile(
            monkeypatch, drafts, "release", lambda: approve_payout(draft, by=None, at=LATER)
        )
        take_back(order, 0, "40.00", at=LATER)
        assert other.outcome().amount == Decimal("18.00")
        assert other.had_to_wait
        assert payouts() == ["乙 18.00 approved"]
        prove()

    def test_control_without_locks_an_approved_amount_is_changed(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run()
        draft, order = Payout.objects.get(), Order.objects.get()
        without_locks(monkeypatch, balances, drafts, sending)
        other = meanwhile(
            monkeypatch, drafts, "release", lambda: approve_payout(draft, by=None, at=LATER)
        )
        take_back(order, 0, "40.00", at=LATER)
        assert other.outcome().amount == Decimal("30.00")
        assert payouts() == ["乙 18.00 approved"]

    def test_covered_by_later_earnings_it_is_approved_once_drawn_up_again(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run()
        draft, order = Payout.objects.get(), Order.objects.get()
        earn(chain, "150.00", at=NOON + DAY)
        other = meanwhile(
            monkeypatch, drafts, "release", lambda: approve_payout(draft, by=None, at=LATER)
        )
        take_back(order, 0, "100.00", at=LATER)
        assert other.outcome().reservation.number != draft.number
        assert other.had_to_wait
        assert payouts() == ["乙 30.00 approved"]
        assert not Commission.objects.filter(order=order, allocated__gt=0).exists()
        prove()

    def test_approved_a_moment_earlier_it_stays_as_it_was(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run()
        draft, order = Payout.objects.get(), Order.objects.get()
        earn(chain, "150.00", at=NOON + DAY)
        other = meanwhile(
            monkeypatch,
            sending,
            "record_audit",
            lambda: take_back(order, 0, "100.00", at=LATER),
        )
        approved = approve_payout(draft, by=None, at=LATER)
        assert other.outcome() is None and other.had_to_wait
        assert (approved.number, payouts()) == (draft.number, ["乙 30.00 approved"])
        assert money(chain.b) == {"available": "15.00", "reserved": "30.00"}
        prove()

    def test_in_any_order_nobody_waits_for_ever(self, chain: Chain) -> None:
        orders = [earn(chain, "100.00", at=NOON + i * DAY) for i in range(4)]
        run()
        draft = Payout.objects.get()
        acts = [
            *(lambda order=order: take_back(order, 0, "30.00", at=LATER) for order in orders),
            lambda: approve_payout(draft, by=None, at=LATER),
            lambda: run(make_schedule()),
        ]
        assert [one for one in race(acts) if isinstance(one, Exception)] == []
        prove()


class TestTwoSenders:
    def test_make_one_call(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        bank, payout = open_bank(monkeypatch), approved()
        other = meanwhile(monkeypatch, bank, "send", lambda: send_payout(payout, at=AT))
        send_payout(payout, at=AT)
        assert other.outcome().state == "sending"
        assert bank.calls == ["send"]
        assert payouts() == ["乙 30.00 paid"]
        prove()

    def test_wait_for_each_others_claim(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank, payout = open_bank(monkeypatch), approved()
        other = meanwhile(
            monkeypatch, PayoutAttempt.objects, "create", lambda: send_payout(payout, at=AT)
        )
        send_payout(payout, at=AT)
        assert other.outcome().number == payout.number
        assert other.had_to_wait
        assert bank.calls == ["send"]
        prove()

    def test_control_without_locks_both_call(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank, payout = open_bank(monkeypatch), approved()
        without_locks(monkeypatch, balances, sending)
        other = meanwhile(monkeypatch, sending, "_change", lambda: send_payout(payout, at=AT))
        send_payout(payout, at=AT)
        assert other.outcome().state == "paid"
        assert bank.calls == ["send", "send"]

    def test_many_rounds_at_once_pay_everybody_once(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch, "paid in silence", "paid", "open")
        for _ in range(3):
            earn(make_chain(), "100.00")
        run(make_schedule(auto_approve=True))
        race([lambda: send_payouts(AT)] * 3)
        for number in bank.known:
            bank.known[number] = "paid"
            bank.paid[number] = Decimal("30.00")
        race([lambda: rounds(LATER)] * 3)
        assert payouts() == ["乙 30.00 paid"] * 4
        assert len(bank.paid) == 4
        prove()


class TestCancelAgainstSend:
    def test_what_is_cancelled_is_not_sent(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank, payout = open_bank(monkeypatch), approved()
        other = meanwhile(monkeypatch, sending, "release", lambda: send_payout(payout, at=AT))
        cancel_payout(payout, by=None, reason="test", at=AT)
        assert other.outcome().state == "cancelled"
        assert other.had_to_wait
        assert (bank.calls, payouts()) == ([], ["乙 30.00 cancelled"])
        prove()

    def test_control_without_locks_money_goes_out_for_what_is_being_cancelled(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank, payout = open_bank(monkeypatch), approved()
        without_locks(monkeypatch, balances, sending)
        other = meanwhile(monkeypatch, sending, "_close", lambda: send_payout(payout, at=AT))
        with pytest.raises(WrongState):  # the reservation's own states are all that is left
            cancel_payout(payout, by=None, reason="test", at=AT)
        other.outcome()
        assert bank.paid == {payout.number: Decimal("30.00")}


class TestTwoAnswers:
    """A notice of the channel and our own question, at once."""

    def test_settle_once(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        open_bank(monkeypatch, "open")
        payout = send_payout(approved(), at=AT)
        paid = Outcome("paid", reference="B1")
        other = meanwhile(
            monkeypatch, sending, "settle", lambda: record_outcome(payout, paid, at=LATER)
        )
        record_outcome(payout, paid, at=LATER)
        assert other.outcome().state == "paid"
        assert other.had_to_wait
        assert money(chain.b) == {"paid": "30.00"}
        prove()

    def test_control_without_locks_only_the_reservations_states_are_left(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch, "open")
        payout = send_payout(approved(), at=AT)
        paid = Outcome("paid", reference="B1")
        without_locks(monkeypatch, balances, sending)
        other = meanwhile(
            monkeypatch, reservations, "post", lambda: record_outcome(payout, paid, at=LATER)
        )
        record_outcome(payout, paid, at=LATER)
        assert isinstance(other.outcome(), WrongState)


class TestBanAgainstRun:
    def ban(self, chain: Chain) -> None:
        set_status(chain.b, Status.BANNED, by=None, reason="刷单", at=LATER)

    def test_forfeits_all_and_pays_nothing(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(monkeypatch, forfeits, "take_back", run)
        self.ban(chain)
        assert isinstance(other.outcome(), Run)
        assert other.had_to_wait
        assert (payouts(), money(chain.b)) == ([], {})
        prove()

    def test_control_without_locks_forfeited_money_is_paid(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, balances)
        schedule = make_schedule(auto_approve=True)
        other = meanwhile(monkeypatch, forfeits, "take_back", lambda: run(schedule))
        self.ban(chain)
        other.outcome()
        assert payouts() == ["乙 30.00 approved"]
        assert money(chain.b) == {"reserved": "30.00", "debt": "30.00"}

    def test_an_order_that_is_paid_meanwhile_is_taken_afterwards(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A payment waits for no balance, so that the ban does not see what it books."""
        order = make_order(chain.c, at=NOON)
        other = meanwhile(monkeypatch, forfeits, "take_back", lambda: pay(order, at=NOON))
        self.ban(chain)
        other.outcome()
        assert not other.had_to_wait
        assert money(chain.b)["pending"] > "0.00"
        forfeits.forfeit_late(LATER)
        assert money(chain.b) == {}
        prove()

    def test_a_run_that_looked_before_the_ban_pays_nothing(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(monkeypatch, runs, "lock_balances", lambda: self.ban(chain))
        run()
        other.outcome()
        assert (payouts(), money(chain.b)) == ([], {})
        prove()

    def test_a_run_that_was_there_first_is_undone(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = meanwhile(monkeypatch, runs, "reserve", lambda: self.ban(chain))
        run(make_schedule(auto_approve=True))
        other.outcome()
        assert other.had_to_wait
        assert (payouts(), money(chain.b)) == (["乙 30.00 cancelled"], {})
        prove()


def test_everything_at_once_ends_in_right_books(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Buying, maturing, refunding, running, sending and freezing, all in each other's way."""
    bank = open_bank(monkeypatch, "open", "failed", "paid in silence")
    chains = [chain, make_chain()]
    orders = [earn(one, "100.00", at=NOON + i * DAY) for i in range(3) for one in chains]
    schedules = [make_schedule(auto_approve=i == 1) for i in range(2)]
    acts = [
        *(lambda one=one: run(one) for one in schedules),
        *(lambda order=order: take_back(order, 0, "50.00", at=LATER) for order in orders[:3]),
        *(lambda one=one: earn(one, "70.00", at=NOON + 3 * DAY) for one in chains),
        lambda: mature_commissions(NOON + 10 * DAY),
        lambda: send_payouts(AT),
        lambda: set_status(chain.b, Status.FROZEN, by=None, reason="test", at=LATER),
    ]
    assert [one for one in race(acts) if isinstance(one, Exception)] == []
    prove()
    race([lambda: rounds(LATER), lambda: rounds(LATER)])
    prove()
    paid = Payout.objects.filter(state="paid").values_list("number", flat=True)
    assert set(bank.paid) >= set(paid)


class TestHoldAgainstRun:
    def commission(self) -> Commission:
        return Commission.objects.get()

    def test_what_is_held_is_not_paid(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        schedule = make_schedule()
        other = meanwhile(monkeypatch, holds, "record_audits", lambda: run(schedule))
        hold_commission(self.commission(), by=None, reason="x", at=AT)
        assert isinstance(other.outcome(), Run)
        assert other.had_to_wait
        assert payouts() == []
        assert money(chain.b) == {"pending": "30.00"}
        prove()

    def test_control_without_locks_what_is_held_is_paid(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = make_schedule()
        without_locks(monkeypatch, runs, balances)
        other = meanwhile(monkeypatch, holds, "record_audits", lambda: run(schedule))
        hold_commission(self.commission(), by=None, reason="x", at=AT)
        assert isinstance(other.outcome(), Run)
        assert payouts() == ["乙 30.00 draft"]
        assert check_books() != []

    def test_maturing_waits_and_then_passes_it_over(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = buy(chain, "10.00", at=NOON + DAY)
        receive(order, at=NOON + DAY)
        pending = Commission.objects.get(order=order)
        other = meanwhile(
            monkeypatch, holds, "record_audits", lambda: mature_commissions(NOON + 9 * DAY)
        )
        hold_commission(pending, by=None, reason="x", at=NOON + 2 * DAY)
        assert other.outcome() == 0
        assert other.had_to_wait
        assert money(chain.b) == {"pending": "3.00", "available": "30.00"}
        prove()
