"""Which rule wins, and publishing rules.

For each level separately, among the rules that give it a value, are in force and whose demands
are met: variant > product > category, nearest first > shop; then for this distributor > for this
tier > for all; then dated > undated; then the newest.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from distribution.models import Rule
from distribution.models.rules import RuleContent

# The place a rule is about: its scope and the id of the category, product or variant.
Place = tuple[str, int | None]

# The fields of a rule that say something, as against those that say when it was the law.
CONTENT = tuple(field.name for field in RuleContent._meta.get_fields())


@dataclass(frozen=True)
class LineFacts:
    """What rules may ask of a line as it was placed."""

    placed_at: datetime
    variant_id: int
    product_id: int
    category_path: tuple[int, ...]
    quantity: int
    order_goods_amount: Decimal

    def places(self) -> list[Place]:
        """The places that speak for this line, strongest first."""
        return [
            (Rule.Scope.VARIANT, self.variant_id),
            (Rule.Scope.PRODUCT, self.product_id),
            *((Rule.Scope.CATEGORY, category) for category in self.category_path),
            (Rule.Scope.SHOP, None),
        ]


@dataclass(frozen=True)
class PayeeFacts:
    """What rules may ask of the one who would be paid. `month_orders` is their number of level-1
    orders paid in the Beijing month of the placement, before it."""

    distributor_id: int
    tier_id: int | None
    month_orders: int


def rule_value(rule: Rule, level: int) -> tuple[Decimal | None, Decimal | None]:
    """(rate, amount) the rule gives the level; both None = it says nothing."""
    return (rule.rate1, rule.amount1) if level == 1 else (rule.rate2, rule.amount2)


def audience_rank(rule: Rule) -> int:
    if rule.distributor_id is not None:
        return 2
    return 1 if rule.tier_id is not None else 0


def strength(rule: Rule) -> tuple[int, bool, int]:
    """Order among the rules of one place: audience, dated, newest."""
    return audience_rank(rule), rule.is_dated, rule.pk or 0


class RuleBook:
    """Rules in memory, indexed by place, strongest first."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_place: dict[Place, list[Rule]] = defaultdict(list)
        self.asks_for_month_orders = False
        for rule in rules:
            target = rule.variant_id or rule.product_id or rule.category_id
            self._by_place[(rule.scope, target)].append(rule)
            self.asks_for_month_orders |= rule.min_month_orders is not None
        for found in self._by_place.values():
            found.sort(key=strength, reverse=True)

    def winner(self, level: int, line: LineFacts, payee: PayeeFacts) -> Rule | None:
        """The rule that decides this level of this line, or None when none has a value."""
        for rule in self.candidates(level, line):
            if _applies(rule, line, payee):
                return rule
        return None

    def candidates(self, level: int, line: LineFacts) -> Iterable[Rule]:
        """Rules with a value for the level, strongest first, whether or not they apply."""
        for rule in self.speaking_about(line):
            if rule_value(rule, level) != (None, None):
                yield rule

    def speaking_about(self, line: LineFacts) -> Iterable[Rule]:
        """Rules about these goods, strongest first."""
        for place in line.places():
            yield from self._by_place.get(place, ())


def _applies(rule: Rule, line: LineFacts, payee: PayeeFacts) -> bool:
    return why_not(rule, line, payee) is None


def why_not(rule: Rule, line: LineFacts, payee: PayeeFacts) -> str | None:
    """Why a rule does not apply, in the reader's language; None when it does."""
    if not _is_within(line.placed_at, rule.valid_from, rule.valid_to):
        return _("该版本当时未生效")
    if not _is_within(line.placed_at, rule.starts_at, rule.ends_at):
        return _("不在活动时间内")
    if rule.distributor_id is not None and rule.distributor_id != payee.distributor_id:
        return _("仅限其他分销商")
    if rule.tier_id is not None and rule.tier_id != payee.tier_id:
        return _("仅限其他等级")
    if rule.min_quantity is not None and line.quantity < rule.min_quantity:
        return _("件数未达到要求")
    if rule.min_amount is not None and line.order_goods_amount < rule.min_amount:
        return _("订单金额未达到要求")
    if rule.min_month_orders is not None and payee.month_orders < rule.min_month_orders:
        return _("当月订单数未达到要求")
    return None


def _is_within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or start <= at) and (end is None or at < end)


def load_rules(
    *,
    placed_from: datetime,
    placed_to: datetime,
    variants: Collection[int],
    products: Collection[int],
    categories: Collection[int],
) -> RuleBook:
    """The rules that could speak for these goods in this stretch of placements: one query."""
    about = (
        Q(scope=Rule.Scope.SHOP)
        | Q(variant__in=variants)
        | Q(product__in=products)
        | Q(category__in=categories)
    )
    in_force = (
        (Q(valid_from=None) | Q(valid_from__lte=placed_to))
        & (Q(valid_to=None) | Q(valid_to__gt=placed_from))
        & (Q(starts_at=None) | Q(starts_at__lte=placed_to))
        & (Q(ends_at=None) | Q(ends_at__gt=placed_from))
    )
    return RuleBook(Rule.objects.filter(about & in_force))


