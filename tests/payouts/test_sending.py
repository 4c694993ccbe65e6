"""From approval to money out: one payment under one number, whatever happens in between."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from base.audit import AuditEntry
from base.clock import day_start
from base.errors import DomainError, WrongState
from distribution.models import Distributor
from distribution.people import join, set_status
from distribution.states import Status
from orders.registries import Outcome
from payouts import sending
from payouts.models import Payout, PayoutAttempt, Schedule
from payouts.sending import (
    CannotPayOut,
    approve_payout,
    cancel_payout,
    confirm_by_hand,
    record_outcome,
    send_payout,
    send_payouts,
)
from payouts.states import PayoutState
from tests.books import ledger, money, prove
from tests.buying import DAY, MINUTE, earn, take_back
from tests.make import Chain, make_chain, make_rule, make_user
from tests.paying import MONDAY, Bank, Killed, make_schedule, open_bank, payouts, run

pytestmark = pytest.mark.django_db

D = Decimal
AT = day_start(MONDAY)


@pytest.fixture
def chain() -> Chain:
    """B has a draft over ¥30.00."""
    Schedule.objects.all().delete()
    chain = make_chain()
    make_rule("0.30", None)
    earn(chain, "100.00")
    run()
    return chain


@pytest.fixture
def payout(chain: Chain) -> Payout:
    """B's ¥30.00, approved."""
    return approve_payout(Payout.objects.get(), by=None, at=AT)


def rounds(at: Any = AT, count: int = 8) -> None:
    """Beat comes by, again and again, until everything has had its turn."""
    for i in range(count):
        send_payouts(at + i * timedelta(hours=3))


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
        rounds()
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
        rounds()
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
        rounds()
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
    rounds()
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
    rounds()
    assert (payouts(), bank.paid) == (["乙 30.00 failed"], {})
    assert money(chain.b) == {"available": "30.00"}
    prove()


class TestStanding:
    def test_a_frozen_distributors_payout_stays(
        self, chain: Chain, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank(monkeypatch)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=AT)
        rounds()
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
        rounds()
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


class TestByHand:
    @pytest.fixture
    def by_hand(self, chain: Chain) -> Payout:
        Payout.objects.update(channel="manual")
        payout = approve_payout(Payout.objects.get(), by=None, at=AT)
        return send_payout(payout, at=AT)

    def test_waits_for_the_merchant(self, by_hand: Payout) -> None:
        rounds(AT + DAY)
        assert payouts() == ["乙 30.00 awaiting"]

    def test_paid_with_a_voucher(self, chain: Chain, by_hand: Payout) -> None:
        merchant = make_user("商家")
        for _ in range(2):
            confirm_by_hand(by_hand, Outcome("paid", reference="V-1"), by=merchant, at=AT + DAY)
        by_hand.refresh_from_db()
        assert (by_hand.state, by_hand.reference, by_hand.closed_at) == ("paid", "V-1", AT + DAY)
        assert money(chain.b) == {"paid": "30.00"}
        prove()

    def test_failed_with_a_reason(self, chain: Chain, by_hand: Payout) -> None:
        confirm_by_hand(by_hand, Outcome("failed", detail="账号有误"), by=make_user(), at=AT + DAY)
        assert payouts() == ["乙 30.00 failed"]
        assert money(chain.b) == {"available": "30.00"}
        prove()

    @pytest.mark.parametrize(
        "outcome", [Outcome("paid", reference=" "), Outcome("failed", detail="")]
    )
    def test_needs_a_voucher_or_a_reason(self, by_hand: Payout, outcome: Outcome) -> None:
        with pytest.raises(CannotPayOut):
            confirm_by_hand(by_hand, outcome, by=make_user(), at=AT)
        assert payouts() == ["乙 30.00 awaiting"]

    def test_only_what_is_paid_by_hand(
        self, payout: Payout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_bank(monkeypatch, "open")
        send_payout(payout, at=AT)
        with pytest.raises(CannotPayOut):
            confirm_by_hand(payout, Outcome("paid", reference="V-1"), by=make_user(), at=AT)
        assert payouts() == ["乙 30.00 awaiting"]

    def test_not_before_it_is_approved(self, chain: Chain) -> None:
        Payout.objects.update(channel="manual")
        with pytest.raises(DomainError):
            confirm_by_hand(
                Payout.objects.get(), Outcome("paid", reference="V-1"), by=make_user(), at=AT
            )
        assert payouts() == ["乙 30.00 draft"]
        assert Distributor.objects.get(pk=chain.b.pk).balance.reserved == D("30.00")
