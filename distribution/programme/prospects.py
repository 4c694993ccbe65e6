"""What somebody who joins may expect: an estimate from the rules of today, beside what distributors
really were paid. Every assumption is a number on the page; nothing is promised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar, cast

from django.core.cache import cache
from django.db import connection
from django.db.models import Avg, F, QuerySet
from redis.exceptions import RedisError

from base.money import ZERO, round_cent
from catalog.listing import for_sale
from catalog.models import Product, Variant
from distribution.models import Policy, PositionPrivileges, Tier, TierUplift
from distribution.money.arithmetic import KeptLine, LevelValue, Limits, Shares, share_line
from distribution.money.terms import load_rules_for
from distribution.policy import policy_at
from distribution.programme.stories import Month
from distribution.rules import LineFacts, PayeeFacts, RuleBook, rule_value
from distribution.states import Position
from distribution.tiers.privileges import combine
from orders.models import Order

SAMPLE = 50  # goods looked at, the best-selling first
FEWEST = 5  # a median of fewer people would tell too much about each
USUAL_ORDER = Decimal("100.00")  # where the shop has none yet
KEPT_SECONDS = 600

T = TypeVar("T")


@dataclass(frozen=True)
class Rates:
    """What sales pay by the rules of today, as shares of what is paid for the goods.

    `recruits`: whether somebody new may bring in distributors and earn by them at all.
    """

    goods: int
    recruits: bool
    level1: Decimal
    level2: Decimal
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True)
class Reality:
    """What distributors were paid in a month. `median` is None of too few people."""

    people: int
    paid_people: int
    median: Decimal | None
    average_order: Decimal


@dataclass(frozen=True)
class Prospect:
    """An estimate for one month: own customers' orders, and orders of distributors brought in."""

    orders: int
    average: Decimal
    share: Decimal
    rates: Rates
    level1: Decimal
    level2: Decimal

    @property
    def total(self) -> Decimal:
        return self.level1 + self.level2


def prospect(rates: Rates, *, orders: int, average: Decimal, share: Decimal) -> Prospect:
    """`share` is the part of the orders (0–1) that come through distributors brought in; all are
    one's own where somebody new brings in nobody."""
    share = share if rates.recruits else ZERO
    turnover = orders * average
    return Prospect(
        orders,
        average,
        share,
        rates,
        round_cent(turnover * (1 - share) * rates.level1),
        round_cent(turnover * share * rates.level2),
    )


def rates_of(categories: list[int] | None, *, at: datetime) -> Rates | None:
    """The rates of the best-selling goods of these categories, or of the shop, as they would be
    paid to somebody new; None when nothing is for sale. Kept for some minutes."""
    key = f"distribution.newcomer:{','.join(map(str, categories)) if categories else 'shop'}"
    return _kept(key, lambda: _rates(categories, at))


def reality_of(month: Month) -> Reality:
    """What distributors who were in for the whole month were paid in it. Kept for some minutes."""
    return _kept(f"distribution.reality:{month.day}", lambda: _reality(month))


def _kept(key: str, make: Callable[[], T]) -> T:
    """From the cache, or made and kept; a cache that is away only costs time."""
    try:
        found = cache.get(key)
    except RedisError:
        return make()
    if found is None:
        found = make()
        cache.set(key, found, timeout=KEPT_SECONDS)
    return cast(T, found)