def rules_in_force(at: datetime) -> QuerySet[Rule]:
    """The versions that are the merchant's word at a moment, campaigns of other dates included."""
    return Rule.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=at), Q(valid_to=None) | Q(valid_to__gt=at)
    )


def publish_rule(
    *, by: User | None, at: datetime | None = None, reason: str = "", **values: Any
) -> Rule:
    """Add a rule that is the merchant's word from `at` (now) on, which may be in the future."""
    at = _moment(at, by)
    rule = Rule(valid_from=at, created_by=by, **values)
    rule.full_clean()
    with transaction.atomic():
        rule.save()
        record_audit("publish_rule", rule, by=by, reason=reason, valid_from=at, **values)
    return rule


def change_rule(
    rule: Rule, *, by: User | None, at: datetime | None = None, reason: str = "", **changes: Any
) -> Rule:
    """End this version at `at` (now) and add the next with `changes`. Placed orders keep the old.

    Raises StaleRule when the version has already been replaced or ended, or has not begun.
    """
    at = _moment(at, by)
    with transaction.atomic():
        old = _end(rule, at)
        new = Rule(**(content_of(old) | changes), replaces=old, valid_from=at, created_by=by)
        new.full_clean()
        new.save()
        record_audit(
            "change_rule", new, by=by, reason=reason, replaces=old.pk, valid_from=at, **changes
        )
    return new


def end_rule(rule: Rule, *, by: User | None, at: datetime | None = None, reason: str = "") -> Rule:
    """The rule no longer applies to orders placed from `at` (now) on. Raises StaleRule."""
    at = _moment(at, by)
    with transaction.atomic():
        old = _end(rule, at)
        record_audit("end_rule", old, by=by, reason=reason, valid_to=at)
    return old


def cancel_rule(rule: Rule, *, by: User | None, reason: str = "") -> Rule:
    """A version that has not begun never will; the one it was to replace goes on.

    Already cancelled: returned as it is. Raises DomainError when it has begun.
    """
    with transaction.atomic():
        pending = lock_row(Rule.objects.filter(pk=rule.pk))
        if pending.cancelled_at is not None:
            return pending
        now = timezone.now()
        if pending.valid_from is None or pending.valid_from <= now:
            raise DomainError(_("这个版本已经生效，不能取消；请修改或停用它。"))
        if pending.valid_to is not None:
            raise StaleRule(_("这个版本之后还安排了变更，请先取消后面的变更。"))
        pending.valid_to, pending.cancelled_at = pending.valid_from, now
        pending.save(update_fields=["valid_to", "cancelled_at"])
        if pending.replaces_id is not None:
            _reopen(pending.replaces_id)
        record_audit("cancel_rule", pending, by=by, reason=reason)
    return pending


def keep_rule(rule: Rule, *, by: User | None, reason: str = "") -> Rule:
    """Take back an end that was planned and has not come. Raises DomainError when it has, and
    StaleRule when another version was to follow: that one is cancelled instead."""
    with transaction.atomic():
        kept = lock_row(Rule.objects.filter(pk=rule.pk))
        if kept.valid_to is None:
            return kept
        if kept.cancelled_at is not None or kept.valid_to <= timezone.now():
            raise DomainError(_("这条规则已经停用，请新增一条规则。"))
        if kept.successors.filter(cancelled_at=None).exists():
            raise StaleRule(_("这条规则已安排由新版本接替，请取消那个版本。"))
        kept = _reopen(kept.pk)
        record_audit("keep_rule", kept, by=by, reason=reason)
    return kept


class StaleRule(DomainError):
    """The version is no longer, or not yet, the merchant's word."""


def content_of(rule: RuleContent) -> dict[str, Any]:
    """What a rule says, as values for another version of it."""
    return {name: getattr(rule, name) for name in CONTENT}


def _moment(at: datetime | None, by: User | None) -> datetime:
    """`at` or now. A person cannot change what already was; commands and imports may."""
    now = timezone.now()
    if at is not None and by is not None and (now - at).total_seconds() > 60:
        raise DomainError(_("规则不能从过去的时间开始，已下的订单不受影响。"))
    return at or now


def _end(rule: Rule, at: datetime) -> Rule:
    old = lock_row(Rule.objects.filter(pk=rule.pk))
    if old.valid_to is not None:
        if old.cancelled_at is None and old.valid_to > timezone.now():
            raise StaleRule(_("这条规则已经安排了变更，请先取消那次变更。"))
        raise StaleRule(_("这条规则已有新版本或已停用，请刷新后再试。"))
    if old.valid_from is not None and old.valid_from > at:
        raise StaleRule(_("这个版本还没有生效，请取消它，再修改现在的版本。"))
    old.valid_to = at
    old.save(update_fields=["valid_to"])
    return old


def _reopen(pk: int) -> Rule:
    old = lock_row(Rule.objects.filter(pk=pk))
    old.valid_to = None
    old.save(update_fields=["valid_to"])
    return old
