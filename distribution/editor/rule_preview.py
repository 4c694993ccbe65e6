"""Which rule wins for some goods and a distributor, why each other one does not, and what comes of
it to the cent: the same choosing and the same arithmetic as a real order's. No writes.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from base.money import ZERO
from catalog.models import Variant
from distribution.editor.change_sets import CONTENT_WORDS, proposed_rules
from distribution.editor.rule_words import goods_in_words, moment, rule_sentence
from distribution.models import (
    ChangeSet,
    Distributor,
    LineTerms,
    OrderTerms,
    Policy,
    Rule,
    TierUplift,
)
from distribution.money.arithmetic import Shares
from distribution.money.commissions import share_of, whole_line
from distribution.money.explanations import Step, calculation_steps, value_in_words
from distribution.money.terms import MonthKey, PlacedLine, line_terms, month_orders_of
from distribution.policy import policy_at
from distribution.referral.attribution import BLOCKED_STATUS, Attribution, Payee
from distribution.referral.relations import in_force
from distribution.rules import LineFacts, PayeeFacts, RuleBook, audience_rank, rule_value, why_not
from distribution.states import Status
from orders.models import OrderLine

# A rule of a draft has no number yet; it is newer than all that have.
NEWEST = 10**15


@dataclass(frozen=True)
class Considered:
    """A rule about these goods: the winner of the level, or why it is not."""

    rule: Rule
    words: str
    value: str
    is_winner: bool
    why: str

    @property
    def is_draft(self) -> bool:
        return self.rule._state.adding


@dataclass(frozen=True)
class LevelPreview:
    """`block` says why nobody is paid here, whatever the rules say; empty when somebody is."""

    level: int
    payee: Distributor | None
    block: str
    considered: list[Considered]
    steps: list[Step]
    amount: Decimal


@dataclass(frozen=True)
class Margin:
    """What is left of the line for the shop. `cost` is None when it is unknown."""

    price: Decimal
    discount: Decimal
    paid: Decimal
    cost: Decimal | None
    commission: Decimal

    @property
    def gross(self) -> Decimal | None:
        return None if self.cost is None else self.paid - self.cost

    @property
    def left(self) -> Decimal | None:
        return None if self.gross is None else self.gross - self.commission

    @property
    def is_negative(self) -> bool:
        return self.left is not None and self.left < 0


@dataclass(frozen=True)
class RulePreview:
    variant: Variant
    quantity: int
    at: datetime
    policy: Policy
    paid: Decimal
    levels: list[LevelPreview]
    shares: Shares
    margin: Margin


def preview_rules(
    variant: Variant,
    distributor: Distributor,
    quantity: int,
    *,
    at: datetime,
    discount: Decimal = ZERO,
    change_set: ChangeSet | None = None,
) -> RulePreview:
    """As if a customer of `distributor` ordered this alone at `at`, with `discount` in all; with a
    draft, as if it had been published then. The order's goods amount is the line's."""
    line = OrderLine(
        variant=variant,
        price=variant.price,
        cost=variant.cost,
        quantity=quantity,
        discount=discount,
        paid=variant.price * quantity - discount,
    )
    facts = LineFacts(
        at,
        variant.pk,
        variant.product_id,
        tuple(variant.product.category.path),
        quantity,
        line.paid,
    )
    policy = _policy(at, change_set)
    book = RuleBook(_rules(facts, change_set))
    payees = _payees(distributor, policy, at)
    attribution = Attribution(0, 0, at, policy.pk, (payees[0][1], payees[1][1]))
    months = {
        (payee.distributor_id, at): month_orders_of(payee.distributor_id, at)
        for _person, payee in payees
        if payee.distributor_id is not None
    }
    rows = list(line_terms(PlacedLine(line, facts, attribution), book, months))
    shares = share_of(line, rows, policy, whole_line(line))
    by_level = {row.level: row for row in rows}
    levels = [
        LevelPreview(
            level,
            person,
            str(OrderTerms.Block(payee.block).label) if payee.block else "",
            _considered(book, level, _asked(payee, months, at), facts, by_level.get(level)),
            calculation_steps(line, by_level[level], policy, shares) if level in by_level else [],
            shares.amount(level),
        )
        for level, (person, payee) in enumerate(payees, start=1)
    ]
    cost = None if variant.cost is None else variant.cost * quantity
    commission = shares.amount1 + shares.amount2
    margin = Margin(variant.price * quantity, discount, line.paid, cost, commission)
    return RulePreview(variant, quantity, at, policy, line.paid, levels, shares, margin)


def _policy(at: datetime, change_set: ChangeSet | None) -> Policy:
    policy = policy_at(at)
    for name, value in (change_set.policy_changes if change_set else {}).items():
        setattr(policy, name, value)
    return policy


def _rules(facts: LineFacts, change_set: ChangeSet | None) -> Iterable[Rule]:
    """What is, or is planned to be, said about these goods, with what it takes to say it. With a
    draft, what it proposes; its rules have numbers beyond all others."""
    if change_set is not None:
        for place, rule in enumerate(proposed_rules(change_set, facts.placed_at)):
            numbered = copy.copy(rule)
            numbered.pk = rule.pk or NEWEST + place
            yield numbered
        return
    about = (
        Q(scope=Rule.Scope.SHOP)
        | Q(variant=facts.variant_id)
        | Q(product=facts.product_id)
        | Q(category__in=facts.category_path)
    )
    not_over = Q(valid_to=None) | Q(valid_to__gt=facts.placed_at)
    yield from Rule.objects.filter(about & not_over, cancelled_at=None).select_related(
        *CONTENT_WORDS
    )


def _payees(
    distributor: Distributor, policy: Policy, at: datetime
) -> list[tuple[Distributor | None, Payee]]:
    """Who would stand at the levels, by their standing now."""
    recruitment = (
        distributor.recruitments.filter(in_force(at)).select_related("recruiter__tier").first()
    )
    found: list[tuple[Distributor | None, Payee]] = []
    recruiter = recruitment.recruiter if recruitment else None
    for level, person in enumerate((distributor, recruiter), start=1):
        if person is None:
            missing = Payee(None, OrderTerms.Why.NOBODY, OrderTerms.Block.MISSING, None, Decimal(0))
            found.append((None, missing))
            continue
        block = BLOCKED_STATUS.get(Status(person.status), OrderTerms.Block.NONE)
        if level == 2 and not policy.two_levels:
            block = OrderTerms.Block.ONE_LEVEL
        why = OrderTerms.Why.BOUND if level == 1 else OrderTerms.Why.RECRUITER
        uplift = TierUplift.objects.filter(tier=person.tier_id, valid_from__lte=at).last()
        added = uplift.uplift if uplift else Decimal(0)
        found.append((person, Payee(person.pk, why, block, person.tier_id, added)))
    return found


def _asked(payee: Payee, months: dict[MonthKey, int], at: datetime) -> PayeeFacts:
    key = payee.distributor_id or 0
    return PayeeFacts(key, payee.tier_id, months.get((key, at), 0))


def _considered(
    book: RuleBook, level: int, payee: PayeeFacts, line: LineFacts, row: LineTerms | None
) -> list[Considered]:
    winner = row.rule if row else book.winner(level, line, payee)
    return [
        Considered(
            rule,
            rule_sentence(rule),
            _value(rule, level),
            rule == winner,
            "" if rule == winner else why_lost(rule, winner, level, line, payee),
        )
        for rule in book.speaking_about(line)
    ]


def _value(rule: Rule, level: int) -> str:
    value = rule_value(rule, level)
    return "—" if value == (None, None) else value_in_words(*value)


def why_lost(
    rule: Rule, winner: Rule | None, level: int, line: LineFacts, payee: PayeeFacts
) -> str:
    """Why a rule about these goods does not decide the level, in the reader's language."""
    if rule_value(rule, level) == (None, None):
        return _("这一级留空，交给下一条规则")
    if rule.valid_from is not None and rule.valid_from > line.placed_at:
        return _("还没有生效：%(when)s 起才有效") % {"when": moment(rule.valid_from)}
    if rule.starts_at is not None and rule.starts_at > line.placed_at:
        return _("活动 %(when)s 才开始") % {"when": moment(rule.starts_at)}
    if rule.ends_at is not None and rule.ends_at <= line.placed_at:
        return _("活动已于 %(when)s 结束") % {"when": moment(rule.ends_at)}
    refused = _unmet(rule, line, payee) or why_not(rule, line, payee)
    if refused:
        return refused
    if winner is None:
        return ""
    places = line.places()
    if places.index(_place(rule)) != places.index(_place(winner)):
        return _("范围更宽：%(winner)s有自己的规则") % {"winner": goods_in_words(winner)}
    if audience_rank(rule) != audience_rank(winner):
        who = _("指定分销商") if winner.distributor_id else _("指定等级")
        return _("对象更宽：%(winner)s的规则优先") % {"winner": who}
    if rule.is_dated != winner.is_dated:
        return _("没有活动时间：有活动时间的规则优先")
    return _("范围和对象都相同，但较早设置：新的优先")


