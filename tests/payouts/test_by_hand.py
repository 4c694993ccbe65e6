"""Payouts made outside the shop: the merchant says what became of them."""

from decimal import Decimal

import pytest

from base.clock import day_start
from base.errors import DomainError
from distribution.models import Distributor
from orders.registries import Outcome
from payouts.models import Payout
from payouts.sending import (
    CannotPayOut,
    approve_payout,
    confirm_by_hand,
    send_payout,
)
from tests.books import money, prove
from tests.buying import DAY
from tests.make import Chain, make_user
from tests.paying import MONDAY, make_draft, open_bank, payouts, rounds

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
