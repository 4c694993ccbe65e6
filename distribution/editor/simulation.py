"""A dry run: what other rules, or another policy, would pay on past orders, beside what is paid.

Rules are chosen and amounts computed by the same code as live ones (`trial`), on what the buyers
keep now. No writes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby, islice
from typing import Any

from django.db.models import QuerySet

from base.accounts.models import User
from base.clock import day_end, day_start
from base.money import ZERO
from catalog.models import Category
from distribution.editor.trial import (
    Due,
    Outcome,
    Trial,
    actual_outcomes,
    as_always,
    held_down,
    what_was_forfeited,
)
from distribution.models import OrderTerms, Policy, Rule
from distribution.money.commissions import kept_line
from orders.models import Order, OrderLine

CHUNK = 1000

# Told how many orders were tried so far.
Report = Callable[[int], None]


@dataclass
class Effect:
    """What changes for one distributor; `orders` have or would have a commission of theirs."""

    distributor_id: int
    member_no: str = ""
    name: str = ""
    orders: int = 0
    before: Decimal = ZERO
    after: Decimal = ZERO

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@dataclass
class Shelf:
    """What changes in one top category; sales as in the whole. `category_id` is None where goods
    had none."""

    category_id: int | None
    name: str = ""
    sales: Decimal = ZERO
    before: Decimal = ZERO
    after: Decimal = ZERO

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@dataclass
class Simulation:
    """The result for paid orders placed in Beijing days `first_day` to `last_day`, both included.

    Sales are without shipping and what was refunded. Margins look at goods of known cost alone:
    their sales less cost, and less their commission under the rules as they are and as proposed.
    `effects` is sorted by change, the winners first; `shelves` by the size of the change.
    """

    first_day: date
    last_day: date
    orders: int = 0
    orders_without_terms: int = 0
    orders_with_commission: int = 0
    orders_changed: int = 0
    lines: int = 0
    lines_capped_before: int = 0
    lines_capped_after: int = 0
    lines_at_a_loss_before: int = 0
    lines_at_a_loss_after: int = 0
    sales: Decimal = ZERO
    sales_of_unknown_cost: Decimal = ZERO
    cost: Decimal = ZERO
    before: Decimal = ZERO
    after: Decimal = ZERO
    before_level2: Decimal = ZERO
    after_level2: Decimal = ZERO
    before_of_known_cost: Decimal = ZERO
    after_of_known_cost: Decimal = ZERO
    effects: list[Effect] = field(default_factory=list)
    shelves: list[Shelf] = field(default_factory=list)

    @property
    def change(self) -> Decimal:
        return self.after - self.before

    @property
    def before_level1(self) -> Decimal:
        return self.before - self.before_level2

    @property
    def after_level1(self) -> Decimal:
        return self.after - self.after_level2

    @property
    def share_before(self) -> Decimal | None:
        """Commission as a part of the money kept; None without sales."""
        return self.before / self.sales if self.sales else None

    @property
    def share_after(self) -> Decimal | None:
        return self.after / self.sales if self.sales else None

    @property
    def margin(self) -> Decimal:
        return self.sales - self.sales_of_unknown_cost - self.cost

    @property
    def margin_before(self) -> Decimal:
        return self.margin - self.before_of_known_cost

    @property
    def margin_after(self) -> Decimal:
        return self.margin - self.after_of_known_cost

    @property
    def winners(self) -> list[Effect]:
        return [effect for effect in self.effects if effect.change > 0]

    @property
    def losers(self) -> list[Effect]:
        return [effect for effect in self.effects if effect.change < 0]


def simulate_rules(rules: Iterable[Rule], first_day: date, last_day: date) -> Simulation:
    """Try `rules` as the whole rule set, the last the newest, as if it had always been in force.

    The rules need not be saved. Orders are read in chunks: memory does not grow with the days.
    """
    return simulate(Trial(as_always(rules)), first_day, last_day)


def simulate(
    proposed: Trial,
    first_day: date,
    last_day: date,
    *,
    beside: Trial | None = None,
    report: Report | None = None,
) -> Simulation:
    """Try `proposed` on the days, beside another trial or, without one, what is really paid."""
    result = Simulation(first_day, last_day)
    tally = _Tally(result)
    rows = paid_orders(first_day, last_day).order_by("pk").iterator(chunk_size=CHUNK)
    seen = 0
    policies: dict[int, Policy] = {}
    while chunk := list(islice(rows, CHUNK)):
        terms = _terms_of(chunk, policies)
        orders = {order.pk: order for order in chunk if order.pk in terms}
        result.orders += len(orders)
        result.orders_without_terms += len(chunk) - len(orders)
        lines = list(OrderLine.objects.filter(order__in=orders).order_by("order_id", "pk"))
        ceilings = what_was_forfeited(terms)
        if beside:
            before = held_down(beside.outcomes(orders, terms, lines), ceilings)
        else:
            before = actual_outcomes(terms, lines)
        after = held_down(proposed.outcomes(orders, terms, lines), ceilings)
        for _order, of_order in groupby(lines, key=lambda line: line.order_id):
            tally.count(list(of_order), before, after)
        seen += len(chunk)
        if report is not None:
            report(seen)
    tally.finish()
    return result


def _terms_of(orders: Sequence[Order], policies: dict[int, Policy]) -> dict[int, OrderTerms]:
    """The terms of orders, with their policies: there are few of those, so each is read once and
    kept in `policies`."""
    terms = OrderTerms.objects.in_bulk([order.pk for order in orders])
    missing = {one.policy_id for one in terms.values()} - policies.keys()
    if missing:
        policies |= Policy.objects.in_bulk(missing)
    for one in terms.values():
        one.policy = policies[one.policy_id]
    return terms


def paid_orders(first_day: date, last_day: date) -> QuerySet[Order]:
    """The orders a dry run of these days looks at."""
    return Order.objects.filter(
        paid_at__isnull=False, placed_at__gte=day_start(first_day), placed_at__lt=day_end(last_day)
    )


class _Tally:
    """Adds orders up, for the whole, for each distributor and for each top category."""

    def __init__(self, result: Simulation) -> None:
        self._result = result
        self._effects: dict[int, Effect] = {}
        self._shelves: dict[int | None, Shelf] = {}

    def count(
        self,
        lines: Sequence[OrderLine],
        before: Mapping[int, Outcome],
        after: Mapping[int, Outcome],
    ) -> None:
        """Add one order's lines."""
        payees: set[int] = set()
        is_changed = False
        for line in lines:
            old, new = before[line.pk], after[line.pk]
            self._count_line(line, old, new)
            is_changed |= sorted(old.dues) != sorted(new.dues)
            for due in old.dues:
                self._effect(due).before += due.amount
            for due in new.dues:
                self._effect(due).after += due.amount
            payees.update(due.payee_id for due in (*old.dues, *new.dues))
        for payee_id in payees:
            self._effects[payee_id].orders += 1
        self._result.orders_with_commission += bool(payees)
        self._result.orders_changed += is_changed

    def _effect(self, due: Due) -> Effect:
        return self._effects.setdefault(due.payee_id, Effect(due.payee_id))

    def _count_line(self, line: OrderLine, old: Outcome, new: Outcome) -> None:
        result, kept = self._result, kept_line(line)
        before, after = _total(old), _total(new)
        result.lines += 1
        result.lines_capped_before += old.is_capped
        result.lines_capped_after += new.is_capped
        result.sales += kept.paid
        result.before += before
        result.after += after
        result.before_level2 += _total(old, level=2)
        result.after_level2 += _total(new, level=2)
        if kept.cost is None:
            result.sales_of_unknown_cost += kept.paid
        else:
            cost = kept.cost * kept.quantity
            result.cost += cost
            result.before_of_known_cost += before
            result.after_of_known_cost += after
            result.lines_at_a_loss_before += kept.paid < cost + before
            result.lines_at_a_loss_after += kept.paid < cost + after
        top = line.category_path[-1] if line.category_path else None
        shelf = self._shelves.setdefault(top, Shelf(top))
        shelf.sales += kept.paid
        shelf.before += before
        shelf.after += after

    def finish(self) -> None:
        """Give everybody their names and their places."""
        people = User.objects.in_bulk(list(self._effects))
        for effect in self._effects.values():
            user = people[effect.distributor_id]
            effect.member_no, effect.name = user.member_no, user.name
        self._result.effects = sorted(
            self._effects.values(), key=lambda e: (-e.change, e.member_no)
        )
        names = Category.objects.in_bulk([pk for pk in self._shelves if pk is not None])
        for shelf in self._shelves.values():
            found = names.get(shelf.category_id or 0)
            shelf.name = found.name if found else ""
        self._result.shelves = sorted(
            self._shelves.values(), key=lambda s: (-abs(s.change), -s.sales, s.name)
        )


def _total(outcome: Outcome, *, level: int | None = None) -> Decimal:
    amounts = (due.amount for due in outcome.dues if level in (None, due.level))
    return sum(amounts, ZERO)


def simulation_values(result: Simulation) -> dict[str, Any]:
    """The sums and shelves of a result as plain values for a JSON column: amounts as texts.

    The effects, which may be many, are kept in rows of their own.
    """
    sums = {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in vars(result).items()
        if isinstance(value, int | Decimal)
    }
    shelves = [
        [s.category_id, s.name, str(s.sales), str(s.before), str(s.after)] for s in result.shelves
    ]
    return {"sums": sums, "shelves": shelves}


def simulation_from(values: Mapping[str, Any], first_day: date, last_day: date) -> Simulation:
    """A result read back from `simulation_values`, without its effects."""
    sums: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str) else value
        for name, value in values["sums"].items()
    }
    shelves = [
        Shelf(pk, name, *(Decimal(amount) for amount in amounts))
        for pk, name, *amounts in values["shelves"]
    ]
    return Simulation(first_day, last_day, **sums, shelves=shelves)