def _place(rule: Rule) -> tuple[str, int | None]:
    return rule.scope, rule.variant_id or rule.product_id or rule.category_id


def _unmet(rule: Rule, line: LineFacts, payee: PayeeFacts) -> str:
    """Which demand is not met, with its figures; only asked of a rule for this payee."""
    if rule.distributor_id not in (None, payee.distributor_id):
        return _("只给分销商“%(name)s”") % {"name": rule.distributor}
    if rule.tier_id not in (None, payee.tier_id):
        return _("只给“%(tier)s”等级") % {"tier": rule.tier}
    if rule.min_quantity is not None and line.quantity < rule.min_quantity:
        return _("件数不够：要 %(min)d 件，这里 %(count)d 件") % {
            "min": rule.min_quantity,
            "count": line.quantity,
        }
    if rule.min_amount is not None and line.order_goods_amount < rule.min_amount:
        return _("订单金额不够：要 ¥%(min)s，这里 ¥%(amount)s") % {
            "min": rule.min_amount,
            "amount": line.order_goods_amount,
        }
    if rule.min_month_orders is not None and payee.month_orders < rule.min_month_orders:
        return _("当月订单不够：要 %(min)d 笔，现在 %(count)d 笔") % {
            "min": rule.min_month_orders,
            "count": payee.month_orders,
        }
    return ""
