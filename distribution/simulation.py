"""A dry run: what a set of rules would have paid on past orders, beside what was paid. No writes.

Payees, tiers and policy are those fixed at each order's placement; rules are chosen and amounts
computed by the same code as live ones, on what the buyers keep now.
"""

import copy
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, islice

from base.accounts.models import User
from base.clock import day_end, day_start
from base.money import ZERO
from distribution.commissions import kept_line, share_of, whole_line
from distribution.models import Commission, LineTerms, OrderTerms, Rule, TierUplift
from distribution.rules import PayeeFacts, RuleBook, rule_value
from distribution.terms import MonthKey, count_month_orders, line_facts
from orders.models import Order, OrderLine

CHUNK = 1000

# Amounts by the distributor who has them.
Amounts = dict[int, Decimal]


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
class Simulation:
    """The result for paid orders placed in Beijing days `first_day` to `last_day`, both included.

    Sales are without shipping and what was refunded. Margins look at goods of known cost alone:
    their sales less cost, and less their commission under the rules as they are and as proposed.
    `effects` is sorted by change, the winners first.
    """

    first_day: date
    last_day: date
    orders: int = 0
    orders_without_terms: int = 0
    orders_with_commission: int = 0
    sales: Decimal = ZERO
    sales_of_unknown_cost: Decimal = ZERO
    cost: Decimal = ZERO
    before: Decimal = ZERO
    after: Decimal = ZERO
    before_of_known_cost: Decimal = ZERO
    after_of_known_cost: Decimal = ZERO
    effects: list[Effect] = field(default_factory=list)

    @property
    def change(self) -> Decimal:
        return self.after - self.before

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


@dataclass(frozen=True)
class _Tried:
    """A line with who has what of it, and who would have."""

    row: OrderLine
    before: Amounts
    after: Amounts


def simulate_rules(rules: Iterable[Rule], first_day: date, last_day: date) -> Simulation:
    """Try `rules` as the whole rule set, the last the newest, as if it had always been in force.

    The rules need not be saved. Orders are read in chunks: memory does not grow with the days.
    """
    result = Simulation(first_day, last_day)
    trial = _Trial(rules)
    effects: dict[int, Effect] = {}
    orders = Order.objects.filter(
        paid_at__isnull=False, placed_at__gte=day_start(first_day), placed_at__lt=day_end(last_day)
    ).order_by("pk")
    rows = orders.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        terms = OrderTerms.objects.select_related("policy").in_bulk([order.pk for order in chunk])
        result.orders += len(terms)
        result.orders_without_terms += len(chunk) - len(terms)
        tried = trial.lines([order for order in chunk if order.pk in terms], terms)
        for _order, lines in groupby(tried, key=lambda line: line.row.order_id):
            _count(list(lines), result, effects)
    people = User.objects.in_bulk(list(effects))
    for effect in effects.values():
        user = people[effect.distributor_id]
        effect.member_no, effect.name = user.member_no, user.name
    result.effects = sorted(effects.values(), key=lambda e: (-e.change, e.member_no))
    return result


def _count(lines: Sequence[_Tried], result: Simulation, effects: dict[int, Effect]) -> None:
    """Add an order's lines to the sums."""
    payees: set[int] = set()
    for line in lines:
        kept = kept_line(line.row)
        before, after = sum(line.before.values(), ZERO), sum(line.after.values(), ZERO)
        result.sales += kept.paid
        result.before += before
        result.after += after
        if kept.cost is None:
            result.sales_of_unknown_cost += kept.paid
        else:
            result.cost += kept.cost * kept.quantity
            result.before_of_known_cost += before
            result.after_of_known_cost += after
        for payee_id in line.before.keys() | line.after.keys():
            effect = effects.setdefault(payee_id, Effect(payee_id))
            effect.before += line.before.get(payee_id, ZERO)
            effect.after += line.after.get(payee_id, ZERO)
            payees.add(payee_id)
    for payee_id in payees:
        effects[payee_id].orders += 1
    result.orders_with_commission += bool(payees)


class _Trial:
    """The proposed rules, ready to be asked about past lines."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        proposed = []
        for place, rule in enumerate(map(copy.copy, rules), start=1):
            rule.pk, rule.valid_from, rule.valid_to = place, None, None
            proposed.append(rule)
        self._book = RuleBook(proposed)
        self._uplifts = list(TierUplift.objects.order_by("-valid_from", "-pk"))

    def lines(self, orders: Collection[Order], terms: Mapping[int, OrderTerms]) -> Iterator[_Tried]:
        """The lines of these orders, order by order."""
        by_pk = {order.pk: order for order in orders}
        months = self._months(orders, terms)
        before: dict[int, Amounts] = defaultdict(dict)
        paid = Commission.objects.filter(order__in=by_pk, amount__gt=0)
        for line_id, payee_id, amount in paid.values_list("line", "payee", "amount"):
            before[line_id][payee_id] = before[line_id].get(payee_id, ZERO) + amount
        for row in OrderLine.objects.filter(order__in=by_pk).order_by("order_id", "pk"):
            order, fixed = by_pk[row.order_id], terms[row.order_id]
            proposed = list(self._line_terms(row, order, fixed, months))
            yield _Tried(row, before[row.pk], _amounts(row, proposed, fixed))

    def _months(
        self, orders: Iterable[Order], terms: Mapping[int, OrderTerms]
    ) -> Mapping[MonthKey, int]:
        if not self._book.asks_for_month_orders:
            return {}
        keys = {
            (payee_id, order.placed_at)
            for order in orders
            for payee_id in (terms[order.pk].payee1_id, terms[order.pk].payee2_id)
            if payee_id is not None
        }
        return count_month_orders(sorted(keys))

    def _line_terms(
        self, row: OrderLine, order: Order, fixed: OrderTerms, months: Mapping[MonthKey, int]
    ) -> Iterator[LineTerms]:
        """What placement would have fixed for the levels that are paid."""
        facts = line_facts(row, order.placed_at, order.goods_amount)
        for level, payee_id, block, tier_id in (
            (1, fixed.payee1_id, fixed.block1, fixed.tier1_id),
            (2, fixed.payee2_id, fixed.block2, fixed.tier2_id),
        ):
            if payee_id is None or block:
                continue
            payee = PayeeFacts(payee_id, tier_id, months.get((payee_id, order.placed_at), 0))
            rule = self._book.winner(level, facts, payee)
            if rule is None:
                continue
            rate, amount = rule_value(rule, level)
            yield LineTerms(
                line=row,
                level=level,
                payee_id=payee_id,
                base=rule.base,
                rate=rate,
                amount=amount,
                uplift=self._uplift(tier_id, order.placed_at),
            )

    def _uplift(self, tier_id: int | None, at: datetime) -> Decimal:
        """What the tier added at a moment."""
        for uplift in self._uplifts:
            if uplift.tier_id == tier_id and uplift.valid_from <= at:
                return uplift.uplift
        return Decimal(0)


def _amounts(row: OrderLine, proposed: Sequence[LineTerms], fixed: OrderTerms) -> Amounts:
    """What each payee would have now: never more than at payment, as live."""
    whole = share_of(row, proposed, fixed.policy, whole_line(row))
    kept = share_of(row, proposed, fixed.policy, kept_line(row))
    amounts: Amounts = {}
    for level_terms in proposed:
        level = level_terms.level
        amount = min(whole.amount(level), kept.amount(level))
        if amount:
            payee_id = level_terms.payee_id
            amounts[payee_id] = amounts.get(payee_id, ZERO) + amount
    return amounts
