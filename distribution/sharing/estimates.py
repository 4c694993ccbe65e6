"""分享赚: what a distributor would earn if a customer of theirs bought one piece now.

By the same rules, caps and arithmetic as a placed order, for all products of a page at once; never
written down. Discounts of a buyer are not known beforehand and not counted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from base.money import ZERO
from catalog.models import Variant
from distribution.models import Distributor, Recruitment, TierUplift
from distribution.money.arithmetic import KeptLine, LevelValue, Limits, share_line
from distribution.money.terms import count_month_orders, load_rules_for
from distribution.policy import policy_at
from distribution.referral.relations import in_force
from distribution.rules import LineFacts, PayeeFacts, RuleBook, rule_value
from distribution.states import Status


@dataclass(frozen=True)
class Estimate:
    """What one piece of each variant of a product would earn at level 1."""

    by_variant: Mapping[int, Decimal] = field(default_factory=dict)

    @property
    def lowest(self) -> Decimal:
        return min(self.by_variant.values(), default=ZERO)

    @property
    def highest(self) -> Decimal:
        return max(self.by_variant.values(), default=ZERO)

    @property
    def is_one(self) -> bool:
        return self.lowest == self.highest


def estimate_products(
    distributor: Distributor, product_ids: Collection[int], *, at: datetime
) -> dict[int, Estimate]:
    """By product, for those that are for sale; empty for one who would not be paid.

    Five queries for any number of products, one more when a rule asks for orders in the month.
    """
    if distributor.status != Status.APPROVED or not product_ids:
        return {}
    variants = list(
        Variant.objects.filter(product__in=product_ids, product__is_active=True, is_active=True)
        .select_related("product__category")
        .only("price", "cost", "product__category__path")
        .order_by("pk")
    )
    if not variants:
        return {}
    facts = {variant.pk: _facts(variant, at) for variant in variants}
    book = load_rules_for(list(facts.values()))
    payees = _payees(distributor, book, at)
    policy = policy_at(at)
    limits = Limits(policy.cap_rate, policy.margin_guard)
    if not policy.two_levels:
        payees = payees[:1]
    found: dict[int, dict[int, Decimal]] = {}
    for variant in variants:
        values = [
            _value(book, level, facts[variant.pk], payee)
            for level, payee in enumerate(payees, start=1)
        ]
        shares = share_line(
            values[0],
            values[1] if len(values) > 1 else None,
            KeptLine(variant.price, 1, variant.cost),
            limits,
        )
        found.setdefault(variant.product_id, {})[variant.pk] = shares.amount(1)
    return {product: Estimate(by_variant) for product, by_variant in found.items()}


def _facts(variant: Variant, at: datetime) -> LineFacts:
    path = tuple(variant.product.category.path)
    return LineFacts(at, variant.pk, variant.product_id, path, 1, variant.price)


@dataclass(frozen=True)
class _Payee:
    facts: PayeeFacts
    uplift: Decimal


def _payees(distributor: Distributor, book: RuleBook, at: datetime) -> list[_Payee]:
    """The distributor, and whoever brought them in if that one would be paid."""
    recruitment = (
        Recruitment.objects.filter(in_force(at), distributor=distributor)
        .select_related("recruiter")
        .first()
    )
    people = [distributor]
    if recruitment is not None and recruitment.recruiter.status == Status.APPROVED:
        people.append(recruitment.recruiter)
    months = {}
    if book.asks_for_month_orders:
        months = count_month_orders([(person.pk, at) for person in people])
    uplifts = dict(
        TierUplift.objects.filter(
            tier__in={person.tier_id for person in people}, valid_from__lte=at
        )
        .order_by("valid_from", "pk")
        .values_list("tier", "uplift")
    )
    return [
        _Payee(
            PayeeFacts(person.pk, person.tier_id, months.get((person.pk, at), 0)),
            uplifts.get(person.tier_id or 0, ZERO),
        )
        for person in people
    ]


def _value(book: RuleBook, level: int, line: LineFacts, payee: _Payee) -> LevelValue | None:
    rule = book.winner(level, line, payee.facts)
    if rule is None:
        return None
    rate, amount = rule_value(rule, level)
    return LevelValue(rule.base, rate, amount, payee.uplift)