def _rates(categories: list[int] | None, at: datetime) -> Rates | None:
    goods = for_sale()
    if categories is not None:
        goods = goods.filter(category__in=categories)
    variants = _sample(goods)
    if not variants:
        return None
    policy = policy_at(at)
    facts = [_facts(variant, at) for variant in variants]
    book = load_rules_for(facts)
    tier = Tier.objects.order_by("rank", "pk").first()
    uplift = TierUplift.objects.filter(tier=tier, valid_from__lte=at).order_by("valid_from", "pk")
    first = uplift.last() if tier else None
    newcomer = _Newcomer(tier.pk if tier else None, first.uplift if first else ZERO)
    shares = [
        _shares(book, variant, fact, newcomer, policy)
        for variant, fact in zip(variants, facts, strict=True)
    ]
    paid = sum((variant.price for variant in variants), ZERO)
    each = [s.amount1 / v.price for s, v in zip(shares, variants, strict=True)]
    return Rates(
        goods=len(variants),
        recruits=policy.two_levels and _may_recruit(tier),
        level1=sum((s.amount1 for s in shares), ZERO) / paid,
        level2=sum((s.amount2 for s in shares), ZERO) / paid,
        lowest=min(each),
        highest=max(each),
    )


def _may_recruit(tier: Tier | None) -> bool:
    """Somebody who comes by themselves, in the lowest tier."""
    by_position = PositionPrivileges.objects.get(position=Position.FIRST)
    return combine(by_position, tier, is_active=True).may_recruit


def _sample(goods: QuerySet[Product]) -> list[Variant]:
    """The cheapest variant of each of the best-selling goods."""
    ids = list(goods.order_by("-sold", "pk").values_list("pk", flat=True)[:SAMPLE])
    return list(
        Variant.objects.filter(product__in=ids, is_active=True, price__gt=0)
        .select_related("product__category")
        .order_by("product_id", "price", "pk")
        .distinct("product_id")
    )


def _facts(variant: Variant, at: datetime) -> LineFacts:
    path = tuple(variant.product.category.path)
    return LineFacts(at, variant.pk, variant.product_id, path, 1, variant.price)


@dataclass(frozen=True)
class _Newcomer:
    tier_id: int | None
    uplift: Decimal


def _shares(
    book: RuleBook, variant: Variant, facts: LineFacts, newcomer: _Newcomer, policy: Policy
) -> Shares:
    """Both levels of one piece, both payees being new: lowest tier, no orders this month.

    Both are taken to be paid, so that the cap counts: the cautious figure.
    """
    payee = PayeeFacts(0, newcomer.tier_id, 0)
    values = []
    for level in (1, 2) if policy.two_levels else (1,):
        rule = book.winner(level, facts, payee)
        values.append(
            LevelValue(rule.base, *rule_value(rule, level), newcomer.uplift) if rule else None
        )
    kept = KeptLine(variant.price, 1, variant.cost)
    return share_line(
        values[0],
        values[1] if len(values) > 1 else None,
        kept,
        Limits(policy.cap_rate, policy.margin_guard),
    )


def _reality(month: Month) -> Reality:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH paid AS (
                SELECT entry.distributor_id, -sum(entry.amount) AS amount
                FROM distribution_transfer transfer
                JOIN distribution_entry entry
                    ON entry.transfer_id = transfer.id AND entry.account = 'reserved'
                WHERE transfer.kind = 'settle' AND transfer.at >= %s AND transfer.at < %s
                GROUP BY entry.distributor_id
            )
            SELECT count(*), count(*) FILTER (WHERE paid.amount > 0),
                   percentile_disc(0.5) WITHIN GROUP (ORDER BY coalesce(paid.amount, 0.00))
            FROM distribution_distributor distributor
            LEFT JOIN paid ON paid.distributor_id = distributor.user_id
            WHERE distributor.status = 'approved' AND distributor.joined_at < %s
            """,
            [month.starts_at, month.ends_at, month.starts_at],
        )
        people, paid_people, median = cursor.fetchone()
    average = Order.objects.filter(
        placed_at__gte=month.starts_at,
        placed_at__lt=month.ends_at,
        paid_at__isnull=False,
        goods_amount__gt=F("refunded_amount") - F("refunded_shipping"),
    ).aggregate(average=Avg(F("goods_amount") - F("refunded_amount") + F("refunded_shipping")))
    return Reality(
        people,
        paid_people,
        median if people >= FEWEST else None,
        round_cent(average["average"]) if average["average"] else USUAL_ORDER,
    )
