"""不参与分销: a rule of 0 for a product or a category, and its end.

It is a rule like others: a stronger one (for a variant, for one distributor, dated) still decides.
Who excludes is told of those.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from base.accounts.models import User
from base.locks import lock_rows
from catalog.models import Category, Product
from distribution.models import Rule
from distribution.rules import end_rule, publish_rule, rules_in_force

Goods = Sequence[Product] | Sequence[Category]

# What an exclusion says, apart from what it is about.
ZERO_RULE: dict[str, Any] = {
    "rate1": Decimal(0),
    "rate2": Decimal(0),
    "distributor": None,
    "tier": None,
    "min_quantity": None,
    "min_amount": None,
    "min_month_orders": None,
    "starts_at": None,
    "ends_at": None,
}


def exclusions() -> QuerySet[Rule]:
    """The rules that take goods out of distribution now."""
    return rules_in_force(timezone.now()).filter(valid_to=None, **ZERO_RULE)


def exclude_goods(goods: Goods, *, by: User | None, reason: str) -> list[Rule]:
    """From now on these pay no commission, unless a stronger rule says so. What is excluded
    already is left alone. Returns the new rules."""
    scope, kind = _kind(goods)
    with transaction.atomic():
        ids = [one.pk for one in goods]
        # Their rows are the lock: two people who exclude the same goods make one rule.
        locked = lock_rows(kind.objects.filter(pk__in=ids))
        done = set(exclusions().filter(**{f"{scope}__in": ids}).values_list(scope, flat=True))
        return [
            publish_rule(
                by=by,
                reason=reason,
                scope=scope,
                rate1=Decimal(0),
                rate2=Decimal(0),
                **{scope: one},
            )
            for one in locked
            if one.pk not in done
        ]


def include_goods(goods: Goods, *, by: User | None, reason: str) -> list[Rule]:
    """End what excludes these goods themselves. Returns the ended rules."""
    scope, kind = _kind(goods)
    with transaction.atomic():
        ids = [one.pk for one in goods]
        lock_rows(kind.objects.filter(pk__in=ids))
        found = exclusions().filter(**{f"{scope}__in": ids}).order_by("pk")
        return [end_rule(rule, by=by, reason=reason) for rule in found]


def still_paying(goods: Goods) -> int:
    """How many rules, now or later, would still pay something for these goods after their
    exclusion: for their variants, for some people only, or dated."""
    scope, _model = _kind(goods)
    ids = [one.pk for one in goods]
    if scope == Rule.Scope.PRODUCT:
        about = Q(product__in=ids) | Q(variant__product__in=ids)
    else:
        path = {"product__category__path__overlap": ids}
        about = (
            Q(category__path__overlap=ids)
            | Q(**path)
            | Q(**{f"variant__{name}": value for name, value in path.items()})
        )
    pays = Q(rate1__gt=0) | Q(rate2__gt=0) | Q(amount1__gt=0) | Q(amount2__gt=0)
    weaker = Q(
        scope=scope,
        distributor=None,
        tier=None,
        starts_at=None,
        ends_at=None,
        **{f"{scope}__in": ids},
    )
    now = timezone.now()
    live = Rule.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), cancelled_at=None)
    return live.filter(about & pays).exclude(weaker).exclude(ends_at__lte=now).count()


def _kind(goods: Goods) -> tuple[str, Any]:
    is_product = all(isinstance(one, Product) for one in goods)
    return (Rule.Scope.PRODUCT, Product) if is_product else (Rule.Scope.CATEGORY, Category)
