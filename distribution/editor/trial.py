"""What past orders would have paid under other rules or another policy: live's own functions, asked
again about orders that were placed. No writes.

Payees, standings and uplifts are those of each order's placement, and amounts are what would be
left now, after the refunds there were.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from base.money import ZERO
from distribution.models import (
    Commission,
    LineTerms,
    OrderTerms,
    Policy,
    Reversal,
    Rule,
    TierUplift,
)
from distribution.money.commissions import kept_line, share_of, whole_line
from distribution.money.terms import PlacedLine, line_facts, line_terms, month_orders
from distribution.referral.attribution import Attribution, Payee, attribute_again
from distribution.rules import RuleBook
from orders.models import Order, OrderLine


class Due(NamedTuple):
    """What one level of a line pays somebody."""

    level: int
    payee_id: int
    amount: Decimal


@dataclass(frozen=True)
class Outcome:
    """What a line pays now, and whether the cap cut it at payment."""

    dues: tuple[Due, ...] = ()
    is_capped: bool = False


def as_always(rules: Iterable[Rule]) -> RuleBook:
    """`rules` as the whole rule set that was always in force, the last the newest. Need not be
    saved; the rows given are left as they are."""
    proposed = []
    for place, rule in enumerate(map(copy.copy, rules), start=1):
        rule.pk, rule.valid_from, rule.valid_to = place, None, None
        proposed.append(rule)
    return RuleBook(proposed)


@dataclass
class Trial:
    """Rules, and what of the policy is changed, ready to be asked about past orders."""

    book: RuleBook
    policy_changes: Mapping[str, Any] = field(default_factory=dict)
    _uplifts: list[TierUplift] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._uplifts = list(TierUplift.objects.order_by("-valid_from", "-pk"))

    def outcomes(
        self,
        orders: Mapping[int, Order],
        terms: Mapping[int, OrderTerms],
        rows: Sequence[OrderLine],
    ) -> dict[int, Outcome]:
        """What these lines would pay, by line. A fixed number of queries."""
        attributions = self._attributions(orders, terms)
        asks = self.book.asks_for_month_orders
        months = month_orders(attributions.values()) if asks else {}
        found = {}
        for row in rows:
            order, attribution = orders[row.order_id], attributions[row.order_id]
            facts = line_facts(row, order.placed_at, order.goods_amount)
            fixed = list(line_terms(PlacedLine(row, facts, attribution), self.book, months))
            found[row.pk] = outcome_of(row, fixed, self._policy(terms[row.order_id].policy))
        return found

    def _attributions(
        self, orders: Mapping[int, Order], terms: Mapping[int, OrderTerms]
    ) -> dict[int, Attribution]:
        """Who would have been paid: as fixed at placement, unless the policy says otherwise."""
        own, two = (self.policy_changes.get(name) for name in ("self_purchase", "two_levels"))
        if own is None and two is None:
            return {pk: self._as_fixed(order, terms[pk]) for pk, order in orders.items()}
        asked = attribute_again(list(orders), self_purchase=own, two_levels=two)
        return {attribution.order_id: attribution for attribution in asked}

    def _as_fixed(self, order: Order, fixed: OrderTerms) -> Attribution:
        levels = (
            (fixed.payee1_id, fixed.why1, fixed.block1, fixed.tier1_id),
            (fixed.payee2_id, fixed.why2, fixed.block2, fixed.tier2_id),
        )
        first, second = (
            Payee(payee_id, why, block, tier_id, self._uplift(tier_id, order))
            for payee_id, why, block, tier_id in levels
        )
        return Attribution(
            order.pk, fixed.buyer_id, order.placed_at, fixed.policy_id, (first, second)
        )

    def _uplift(self, tier_id: int | None, order: Order) -> Decimal:
        """What the tier added when the order was placed."""
        for uplift in self._uplifts:
            if uplift.tier_id == tier_id and uplift.valid_from <= order.placed_at:
                return uplift.uplift
        return Decimal(0)

    def _policy(self, policy: Policy) -> Policy:
        if not self.policy_changes:
            return policy
        changed = copy.copy(policy)
        for name, value in self.policy_changes.items():
            setattr(changed, name, value)
        return changed


def outcome_of(row: OrderLine, fixed: Sequence[LineTerms], policy: Policy) -> Outcome:
    """What each level pays now: never more than at payment, as live."""
    whole = share_of(row, fixed, policy, whole_line(row))
    kept = share_of(row, fixed, policy, kept_line(row))
    dues = (
        Due(due.level, due.payee_id, min(whole.amount(due.level), kept.amount(due.level)))
        for due in fixed
    )
    return Outcome(tuple(due for due in dues if due.amount > ZERO), whole.is_capped)


# What is left of a commission that a ban or a decision took: by line, level and payee.
Ceilings = Mapping[tuple[int, int, int], Decimal]


def what_was_forfeited(terms: Mapping[int, OrderTerms]) -> Ceilings:
    """Other rules give nobody back what was taken for good. One query."""
    taken = Reversal.objects.filter(refund=None, commission__order__in=list(terms))
    rows = taken.values_list(
        "commission__line", "commission__level", "commission__payee", "commission__amount"
    )
    return {(line, level, payee): amount for line, level, payee, amount in rows}


def held_down(outcomes: dict[int, Outcome], ceilings: Ceilings) -> dict[int, Outcome]:
    """The outcomes, none of which pays more than its ceiling."""
    for line_id in {line_id for line_id, _level, _payee in ceilings}:
        dues = (
            due._replace(amount=min(due.amount, ceilings.get((line_id, *due[:2]), due.amount)))
            for due in outcomes[line_id].dues
        )
        outcomes[line_id] = replace(
            outcomes[line_id], dues=tuple(due for due in dues if due.amount > ZERO)
        )
    return outcomes


def actual_outcomes(
    terms: Mapping[int, OrderTerms], rows: Sequence[OrderLine]
) -> dict[int, Outcome]:
    """What these lines really pay now, from the commissions there are. Two queries."""
    dues: dict[int, list[Due]] = defaultdict(list)
    paid = Commission.objects.filter(order__in=list(terms), amount__gt=0)
    for line_id, level, payee_id, amount in paid.values_list("line", "level", "payee", "amount"):
        dues[line_id].append(Due(level, payee_id, amount))
    fixed: dict[int, list[LineTerms]] = defaultdict(list)
    for row in LineTerms.objects.filter(line__order__in=list(terms)):
        fixed[row.line_id].append(row)
    return {
        row.pk: Outcome(
            tuple(dues[row.pk]),
            share_of(row, fixed[row.pk], terms[row.order_id].policy, whole_line(row)).is_capped,
        )
        for row in rows
    }
