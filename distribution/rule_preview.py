"""Which rule would win for some goods and a distributor, and why the others would not."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.models import Variant
from distribution.arithmetic import KeptLine, LevelValue, Limits, Shares, share_line
from distribution.explanations import rule_in_words, value_in_words
from distribution.models import Distributor, Rule, TierUplift
from distribution.policy import policy_at
from distribution.relations import in_force
from distribution.rules import LineFacts, PayeeFacts, RuleBook, rule_value, why_not
from distribution.terms import load_rules_for, month_orders_of


@dataclass(frozen=True)
class Considered:
    """A rule that has a value for the level: it wins, or why it does not."""

    rule: Rule
    words: str
    value: str
    is_winner: bool
    why_not: str


@dataclass(frozen=True)
class LevelPreview:
    level: int
    payee: Distributor | None
    considered: list[Considered]
    amount: Decimal
    raw: Decimal


@dataclass(frozen=True)
class RulePreview:
    variant: Variant
    quantity: int
    paid: Decimal
    levels: list[LevelPreview]
    shares: Shares


def preview_rules(
    variant: Variant, distributor: Distributor, quantity: int, *, at: datetime
) -> RulePreview:
    """As if a customer of `distributor` bought now, without discounts. No writes."""
    paid = variant.price * quantity
    facts = LineFacts(
        at, variant.pk, variant.product_id, tuple(variant.product.category.path), quantity, paid
    )
    book = load_rules_for([facts])
    recruitment = distributor.recruitments.filter(in_force(at)).select_related("recruiter").first()
    payees = (distributor, recruitment.recruiter if recruitment else None)
    winners = [_winner(book, level, payee, facts) for level, payee in enumerate(payees, start=1)]
    policy = policy_at(at)
    shares = share_line(
        _value(winners[0], 1, payees[0], at),
        _value(winners[1], 2, payees[1], at),
        KeptLine(paid, quantity, variant.cost),
        Limits(policy.cap_rate, policy.margin_guard),
    )
    levels = [
        LevelPreview(
            level,
            payee,
            _considered(book, level, payee, facts, winners[level - 1]) if payee else [],
            shares.amount(level),
            shares.raw(level),
        )
        for level, payee in enumerate(payees, start=1)
    ]
    return RulePreview(variant, quantity, paid, levels, shares)


def _facts_of(payee: Distributor, at: datetime) -> PayeeFacts:
    return PayeeFacts(payee.pk, payee.tier_id, month_orders_of(payee.pk, at))


def _winner(book: RuleBook, level: int, payee: Distributor | None, line: LineFacts) -> Rule | None:
    return book.winner(level, line, _facts_of(payee, line.placed_at)) if payee else None


def _value(
    rule: Rule | None, level: int, payee: Distributor | None, at: datetime
) -> LevelValue | None:
    if rule is None or payee is None:
        return None
    rate, amount = rule_value(rule, level)
    uplift = TierUplift.objects.filter(tier=payee.tier_id, valid_from__lte=at).last()
    return LevelValue(rule.base, rate, amount, uplift.uplift if uplift else Decimal(0))


def _considered(
    book: RuleBook, level: int, payee: Distributor, line: LineFacts, winner: Rule | None
) -> list[Considered]:
    facts = _facts_of(payee, line.placed_at)
    return [
        Considered(
            rule,
            rule_in_words(rule),
            value_in_words(*rule_value(rule, level)),
            rule == winner,
            why_not(rule, line, facts) or "",
        )
        for rule in book.candidates(level, line)
    ]
