"""From approval to money out: one payment under one number, whatever happens in between."""

from decimal import Decimal

import pytest

from base.audit import AuditEntry
from base.clock import day_start
from base.errors import WrongState
from distribution.programme.people import join, set_status
from distribution.states import Status
from orders.registries import Outcome
from payouts.models import Payout, PayoutAttempt
from payouts.sending import (
    CannotPayOut,
    approve_payout,
    cancel_payout,
    record_outcome,
    send_payout,
    send_payouts,
)
from payouts.states import PayoutState
from tests.books import ledger, money, prove
from tests.buying import DAY, MINUTE, earn, take_back
from tests.make import Chain, make_chain, make_user
from tests.paying import MONDAY, make_draft, make_schedule, open_bank, payouts, rounds, run

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


def attempts() -> list[str]:
    return [f"{row.action} {row.outcome or '?'}" for row in PayoutAttempt.objects.order_by("pk")]


class TestApproval:
    def test_lets_a_draft_go_out(self, chain: Chain) -> None:
        merchant = make_user("商家")
        approved = approve_payout(Payout.objects.get(), by=merchant, at=AT)
        assert (approved.state, approved.approved_at, approved.approved_by) == (
            PayoutState.APPROVED,
            AT,
            merchant,
        )
        assert AuditEntry.objects.filter(action="approve_payout", actor=merchant).count() == 1

    def test_a_double_click_approves_once(self, chain: Chain) -> None:
        clicked = Payout.objects.get()
        first = approve_payout(clicked, by=None, at=AT)
        second = approve_payout(clicked, by=make_user(), at=AT + MINUTE)
        assert (second.approved_at, second.approved_by) == (first.approved_at, None)
        assert AuditEntry.objects.filter(action="approve_payout").count() == 1

    def test_what_was_not_approved_is_not_sent(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch)
        rounds(AT)
        send_payout(Payout.objects.get(), at=AT)
        assert (bank.calls, payouts()) == ([], ["乙 30.00 draft"])

    def test_what_is_over_is_not_approved_again(
        self, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch, "failed")
        send_payout(payout, at=AT)
        with pytest.raises(WrongState):
            approve_payout(payout, by=None, at=AT)
        assert payouts() == ["乙 30.00 failed"]


class TestCancelling:
    @pytest.mark.parametrize("is_approved", [False, True])
    def test_gives_the_money_back(self, chain: Chain, is_approved: bool) -> None:
        payout = Payout.objects.get()
        if is_approved:
            approve_payout(payout, by=None, at=AT)
        cancelled = cancel_payout(payout, by=None, reason="改期", at=AT + DAY)
        assert (cancelled.state, cancelled.closed_at, cancelled.failure) == (
            PayoutState.CANCELLED,
            AT + DAY,
            "改期",
        )
        assert ledger("release") == ["release reserved 乙 -30.00", "release available 乙 30.00"]
        assert money(chain.b) == {"available": "30.00"}
        cancel_payout(payout, by=None, reason="again", at=AT + 2 * DAY)
        assert len(ledger("release")) == 2
        with pytest.raises(WrongState):
            approve_payout(payout, by=None, at=AT)
        prove()

    def test_needs_a_reason(self, payout: Payout) -> None:
        with pytest.raises(CannotPayOut):
            cancel_payout(payout, by=None, reason=" ", at=AT)
        assert payouts() == ["乙 30.00 approved"]

    @pytest.mark.parametrize("order", ["open", "unknown", "paid", "failed"])
    def test_is_refused_once_it_is_on_its_way(
        self, payout: Payout, order: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch, order)
        send_payout(payout, at=AT)
        before = payouts(), ledger()
        with pytest.raises(WrongState):
            cancel_payout(payout, by=None, reason="test", at=AT)
        assert (payouts(), ledger()) == before


class TestOutcomes:
    def test_paid_settles(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch)
        assert send_payouts(AT) == 1
        payout.refresh_from_db()
        assert (payout.state, payout.closed_at, payout.reference) == (
            PayoutState.PAID,
            AT,
            f"B{payout.number}",
        )
        assert ledger("settle") == ["settle reserved 乙 -30.00", "settle cash shop 30.00"]
        assert money(chain.b) == {"paid": "30.00"}
        assert bank.paid == {payout.number: D("30.00")}
        assert attempts() == ["send paid"]
        prove()

    def test_failed_releases(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch, "failed")
        assert send_payouts(AT) == 0
        payout.refresh_from_db()
        assert (payout.state, payout.failure, payout.next_query_at) == (
            PayoutState.FAILED,
            "failed",
            None,
        )
        assert ledger("release") == ["release reserved 乙 -30.00", "release available 乙 30.00"]
        rounds(AT)
        assert (bank.calls, bank.paid) == (["send"], {})
        prove()

    def test_what_failed_is_paid_by_the_next_run_under_another_number(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch, "failed")
        send_payouts(AT)
        run(make_schedule(auto_approve=True))
        send_payouts(AT)
        assert payouts() == ["乙 30.00 failed", "乙 30.00 paid"]
        assert list(bank.paid.values()) == [D("30.00")]
        assert payout.number not in bank.paid
        prove()

    def test_open_waits_and_is_asked_about(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch, "open", "open")
        send_payouts(AT)
        assert payouts() == ["乙 30.00 awaiting"]
        send_payouts(AT + MINUTE)  # not yet
        send_payouts(AT + 2 * MINUTE)
        assert (bank.calls, payouts()) == (["send", "query"], ["乙 30.00 awaiting"])
        bank.known[payout.number] = "failed"
        rounds(AT + DAY)
        assert payouts() == ["乙 30.00 failed"]
        assert money(chain.b) == {"available": "30.00"}
        assert attempts() == ["send open", "query open", "query failed"]
        prove()

    @pytest.mark.parametrize("order", ["unknown", "missing", "silence"])
    def test_unknown_is_not_failed(
        self, chain: Chain, payout: Payout, order: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch, *[order] * 100)
        rounds(AT)
        assert payouts() == ["乙 30.00 sending"]
        assert money(chain.b) == {"reserved": "30.00"}
        assert Payout.objects.get().number == payout.number
        prove()

    def test_the_waits_between_questions_grow(
        self, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch, *["unknown"] * 100)
        waits, at = [], AT
        for _ in range(9):
            send_payouts(at)
            payout.refresh_from_db()
            assert payout.next_query_at is not None
            waits.append((payout.next_query_at - at) / MINUTE)
            at = payout.next_query_at
        assert waits == [2, 4, 8, 16, 32, 64, 120, 120, 120]

    def test_the_same_word_again_changes_nothing(
        self, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch)
        send_payouts(AT)
        before = ledger()
        record_outcome(payout, Outcome("paid"), at=AT + DAY)
        record_outcome(payout, Outcome("open"), at=AT + DAY)
        record_outcome(payout, Outcome("unknown"), at=AT + DAY)
        assert (ledger(), payouts()) == (before, ["乙 30.00 paid"])
        prove()

    @pytest.mark.parametrize(("first", "second"), [("paid", "failed"), ("failed", "paid")])
    def test_a_contradiction_is_refused(
        self, payout: Payout, first: str, second: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch, first)
        send_payouts(AT)
        before = ledger()
        with pytest.raises(WrongState):
            record_outcome(payout, Outcome(second), at=AT + DAY)
        assert (ledger(), payouts()) == (before, [f"乙 30.00 {first}"])


