"""Anything may happen in any order: the shop against a plain model that shares nothing with it.

The model counts whole cents and basis points. After every step each person's money is the
model's, the books agree, and nothing waits to be refused at commit.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from base.clock import beijing_date
from distribution.models import Commission
from distribution.money import commissions as domain
from distribution.money import terms
from distribution.money.balances import balance_of
from distribution.money.holds import (
    CannotHold,
    hold_commission,
    release_commission,
    revoke_commission,
)
from distribution.policy import publish_policy
from distribution.programme.people import approve, set_status
from distribution.referral.relations import reassign_customer
from distribution.rules import change_rule
from distribution.states import Status
from orders.events import replay_events
from orders.models import Order, OrderEvent
from orders.payments import confirm_payment
from orders.refunds import Part
from orders.registries import Outcome
from payouts.books import check_books
from payouts.channels import channels
from payouts.models import Payout, Schedule
from payouts.runs import run_period
from payouts.schedules import next_due_day
from payouts.sending import send_payouts
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
from tests.properties import examples

PEOPLE = ("a", "b", "d")
RECRUITER = {"b": "a", "d": None, "a": None}
RATES = st.sampled_from([0, 333, 1250, 2500, 3000, 6000])  # basis points
MINIMUM = 100


def share(
    base: int, rates: tuple[int, int], payable: tuple[bool, bool], limit: int
) -> tuple[int, int]:
    """The rule again, in whole cents: half up, capped by what both want."""
    raw1, raw2 = (
        (2 * base * rate + 10_000) // 20_000 if wanted else 0
        for rate, wanted in zip(rates, payable, strict=True)
    )
    if raw1 + raw2 <= limit:
        return raw1, raw2
    second = limit * raw2 // (raw1 + raw2)
    return limit - second, second


@dataclass
class Sale:
    """An order as the model knows it: one line, its terms, and what is kept."""

    order: Order
    paid: int
    pieces: int
    cost: int
    payees: tuple[str | None, str | None]
    payable: tuple[bool, bool]
    rates: tuple[int, int]
    on_profit: bool
    cap: int
    kept: int = 0
    kept_pieces: int = 0
    is_paid: bool = False
    is_late: bool = False
    is_received: bool = False
    at_payment: tuple[int, int] = (0, 0)
    is_mature: tuple[bool, bool] = (False, False)
    is_held: tuple[bool, bool] = (False, False)
    is_revoked: tuple[bool, bool] = (False, False)

    def amounts(self) -> tuple[int, int]:
        base = self.kept
        if self.on_profit:
            base = max(0, self.kept - self.cost * self.kept_pieces)
        limit = self.kept * self.cap // 10_000
        return share(base, self.rates, self.payable, limit)

    def now(self) -> tuple[int, int]:
        one, two = (
            0 if revoked else min(amount, most)
            for amount, most, revoked in zip(
                self.amounts(), self.at_payment, self.is_revoked, strict=True
            )
        )
        return one, two

    def mark(self, name: str, level: int, value: bool) -> None:
        marks = list(getattr(self, name))
        marks[level - 1] = value
        setattr(self, name, tuple(marks))


@dataclass
class Purse:
    """What has left somebody's available balance."""

    reserved: int = 0
    paid: int = 0
    payouts: dict[str, int] = field(default_factory=dict)  # number → amount on its way


class Coin:
    """A channel that does what the machine decided, and remembers what it paid."""

    code, label = "coin", "硬币"

    def __init__(self) -> None:
        self.will = "paid"
        self.paid: dict[str, Decimal] = {}

    def send(self, payout: Payout) -> Outcome:
        if self.will == "paid":
            assert payout.number not in self.paid, "paid twice"
            self.paid[payout.number] = payout.amount
        return Outcome(self.will, detail=self.will)

    def query(self, payout: Payout) -> Outcome:
        return Outcome("paid" if payout.number in self.paid else "missing")


