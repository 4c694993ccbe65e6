"""Paying out in tests: schedules, runs, and a bank that does what it is told beforehand."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from base.clock import day_start
from orders.registries import Outcome
from payouts.channels import channels
from payouts.models import Payout, Run, Schedule, Skip
from payouts.runs import run_period
from payouts.sending import send_payouts
from tests.books import name_of
from tests.buying import earn
from tests.make import START, Chain, make_chain, make_rule

MONDAY = date(2026, 3, 30)  # a fortnight and a day after `tests.buying.NOON`


class Killed(BaseException):
    """The process is gone: nothing after this line happens."""


class Bank:
    """A channel. `orders` says what each coming call does, and what it then says:

    paid, failed, open, unknown, missing     does so and says so
    silence                                  nothing arrives, the call times out
    paid in silence, failed in silence       it happens, but the answer is lost
    killed, paid and killed                  we die before, or after, it happens

    Without an order it pays what it is sent, and answers a query by what it has done. The same
    number never pays twice; `paid` is the money that went out.
    """

    code = "bank"
    label = "测试银行"

    def __init__(self, orders: Iterable[str] = ()) -> None:
        self.orders = list(orders)
        self.calls: list[str] = []
        self.known: dict[str, str] = {}
        self.paid: dict[str, Decimal] = {}

    def send(self, payout: Payout) -> Outcome:
        self.calls.append("send")
        return self._act(payout, self.orders.pop(0) if self.orders else "paid")

    def query(self, payout: Payout) -> Outcome:
        self.calls.append("query")
        known = self.known.get(payout.number, "missing")
        return self._act(payout, self.orders.pop(0) if self.orders else known)

    def _act(self, payout: Payout, order: str) -> Outcome:
        deed = order.split()[0]
        if deed in ("paid", "failed", "open"):
            deed = self._note(payout, deed)
        if order.endswith("killed"):
            raise Killed
        if order.endswith("silence"):
            raise TimeoutError("no answer")
        return Outcome(deed, reference=f"B{payout.number}" if deed == "paid" else "", detail=order)

    def _note(self, payout: Payout, deed: str) -> str:
        """A number that is decided stays decided; an amount never changes under a number."""
        before = self.known.get(payout.number, "open")
        self.known[payout.number] = before if before != "open" else deed
        if self.known[payout.number] == "paid":
            assert self.paid.setdefault(payout.number, payout.amount) == payout.amount
        return self.known[payout.number]


def open_bank(monkeypatch: pytest.MonkeyPatch, *orders: str) -> Bank:
    bank = Bank(orders)
    monkeypatch.setitem(channels, Bank.code, bank)
    return bank


def make_schedule(**values: Any) -> Schedule:
    """Weekly on Mondays through the bank, from ¥1.00."""
    return Schedule.objects.create(
        **{"name": "每周", "channel": Bank.code, "created_at": START} | values
    )


def run(
    schedule: Schedule | None = None, *, period: date = MONDAY, at: datetime | None = None
) -> Run:
    """One period, at its first instant unless told otherwise."""
    return run_period(schedule or make_schedule(), period, at=at or day_start(period))


def rounds(at: datetime, count: int = 8) -> None:
    """Beat comes by, again and again, until everything has had its turn."""
    for i in range(count):
        send_payouts(at + i * timedelta(hours=3))


def make_draft() -> Chain:
    """A chain whose B has earned ¥30.00 and has a draft over it; the shop's own schedule is gone."""
    Schedule.objects.all().delete()
    chain = make_chain()
    make_rule("0.30", None)
    earn(chain, "100.00")
    run()
    return chain


def payouts() -> list[str]:
    """Every payout, as "who amount state", in the order they were made."""
    rows = Payout.objects.order_by("pk")
    return [f"{name_of(row.distributor_id)} {row.amount} {row.state}" for row in rows]


def skips(run: Run | None = None) -> list[str]:
    """Who was passed over, as "who amount reason"."""
    rows = Skip.objects.order_by("pk") if run is None else run.skips.order_by("pk")
    return [f"{name_of(row.distributor_id)} {row.available} {row.reason}" for row in rows]