class TestOneChannelInTrouble:
    def two(self, chain: Chain) -> tuple[Payout, Payout]:
        """Two approved payouts of different people, the older first."""
        other = make_chain()
        earn(other, "50.00")
        run(make_schedule(auto_approve=True))
        first = approve_payout(Payout.objects.earliest("pk"), by=None, at=AT)
        return first, Payout.objects.latest("pk")

    def test_does_not_hold_back_the_others(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch, "silence")
        self.two(chain)
        assert send_payouts(AT) == 1
        assert payouts() == ["乙 30.00 sending", "乙 15.00 paid"]
        assert attempts() == ["send unknown", "send paid"]
        rounds(AT + DAY)
        assert payouts() == ["乙 30.00 paid", "乙 15.00 paid"]
        assert sorted(bank.paid.values()) == [D("15.00"), D("30.00")]
        prove()

    def test_nor_does_a_channel_that_is_gone(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch)
        first, _ = self.two(chain)
        Payout.objects.filter(pk=first.pk).update(channel="closed")
        assert send_payouts(AT) == 1
        assert payouts() == ["乙 30.00 sending", "乙 15.00 paid"]


class TestStanding:
    def test_a_frozen_distributors_payout_stays(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=AT)
        rounds(AT)
        send_payout(payout, at=AT)
        assert (bank.calls, payouts()) == ([], ["乙 30.00 approved"])
        set_status(chain.b, Status.APPROVED, by=None, reason="test", at=AT + DAY)
        rounds(AT + DAY)
        assert payouts() == ["乙 30.00 paid"]

    def test_frozen_on_the_way_what_never_arrived_is_not_sent_again(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch, "silence")
        send_payouts(AT)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=AT)
        rounds(AT + DAY)
        assert (bank.paid, payouts()) == ({}, ["乙 30.00 sending"])
        set_status(chain.b, Status.APPROVED, by=None, reason="test", at=AT + 3 * DAY)
        rounds(AT + 3 * DAY)
        assert payouts() == ["乙 30.00 paid"]
        prove()

    @pytest.mark.parametrize("again", [False, True])
    def test_who_resigned_is_paid_even_while_applying_again(
        self, chain: Chain, payout: Payout, again: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch)
        set_status(chain.b, Status.RESIGNED, by=None, reason="test", at=AT)
        if again:
            join(chain.b.user, at=AT)
        rounds(AT)
        assert payouts() == ["乙 30.00 paid"]

    def test_a_ban_takes_back_what_was_not_sent(self, chain: Chain, payout: Payout) -> None:
        set_status(chain.b, Status.BANNED, by=make_user(), reason="刷单", at=AT + DAY)
        assert payouts() == ["乙 30.00 cancelled"]
        assert ledger("release", "forfeit") == [
            "release reserved 乙 -30.00",
            "release available 乙 30.00",
            "forfeit available 乙 -30.00",
            "forfeit expense shop 30.00",
        ]
        assert money(chain.b) == {}
        prove()

    def test_a_ban_leaves_what_is_on_its_way(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch, "open")
        send_payouts(AT)
        set_status(chain.b, Status.BANNED, by=None, reason="刷单", at=AT)
        assert (payouts(), ledger("forfeit")) == (["乙 30.00 awaiting"], [])
        bank.known[payout.number], bank.paid[payout.number] = "paid", D("30.00")
        rounds(AT + DAY)
        assert money(chain.b) == {"paid": "30.00"}
        prove()

    def test_an_approved_payout_is_not_touched_by_a_refund(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch)
        order = payout.reservation.allocations.get().commission.order
        take_back(order, 0, "50.00", at=AT)
        assert payouts() == ["乙 30.00 approved"]
        assert money(chain.b) == {"reserved": "30.00", "debt": "15.00"}
        send_payouts(AT + DAY)
        assert money(chain.b) == {"paid": "30.00", "debt": "15.00"}
        prove()