class Shop(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.work = transaction.atomic()
        self.work.__enter__()
        self.now = START + timedelta(days=60)
        self.coin = Coin()
        channels[Coin.code] = self.coin
        Schedule.objects.all().delete()
        self.schedule = Schedule.objects.create(
            name="每周",
            channel=Coin.code,
            auto_approve=True,
            created_at=START,
            minimum=Decimal("1.00"),
        )
        a = make_distributor(name="a")
        self.people = {
            "a": a,
            "b": make_distributor(name="b", recruiter=a),
            "d": make_distributor(name="d"),
        }
        self.customer, self.merchant = make_user("c"), make_user("m")
        self.bound: str | None = None
        self.rule = make_rule("0.3", "0.25")
        self.rates, self.on_profit, self.cap = (3000, 2500), False, 5000
        self.frozen: set[str] = set()
        self.sales: list[Sale] = []
        self.purses = {name: Purse() for name in PEOPLE}
        # Something to begin with, so that every walk is about money.
        self.re_relate("b")
        for _ in range(2):
            self.place(9900, 2, 4000)
        self.take_money(self.sales[0], fails=False)

    def teardown(self) -> None:
        channels.pop(Coin.code)
        transaction.set_rollback(True)
        self.work.__exit__(None, None, None)

    def tick(self, **step: int) -> datetime:
        self.now += timedelta(**(step or {"minutes": 3}))
        return self.now

    # --- What the merchant does -------------------------------------------------------------

    @rule(to=st.sampled_from(["b", "d", None]))
    def re_relate(self, to: str | None) -> None:
        if to in self.frozen:
            return
        distributor = self.people[to] if to else None
        reassign_customer(self.customer, distributor, by=self.merchant, reason="x", at=self.tick())
        self.bound = to

    @rule(one=RATES, two=RATES, on_profit=st.booleans())
    def change_rates(self, one: int, two: int, on_profit: bool) -> None:
        self.rule = change_rule(
            self.rule,
            by=None,
            at=self.tick(),
            rate1=Decimal(one) / 10_000,
            rate2=Decimal(two) / 10_000,
            base="profit" if on_profit else "paid",
        )
        self.rates, self.on_profit = (one, two), on_profit

    @rule(cap=st.sampled_from([1000, 3333, 5000, 10_000]))
    def change_cap(self, cap: int) -> None:
        publish_policy(by=None, at=self.tick(), cap_rate=Decimal(cap) / 10_000)
        self.cap = cap

    @rule(name=st.sampled_from(PEOPLE))
    def freeze_or_thaw(self, name: str) -> None:
        person = self.people[name]
        if name in self.frozen:
            self.people[name] = approve(person, by=None, reason="x", at=self.tick())
            self.frozen.remove(name)
        elif not self.purses[name].payouts:
            self.people[name] = set_status(
                person, Status.FROZEN, by=None, reason="x", at=self.tick()
            )
            self.frozen.add(name)

    @precondition(lambda self: any(self._commissions()))
    @rule(data=st.data(), decision=st.sampled_from(["hold", "release", "revoke"]))
    def look_into(self, data: Any, decision: str) -> None:
        """Set one commission aside, let it go, or take it back."""
        sale, level = data.draw(st.sampled_from(self._commissions()))
        commission = Commission.objects.get(order=sale.order, level=level)
        at = self.tick()
        if decision == "release":
            release_commission(commission, by=None, reason="x", at=at)
            sale.mark("is_held", level, False)
        elif decision == "revoke":
            revoke_commission(commission, by=None, reason="x", at=at)
            sale.mark("is_held", level, False)
            sale.mark("is_revoked", level, True)
        else:
            # Every payout here is approved at once, and what it has stays in it.
            is_taken = sale.is_mature[level - 1] and commission.allocated > 0
            is_gone = sale.now()[level - 1] == 0
            if not sale.is_held[level - 1] and (is_taken or is_gone):
                with pytest.raises(CannotHold), transaction.atomic():
                    hold_commission(commission, by=None, reason="x", at=at)
                return
            hold_commission(commission, by=None, reason="x", at=at)
            sale.mark("is_held", level, True)
            sale.mark("is_mature", level, False)

    def _commissions(self) -> list[tuple[Sale, int]]:
        return [
            (sale, level)
            for sale in self.sales
            if sale.is_paid and not sale.is_late
            for level in (1, 2)
            if sale.at_payment[level - 1]
        ]

    # --- What happens to orders --------------------------------------------------------------

    @rule(price=st.integers(1, 20_000), pieces=st.integers(1, 3), cost=st.integers(0, 10_000))
    def place(self, price: int, pieces: int, cost: int) -> None:
        variant = make_variant(str(Decimal(price) / 100), cost=str(Decimal(cost) / 100))
        order = make_order(self.customer, {variant: pieces}, at=self.tick())
        first = self.bound
        second = RECRUITER[first] if first else None
        self.sales.append(
            Sale(
                order=order,
                paid=price * pieces,
                pieces=pieces,
                cost=cost,
                payees=(first, second),
                payable=tuple(p is not None and p not in self.frozen for p in (first, second)),  # type: ignore[arg-type]  # two of them
                rates=self.rates,
                on_profit=self.on_profit,
                cap=self.cap,
                kept=price * pieces,
                kept_pieces=pieces,
            )
        )

    @precondition(lambda self: any(not s.is_paid for s in self.sales))
    @rule(data=st.data(), fails=st.booleans())
    def pay(self, data: Any, fails: bool) -> None:
        """Paid; sometimes the accrual fails at first and is made up later."""
        self.take_money(data.draw(st.sampled_from([s for s in self.sales if not s.is_paid])), fails)

    def take_money(self, sale: Sale, fails: bool) -> None:
        kept = domain.accrue
        if fails:
            domain.accrue = _fail  # type: ignore[assignment]  # broken on purpose
        try:
            pay(sale.order, at=sale.order.placed_at + timedelta(minutes=1))
        finally:
            domain.accrue = kept
        sale.is_paid, sale.is_late = True, fails
        sale.at_payment = sale.amounts()

    @rule()
    def replay(self) -> None:
        replay_events()
        for sale in self.sales:
            sale.is_late = False

    @precondition(lambda self: any(s.is_paid for s in self.sales))
    @rule(data=st.data())
    def hear_it_again(self, data: Any) -> None:
        """The gateway repeats itself, and so does every event."""
        sale = data.draw(st.sampled_from([s for s in self.sales if s.is_paid]))
        payment = sale.order.payments.get()
        confirm_payment(payment.number, amount=payment.amount, gateway_no=payment.gateway_no)
        again = {"placed": terms.fix_terms, "paid": domain.accrue, "refunded": domain.reverse}
        for event in OrderEvent.objects.filter(order=sale.order, handled_at__isnull=False):
            if event.kind in again:
                again[event.kind]([event])

    @precondition(lambda self: any(s.kept for s in self.sales if s.is_paid))
    @rule(data=st.data(), with_piece=st.booleans())
    def give_back(self, data: Any, with_piece: bool) -> None:
        """Money, with or without a piece, at any time."""
        sale = data.draw(st.sampled_from([s for s in self.sales if s.is_paid and s.kept]))
        cents = data.draw(st.integers(1, sale.kept))
        pieces = 1 if with_piece and sale.kept_pieces else 0
        part = Part(sale.order.lines.get().pk, pieces, Decimal(cents) / 100)
        refund(sale.order, [part], at=self.tick())
        sale.kept -= cents
        sale.kept_pieces -= pieces
        sale.is_late = False  # what waits of an order is made up before its next event

    @precondition(lambda self: any(self._receivable()))
    @rule(data=st.data())
    def receive(self, data: Any) -> None:
        sale = data.draw(st.sampled_from(self._receivable()))
        receive(sale.order, at=self.tick())
        sale.is_received, sale.is_late = True, False

    def _receivable(self) -> list[Sale]:
        return [s for s in self.sales if s.is_paid and not s.is_received and s.kept_pieces]

    # --- What time does ------------------------------------------------------------------------

    @rule()
    def mature(self) -> None:
        domain.mature_commissions(self.tick(days=8))
        for sale in self.sales:
            if sale.is_received and not sale.is_late:
                sale.is_mature = tuple(  # type: ignore[assignment]  # two of them
                    mature or not held
                    for mature, held in zip(sale.is_mature, sale.is_held, strict=True)
                )

    @rule()
    def run_week(self) -> None:
        period = next_due_day(self.schedule, beijing_date(self.now))
        self.now = max(self.now, datetime.combine(period, self.now.timetz()))
        before = set(Payout.objects.values_list("number", flat=True))
        run_period(self.schedule, period, at=self.now)
        made = Payout.objects.exclude(number__in=before)
        for name, purse in self.purses.items():
            available = self.available(name)
            due = available if available >= MINIMUM and name not in self.frozen else 0
            mine = [p for p in made if p.distributor_id == self.people[name].pk]
            assert [p.amount for p in mine] == ([Decimal(due) / 100] if due else [])
            for payout in mine:
                purse.reserved += due
                purse.payouts[payout.number] = due

    @rule(will=st.sampled_from(["paid", "failed", "unknown"]))
    def send(self, will: str) -> None:
        self.coin.will = will
        send_payouts(self.tick(hours=3))
        if will == "unknown":
            return
        for purse in self.purses.values():
            for amount in purse.payouts.values():
                purse.reserved -= amount
                purse.paid += amount if will == "paid" else 0
            purse.payouts.clear()

    # --- What must always hold -----------------------------------------------------------------

    def _sum(self, name: str, *, mature: bool) -> int:
        return sum(
            amount
            for sale in self.sales
            if sale.is_paid and not sale.is_late
            for payee, amount, is_mature in zip(
                sale.payees, sale.now(), sale.is_mature, strict=True
            )
            if payee == name and is_mature == mature
        )

    def available(self, name: str) -> int:
        purse = self.purses[name]
        return self._sum(name, mature=True) - purse.reserved - purse.paid

    @invariant()
    def everybody_has_what_the_model_says(self) -> None:
        for name, purse in self.purses.items():
            money = balance_of(self.people[name])
            found = (money.pending, money.balance, money.reserved, money.paid)
            cents = (
                self._sum(name, mature=False),
                self.available(name),
                purse.reserved,
                purse.paid,
            )
            assert found == tuple(Decimal(amount) / 100 for amount in cents), name

    @invariant()
    def the_books_agree(self) -> None:
        connection.check_constraints()
        assert check_books() == []


def _fail(events: Any) -> None:
    raise RuntimeError("the accrual is broken")


@pytest.mark.django_db
def test_the_shop_and_the_model_agree_whatever_happens() -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(
            examples(25), stateful_step_count=25, suppress_health_check=list(HealthCheck)
        ),
    )
