"""A decision reaches exactly the commissions in question, and nobody's purchase."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from base.accounts.models import User
from base.audit import AuditEntry
from base.errors import DomainError
from base.models import InboxMessage
from base.transitions import WrongState
from distribution.models import Commission, Distributor, Hold
from distribution.money.commissions import mature_commissions
from distribution.money.explanations import explain
from distribution.money.holds import open_hold
from distribution.referral.relations import bind_by_link
from distribution.risk.decisions import (
    CannotDecide,
    clear_signal,
    confirm_signal,
    hold_signal,
)
from distribution.risk.models import NamedCommission, Signal
from distribution.risk.states import State
from orders.models import Order
from orders.refunds import Part
from tests.books import prove
from tests.make import (
    START,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def merchant() -> User:
    return make_user("店主")


@pytest.fixture
def payee() -> Distributor:
    make_rule("0.10", None)
    return make_distributor(name="阿珍")


@pytest.fixture
def orders(payee: Distributor) -> list[Order]:
    """Three orders of one buyer, paid and received just now."""
    buyer = make_user("买家")
    bind_by_link(buyer, payee, at=START)
    made = []
    for _ in range(3):
        order = make_order(buyer, {make_variant("100.00"): 1})
        pay(order)
        receive(order)
        made.append(order)
    return made


@pytest.fixture
def signal(payee: Distributor, orders: list[Order]) -> Signal:
    """It names the first two."""
    return flag(payee, orders[:2])


def flag(payee: Distributor, orders: list[Order], key: str = "visitor:1") -> Signal:
    now = timezone.now()
    signal = Signal.objects.create(
        kind="visitor", key=key, payee=payee, found_at=now, seen_at=now, evidence={"people": []}
    )
    for order in orders:
        NamedCommission.objects.create(signal=signal, commission=order.commissions.get())
    return signal


def ids(*orders: Order) -> list[int]:
    return [order.commissions.get().pk for order in orders]


def later() -> datetime:
    return timezone.now() + 10 * DAY


def held() -> list[int]:
    return list(
        Hold.objects.filter(ended_at=None)
        .order_by("commission")
        .values_list("commission", flat=True)
    )


class TestHolding:
    def test_just_the_chosen_one(self, signal: Signal, orders: list[Order], merchant: User) -> None:
        outcome = hold_signal(signal, ids(orders[0]), by=merchant, reason="同一设备")
        assert (outcome.signal.state, held()) == (State.HELD, ids(orders[0]))
        assert mature_commissions(later()) == 2
        prove()

    def test_the_buyer_notices_nothing(
        self, signal: Signal, orders: list[Order], merchant: User
    ) -> None:
        hold_signal(signal, ids(*orders[:2]), by=merchant, reason="同一设备")
        line = orders[0].lines.get()
        assert refund(orders[0], [Part(line.pk, 1, line.paid)]).amount == line.paid
        again = make_order(orders[0].user)
        pay(again)
        again.refresh_from_db()
        assert again.paid_at is not None
        assert not InboxMessage.objects.filter(
            user=orders[0].user, event__startswith="commission_"
        ).exists()

    def test_the_payee_learns_it_in_general_words(
        self, signal: Signal, orders: list[Order], merchant: User, payee: Distributor
    ) -> None:
        hold_signal(signal, ids(orders[0]), by=merchant, reason="买家陈晨与阿珍同一设备")
        told = InboxMessage.objects.get(user=payee.user, event="commission_held")
        assert told.values == {"order": orders[0].number, "amount": "10.00"}
        blockers = " ".join(explain(orders[0].commissions.get()).blockers)
        assert "复核原因：下单设备需要核实" in blockers and "有不同意见" in blockers
        assert "陈晨" not in blockers
        assert "复核" not in " ".join(explain(orders[1].commissions.get()).blockers)

    def test_twice_is_once_and_more_may_follow(
        self, signal: Signal, orders: list[Order], merchant: User
    ) -> None:
        for _ in range(2):
            hold_signal(signal, ids(orders[0]), by=merchant, reason="r")
        hold_signal(signal, ids(*orders[:2]), by=merchant, reason="r")
        assert held() == ids(*orders[:2])
        assert Hold.objects.count() == 2

    @pytest.mark.parametrize("chosen", [[], [999_999]])
    def test_nothing_or_somebody_elses_is_refused(
        self, signal: Signal, merchant: User, chosen: list[int]
    ) -> None:
        with pytest.raises(CannotDecide):
            hold_signal(signal, chosen, by=merchant, reason="r")
        signal.refresh_from_db()
        assert (signal.state, held()) == (State.OPEN, [])

    def test_a_commission_it_does_not_name_is_out_of_reach(
        self, signal: Signal, orders: list[Order], merchant: User
    ) -> None:
        with pytest.raises(CannotDecide):
            hold_signal(signal, ids(orders[2]), by=merchant, reason="r")
        assert held() == []

    def test_without_a_reason(self, signal: Signal, orders: list[Order], merchant: User) -> None:
        for act in (
            lambda: hold_signal(signal, ids(orders[0]), by=merchant, reason=" "),
            lambda: clear_signal(signal, by=merchant, reason=""),
            lambda: confirm_signal(signal, ids(orders[0]), by=merchant, reason=""),
        ):
            with pytest.raises(DomainError, match="原因"):
                act()
        assert (held(), Signal.objects.get().state) == ([], State.OPEN)


class TestClearing:
    def test_what_was_held_goes_on_its_way(
        self, signal: Signal, orders: list[Order], merchant: User, payee: Distributor
    ) -> None:
        hold_signal(signal, ids(*orders[:2]), by=merchant, reason="r")
        outcome = clear_signal(signal, by=merchant, reason="夫妻，已核实")
        assert (len(outcome.done), held()) == (2, [])
        assert mature_commissions(later()) == 3
        assert InboxMessage.objects.filter(event="commission_released").count() == 2
        assert clear_signal(signal, by=merchant, reason="again").done == []
        with pytest.raises(WrongState):
            hold_signal(signal, ids(orders[0]), by=merchant, reason="r")
        deeds = AuditEntry.objects.filter(target_type="risk.signal").order_by("pk")
        assert [(row.action, row.reason) for row in deeds] == [
            ("held_risk_signal", "r"),
            ("cleared_risk_signal", "夫妻，已核实"),
        ]
        prove()

    def test_what_another_signal_holds_stays_held(
        self, signal: Signal, orders: list[Order], merchant: User, payee: Distributor
    ) -> None:
        other = flag(payee, orders[:1], key="phone:1")
        for one in (signal, other):
            hold_signal(one, ids(orders[0]), by=merchant, reason="r")
        clear_signal(signal, by=merchant, reason="r")
        assert held() == ids(orders[0])
        clear_signal(other, by=merchant, reason="r")
        assert held() == []


class TestConfirming:
    def test_the_chosen_are_taken_back_and_the_rest_goes_on(
        self, signal: Signal, orders: list[Order], merchant: User, payee: Distributor
    ) -> None:
        hold_signal(signal, ids(*orders[:2]), by=merchant, reason="r")
        outcome = confirm_signal(signal, ids(orders[0]), by=merchant, reason="自买自卖")
        assert [c.pk for c in outcome.done] == ids(orders[0])
        amounts = Commission.objects.order_by("pk").values_list("amount", flat=True)
        assert list(amounts) == [Decimal("0.00"), Decimal("10.00"), Decimal("10.00")]
        assert held() == []
        assert mature_commissions(later()) >= 2
        told = InboxMessage.objects.get(user=payee.user, event="commission_revoked")
        assert told.values["amount"] == "10.00"
        assert confirm_signal(signal, ids(orders[1]), by=merchant, reason="r").done == []
        prove()

    def test_the_payee_hears_what_was_left_to_take(
        self, signal: Signal, orders: list[Order], merchant: User, payee: Distributor
    ) -> None:
        """Half of it went back with a refund before."""
        refund(orders[0], [Part(orders[0].lines.get().pk, 0, Decimal("50.00"))])
        confirm_signal(signal, ids(orders[0]), by=merchant, reason="自买自卖")
        told = InboxMessage.objects.get(user=payee.user, event="commission_revoked")
        assert told.values == {"order": orders[0].number, "amount": "5.00"}

    def test_without_holding_first(
        self, signal: Signal, orders: list[Order], merchant: User
    ) -> None:
        confirm_signal(signal, ids(*orders[:2]), by=merchant, reason="自买自卖")
        assert open_hold(orders[0].commissions.get()) is None
        assert orders[2].commissions.get().amount == Decimal("10.00")
        prove()
