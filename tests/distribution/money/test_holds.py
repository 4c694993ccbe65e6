"""One commission set aside, let go or revoked; nobody else's money and no buyer is touched."""

from decimal import Decimal
from typing import Any

import pytest

from base.clock import beijing_date, day_start
from base.errors import DomainError
from base.models import AuditEntry
from distribution.desk.earnings import movements_of
from distribution.desk.statements import StatementLines
from distribution.models import Commission, Hold
from distribution.money.commissions import mature_commissions
from distribution.money.explanations import explain
from distribution.money.holds import (
    CannotHold,
    hold_commission,
    hold_commissions,
    open_hold,
    release_commission,
    release_commissions,
    revoke_commission,
    revoke_commissions,
)
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import Order
from payouts.models import Payout, Schedule
from payouts.sending import approve_payout, send_payouts
from tests.books import ledger, money, prove
from tests.buying import DAY, MOMENT, NOON, buy, earn, take_back
from tests.make import Chain, make_chain, make_rule, make_user, receive
from tests.paying import MONDAY, make_schedule, open_bank, payouts, run, skips

pytestmark = pytest.mark.django_db

AT = day_start(MONDAY)
WHY = "与买家使用同一设备"
HOLD, RELEASE, REVOKE = 28, 7, 10


@pytest.fixture
def chain() -> Chain:
    Schedule.objects.all().delete()
    make_rule("0.30", None)
    return make_chain()


def of(order: Order) -> Commission:
    return Commission.objects.get(order=order)


def hold(order: Order, at: object = NOON + DAY) -> Hold:
    return hold_commission(of(order), by=None, reason=WHY, at=at)  # type: ignore[arg-type]


class TestPending:
    def test_does_not_mature_while_it_is_held(self, chain: Chain) -> None:
        order, other = buy(chain, "100.00"), buy(chain, "10.00")
        for bought in (order, other):
            receive(bought, at=NOON)
        held = hold(order)
        assert (held.amount, held.matured_before) == (Decimal("0.00"), None)
        assert mature_commissions(NOON + 30 * DAY) == 1
        assert money(chain.b) == {"pending": "30.00", "available": "3.00"}
        assert explain(of(order)).blockers[0].startswith("正在复核")
        prove()

    def test_matures_after_it_is_let_go(self, chain: Chain) -> None:
        order = buy(chain, "100.00")
        receive(order, at=NOON)
        hold(order)
        release_commission(of(order), by=None, reason="不同的人", at=NOON + 2 * DAY)
        assert mature_commissions(NOON + 7 * DAY - MOMENT) == 0
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"available": "30.00"}
        prove()

    def test_a_refund_meanwhile_applies(self, chain: Chain) -> None:
        order = buy(chain, "100.00")
        hold(order)
        take_back(order, 0, "40.00", at=NOON + 2 * DAY)
        assert money(chain.b) == {"pending": "18.00"}
        prove()


class TestMature:
    def test_goes_back_to_pending_and_matures_again(self, chain: Chain) -> None:
        order = earn(chain, "100.00")
        held = hold(order, NOON + 8 * DAY)
        assert (held.amount, held.matured_before) == (Decimal("30.00"), NOON + 7 * DAY)
        assert money(chain.b) == {"pending": "30.00"}
        assert ledger("hold") == ["hold available 乙 -30.00", "hold pending 乙 30.00"]
        release_commission(of(order), by=None, reason="没有问题", at=NOON + 9 * DAY)
        assert money(chain.b) == {"pending": "30.00"}
        mature_commissions(NOON + 9 * DAY)
        assert money(chain.b) == {"available": "30.00"}
        ways = [f"{m.kind} {m.source}→{m.target} {m.amount}" for m in movements_of(of(order))]
        assert ways == [
            "accrue expense→pending 30.00",
            "mature pending→available 30.00",
            "hold available→pending 30.00",
            "mature pending→available 30.00",
        ]
        prove()

    def test_leaves_its_draft_and_the_rest_is_paid(self, chain: Chain) -> None:
        order = earn(chain, "100.00")
        earn(chain, "50.00", at=NOON + DAY)
        run()
        hold(order, AT + DAY)
        assert payouts() == ["乙 15.00 draft"]
        assert money(chain.b) == {"pending": "30.00", "reserved": "15.00"}
        prove()

    def test_leaves_the_draft_that_has_it_even_where_the_balance_would_cover_it(
        self, chain: Chain
    ) -> None:
        order = earn(chain, "100.00")
        run()
        earn(chain, "200.00", at=NOON + 20 * DAY)
        hold(order, AT + 20 * DAY)
        assert of(order).allocated == Decimal("0.00")
        assert payouts() == ["乙 30.00 draft"]
        assert money(chain.b) == {"pending": "30.00", "available": "30.00", "reserved": "30.00"}
        prove()

    def test_cancels_a_draft_of_nothing_else(self, chain: Chain) -> None:
        order = earn(chain, "100.00")
        run()
        hold(order, AT + DAY)
        assert payouts() == ["乙 30.00 cancelled"]
        assert skips() == ["乙 0.00 nothing_mature"]
        assert money(chain.b) == {"pending": "30.00"}
        prove()

    def test_stays_in_an_approved_payout(self, chain: Chain) -> None:
        order = earn(chain, "100.00")
        run()
        approve_payout(Payout.objects.get(), by=None, at=AT)
        before = AuditEntry.objects.count()
        with pytest.raises(CannotHold, match="审批通过"):
            hold(order, AT + DAY)
        assert payouts() == ["乙 30.00 approved"]
        assert money(chain.b) == {"reserved": "30.00"}
        assert not Hold.objects.exists() and AuditEntry.objects.count() == before
        prove()


