"""A ban takes what is unpaid, also what comes after it, and every cent of it once."""

from datetime import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from base.inbox import inbox_of, shown
from base.models import AuditEntry
from distribution.desk.earnings import movements_of
from distribution.models import Commission
from distribution.money.forfeits import forfeit_late
from distribution.programme.people import set_status
from distribution.states import Status
from orders.registries import Outcome
from payouts.models import Payout
from payouts.sending import approve_payout, record_outcome, send_payout
from tests.books import commissions, ledger, money, prove, reversals, transfer_keys
from tests.buying import DAY, MINUTE, MOMENT, NOON, buy
from tests.make import Chain, make_chain, make_order, make_rule, make_variant, pay, receive
from tests.paying import make_draft, open_bank

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> Chain:
    make_rule("0.30", "0.10")
    return make_chain()


def ban(chain: Chain, at: datetime) -> None:
    set_status(chain.b, Status.BANNED, by=None, reason="刷单", at=at)


class TestAnOrderPaidAfterTheBan:
    def test_earns_nothing_that_stays(self, chain: Chain) -> None:
        order = make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)
        ban(chain, NOON + MINUTE)
        pay(order, at=NOON + 2 * MINUTE)
        receive(order, at=NOON + 2 * DAY)
        assert (money(chain.b), money(chain.a)) == ({"pending": "30.00"}, {"pending": "10.00"})
        assert forfeit_late(NOON + 3 * DAY) == 1
        assert (money(chain.b), money(chain.a)) == ({}, {"pending": "10.00"})
        assert commissions() == ["1 乙 30.00 → 0.00", "2 甲 10.00 → 10.00"]
        assert ledger("forfeit") == ["forfeit pending 乙 -30.00", "forfeit expense shop 30.00"]
        entry = AuditEntry.objects.get(action="forfeit_late")
        assert entry.details["amount"] == "30.00"
        assert forfeit_late(NOON + 4 * DAY) == 0
        prove()

    def test_is_no_news_to_them(self, chain: Chain) -> None:
        now = timezone.now()
        order = make_order(chain.c, {make_variant("100.00"): 1}, at=now - 2 * MINUTE)
        ban(chain, now - MINUTE)
        pay(order, at=now)
        assert [message.title for message in shown(inbox_of(chain.b.user))] == ["分销账号已封禁"]
        assert [message.title for message in shown(inbox_of(chain.a.user))] == ["新的佣金 ¥10.00"]

    def test_does_not_mature(self, chain: Chain) -> None:
        order = make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)
        ban(chain, NOON + MINUTE)
        pay(order, at=NOON + 2 * MINUTE)
        receive(order, at=NOON + 2 * DAY)
        call_command("mature_commissions", at=NOON + 20 * DAY)
        assert (money(chain.b), money(chain.a)) == ({}, {"available": "10.00"})
        assert ledger("mature") == ["mature pending 甲 -10.00", "mature available 甲 10.00"]

    def test_is_left_alone_before_the_ban(self, chain: Chain) -> None:
        buy(chain, "100.00")
        ban(chain, NOON + 2 * DAY)
        buy(chain, "10.00", at=NOON)
        assert forfeit_late(NOON + 2 * DAY - MOMENT) == 0
        assert reversals() == ["1 乙 30.00"]

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED])
    def test_of_nobody_else(self, chain: Chain, status: Status) -> None:
        buy(chain, "100.00")
        set_status(chain.b, status, by=None, reason="test", at=NOON + DAY)
        assert forfeit_late(NOON + 2 * DAY) == 0
        assert money(chain.b) == {"pending": "30.00"}


class TestAPayoutThatComesBackAfterTheBan:
    def test_is_taken_with_the_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twice from one commission: what was free at the ban, and what came back."""
        chain, now = make_draft(), timezone.now()
        open_bank(monkeypatch, "open")
        payout = send_payout(approve_payout(Payout.objects.get(), by=None, at=now), at=now)
        buy(chain, "10.00", at=now)
        ban(chain, now)
        assert money(chain.b) == {"reserved": "30.00"}
        for _again in range(2):
            record_outcome(payout, Outcome("failed", detail="账户不存在"), at=now + DAY)
        assert money(chain.b) == {}
        who = chain.b.pk
        assert [key for key in transfer_keys() if "forfeit" in key] == [
            f"forfeit:{who}",
            f"forfeit:{who}:2",
        ]
        first, second = shown(inbox_of(chain.b.user))[:2]
        assert (first.title, second.title) == ("结算单没有付款 ¥30.00", "分销账号已封禁")
        assert "随账号封禁收回" in first.text and "退回可结算" not in first.text
        ways = [
            [(str(move.kind), str(move.amount)) for move in movements_of(commission)]
            for commission in Commission.objects.order_by("pk")
        ]
        assert ways == [
            [
                ("accrue", "30.00"),
                ("mature", "30.00"),
                ("reserve", "30.00"),
                ("release", "30.00"),
                ("forfeit", "30.00"),
            ],
            [("accrue", "3.00"), ("forfeit", "3.00")],
        ]
        prove()

    def test_what_was_not_sent_is_not_said_to_be_payable_again(self) -> None:
        chain, now = make_draft(), timezone.now()
        ban(chain, now)
        told = [message.text for message in shown(inbox_of(chain.b.user))]
        assert len(told) == 2 and not any("退回可结算" in text for text in told)
