"""Fixing the terms of orders at placement: payees, policy version, winning rules and values.

Many orders at once; a live order is a batch of one. Later edits of relations, rules, tiers or
policies never touch what is written here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from base.clock import month_start
from distribution.models import LineTerms, OrderTerms
from distribution.referral.attribution import Attribution, attribute_orders
from distribution.rules import LineFacts, PayeeFacts, RuleBook, load_rules, rule_value
from orders.models import OrderEvent, OrderLine

# (payee, placed at): the question "how many level-1 orders had they this month before then?"
MonthKey = tuple[int, datetime]


@dataclass(frozen=True)
class PlacedLine:
    """A line with what rules may ask of it and who stands at its levels."""

    row: OrderLine
    facts: LineFacts
    attribution: Attribution


def fix_terms(events: Sequence[OrderEvent]) -> None:
    """Write the terms of these placed orders. Safe to repeat: orders with terms are left alone.

    Five queries for any number of orders, one more when a rule asks for orders in the month.
    """
    attributions = {a.order_id: a for a in attribute_orders([e.order_id for e in events])}
    if not attributions:
        return
    OrderTerms.objects.bulk_create(_order_terms(a) for a in attributions.values())
    goods = {e.order_id: e.order.goods_amount for e in events}
    rows = OrderLine.objects.filter(order__in=attributions).order_by("pk")
    lines = [
        PlacedLine(row, line_facts(row, a.placed_at, goods[row.order_id]), a)
        for row in rows
        for a in (attributions[row.order_id],)
    ]
    book = load_rules_for([line.facts for line in lines])
    months = month_orders(attributions.values()) if book.asks_for_month_orders else {}
    LineTerms.objects.bulk_create(
        terms for line in lines for terms in line_terms(line, book, months)
    )


def line_facts(row: OrderLine, placed_at: datetime, goods_amount: Decimal) -> LineFacts:
    return LineFacts(
        placed_at=placed_at,
        variant_id=row.variant_id,
        product_id=row.product_id,
        category_path=tuple(row.category_path),
        quantity=row.quantity,
        order_goods_amount=goods_amount,
    )


def load_rules_for(facts: Sequence[LineFacts]) -> RuleBook:
    """The rules that could speak for these lines: one query."""
    placed = [f.placed_at for f in facts]
    return load_rules(
        placed_from=min(placed),
        placed_to=max(placed),
        variants={f.variant_id for f in facts},
        products={f.product_id for f in facts},
        categories={category for f in facts for category in f.category_path},
    )


def _order_terms(a: Attribution) -> OrderTerms:
    first, second = a.payees
    return OrderTerms(
        order_id=a.order_id,
        buyer_id=a.buyer_id,
        policy_id=a.policy_id,
        is_self_purchase=a.is_self_purchase,
        payee1_id=first.distributor_id,
        why1=first.why,
        block1=first.block,
        tier1_id=first.tier_id,
        payee2_id=second.distributor_id,
        why2=second.why,
        block2=second.block,
        tier2_id=second.tier_id,
    )


def line_terms(
    line: PlacedLine, book: RuleBook, months: Mapping[MonthKey, int]
) -> Iterable[LineTerms]:
    """What the winning rules of `book` give each level of a line that is paid. No query."""
    for level, payee in enumerate(line.attribution.payees, start=1):
        if payee.distributor_id is None or payee.block:
            continue
        orders = months.get((payee.distributor_id, line.attribution.placed_at), 0)
        rule = book.winner(
            level, line.facts, PayeeFacts(payee.distributor_id, payee.tier_id, orders)
        )
        if rule is None:
            continue
        rate, amount = rule_value(rule, level)
        yield LineTerms(
            line=line.row,
            level=level,
            payee_id=payee.distributor_id,
            rule=rule,
            base=rule.base,
            rate=rate,
            amount=amount,
            uplift=payee.uplift,
        )


def month_orders_of(payee_id: int, at: datetime) -> int:
    """Level-1 orders somebody had paid in the Beijing month of `at`, before it."""
    return count_month_orders([(payee_id, at)]).get((payee_id, at), 0)


def month_orders(attributions: Iterable[Attribution]) -> dict[MonthKey, int]:
    """How many level-1 orders each payee had in the month before each order: one query."""
    keys = {
        (payee.distributor_id, a.placed_at)
        for a in attributions
        for payee in a.payees
        if payee.distributor_id is not None
    }
    return count_month_orders(sorted(keys))


def count_month_orders(keys: Sequence[MonthKey]) -> dict[MonthKey, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.payee_id, asked.until, count(*)
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
                AS asked(payee_id, since, until)
            JOIN distribution_orderterms terms
                ON terms.payee1_id = asked.payee_id AND terms.block1 = ''
                AND terms.paid_at >= asked.since AND terms.paid_at < asked.until
            GROUP BY asked.payee_id, asked.until
            """,
            [[k[0] for k in keys], [month_start(k[1]) for k in keys], [k[1] for k in keys]],
        )
        return {(payee_id, until): count for payee_id, until, count in cursor.fetchall()}