class TestRevoking:
    def test_a_held_one(self, chain: Chain) -> None:
        order = earn(chain, "100.00")
        hold(order, NOON + 8 * DAY)
        for _ in range(2):
            revoke_commission(of(order), by=None, reason="自买自卖", at=NOON + 9 * DAY)
        assert money(chain.b) == {}
        assert ledger("revoke") == ["revoke pending 乙 -30.00", "revoke expense shop 30.00"]
        assert open_hold(of(order)) is None
        explained = explain(of(order))
        assert explained.is_exact and explained.state == "reversed"
        # The buyer gets their money as ever, and no refund brings the commission back.
        take_back(order, 1, "100.00", at=NOON + 10 * DAY)
        assert money(chain.b) == {}
        prove()

    def test_after_a_payout_leaves_a_debt(
        self, chain: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = earn(chain, "100.00")
        open_bank(monkeypatch)
        run(make_schedule(auto_approve=True))
        send_payouts(AT)
        revoke_commission(of(order), by=None, reason="自买自卖", at=AT + DAY)
        assert money(chain.b) == {"paid": "30.00", "debt": "30.00"}
        ways = [f"{m.kind} {m.source}→{m.target} {m.amount}" for m in movements_of(of(order))]
        assert ways[-1] == "revoke available→expense 30.00"
        prove()

    def test_what_a_ban_left_of_it(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        """The ban took what was not needed to make up a debt; the rest can be taken back too."""
        first = earn(chain, "100.00")
        open_bank(monkeypatch)
        run(make_schedule(auto_approve=True))
        send_payouts(AT)
        second = earn(chain, "100.00", at=AT)
        take_back(first, 1, "50.00", at=AT + 8 * DAY)
        set_status(chain.b, Status.BANNED, by=None, reason=WHY, at=AT + 9 * DAY)
        assert (of(second).amount, money(chain.b)) == (15, {"paid": "30.00"})
        revoke_commission(of(second), by=None, reason=WHY, at=AT + 10 * DAY)
        assert money(chain.b) == {"paid": "30.00", "debt": "15.00"}
        ways = [f"{m.kind} {m.source}→{m.target} {m.amount}" for m in movements_of(of(second))]
        assert ways[-2:] == ["forfeit available→expense 15.00", "revoke available→expense 15.00"]
        lines = StatementLines(chain.b, beijing_date(AT + 9 * DAY).replace(day=1))
        told = [(line.kind, line.amount) for line in lines if line.commission_id == of(second).pk]
        assert told == [("forfeit", -15), ("revoke", -15)]
        prove()

    def test_before_a_ban_that_takes_others(self, chain: Chain) -> None:
        order = earn(chain, "100.00")
        earn(chain, "10.00")
        revoke_commission(of(order), by=None, reason=WHY, at=NOON + 8 * DAY)
        set_status(chain.b, Status.BANNED, by=None, reason=WHY, at=NOON + 9 * DAY)
        kinds = [movement.kind for movement in movements_of(of(order))]
        assert kinds == ["accrue", "mature", "revoke"]
        prove()

    def test_then_a_ban(self, chain: Chain) -> None:
        order, other = buy(chain, "100.00"), buy(chain, "10.00")
        hold(order)
        hold(other)
        revoke_commission(of(order), by=None, reason="自买自卖", at=NOON + 2 * DAY)
        set_status(chain.b, Status.BANNED, by=None, reason="作弊", at=NOON + 3 * DAY)
        assert money(chain.b) == {}
        prove()


def test_held_twice_is_held_once(chain: Chain) -> None:
    order = earn(chain, "100.00")
    assert hold(order, NOON + 8 * DAY) == hold(order, NOON + 9 * DAY)
    first, second = make_user(), make_user()
    release_commission(of(order), by=first, reason="没有问题", at=NOON + 10 * DAY)
    release_commission(of(order), by=second, reason="没有问题", at=NOON + 11 * DAY)
    assert [(h.ended_at, h.ended_by) for h in Hold.objects.all()] == [(NOON + 10 * DAY, first)]
    assert money(chain.b) == {"pending": "30.00"}
    prove()


@pytest.mark.parametrize("act", [hold_commission, release_commission, revoke_commission])
def test_without_a_reason_nothing_happens(chain: Chain, act: object) -> None:
    order = earn(chain, "100.00")
    with pytest.raises(DomainError, match="原因"):
        act(of(order), by=None, reason="  ")  # type: ignore[operator]
    assert money(chain.b) == {"available": "30.00"}


def test_nothing_left_cannot_be_held(chain: Chain) -> None:
    order = buy(chain, "100.00")
    take_back(order, 1, "100.00")
    with pytest.raises(CannotHold, match="全部撤回"):
        hold(order, NOON + 2 * DAY)


class TestMany:
    def test_each_as_if_it_came_alone(self, chain: Chain) -> None:
        """One in an approved payout, one in a draft, one mature, one pending, one with nothing
        left, one held before: refused is only what is out of reach."""
        schedule = make_schedule()
        paid = earn(chain, "100.00")
        run(schedule)
        approve_payout(Payout.objects.get(), by=None, at=AT)
        drafted = earn(chain, "50.00", at=NOON + 8 * DAY)
        run(schedule, period=MONDAY + 14 * DAY)
        mature = earn(chain, "40.00", at=NOON + 22 * DAY)
        pending, gone, before = (buy(chain, price) for price in ("30.00", "20.00", "10.00"))
        take_back(gone, 1, "20.00")
        first = hold(before, AT + 30 * DAY)
        orders = [paid, drafted, mature, pending, gone, before]
        found = hold_commissions(map(of, orders), by=None, reason=WHY, at=AT + 31 * DAY)
        assert found.refused == {
            of(paid).pk: "这笔佣金已在审批通过的结算单里，不能暂扣；确有问题请直接撤回。",
            of(gone).pk: "这笔佣金已全部撤回，没有可暂扣的金额。",
        }
        assert [hold.amount for hold in found.holds] == [
            first.amount, Decimal("15.00"), Decimal("12.00"), Decimal("0.00"),
        ]  # fmt: skip
        assert payouts() == ["乙 30.00 approved", "乙 15.00 cancelled"]
        assert money(chain.b) == {"pending": "39.00", "reserved": "30.00"}
        deeds = AuditEntry.objects.filter(action="hold_commission")
        assert {deed.target_id: deed.details for deed in deeds} == {
            str(of(order).pk): {"amount": amount}
            for order, amount in (
                (drafted, "15.00"), (mature, "12.00"), (pending, "9.00"), (before, "3.00"),
            )
        }  # fmt: skip
        prove()
        released = release_commissions([of(paid), of(drafted)], by=None, reason="没有问题")
        assert released == [of(drafted)]
        revoked = revoke_commissions(map(of, orders), by=None, reason="自买自卖")
        assert revoked == [of(order) for order in (paid, drafted, mature, pending, before)]
        assert not Hold.objects.filter(ended_at=None).exists()
        assert money(chain.b) == {"reserved": "30.00", "debt": "30.00"}
        prove()

    @pytest.mark.parametrize("count", [1, 3])
    def test_no_query_for_each(
        self, chain: Chain, count: int, django_assert_num_queries: Any
    ) -> None:
        found = [of(earn(chain, "10.00")) for _ in range(count)]
        run()
        with django_assert_num_queries(HOLD):
            hold_commissions(found, by=None, reason=WHY, at=AT)
        with django_assert_num_queries(RELEASE):
            release_commissions(found, by=None, reason=WHY, at=AT)
        with django_assert_num_queries(REVOKE):
            revoke_commissions(found, by=None, reason=WHY, at=AT)
        prove()
