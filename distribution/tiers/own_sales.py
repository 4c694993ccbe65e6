"""What somebody sold themselves: the only thing a tier is earned by.

A sale is complete when it is received and its days for after-sales (the policy's days to maturity)
are over: the moment its commission becomes available, and the moment it counts. It counts once,
with what the buyer kept of the goods; one that went back wholly, or with an after-sale open, does
not count. Buying for oneself never counts, nor does anything that recruits or teams do.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from base.money import ZERO
from orders.models import OrderEvent
from orders.states import OPEN_REFUNDS

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Figures:
    """Own completed level-1 sales within a time."""

    sales: Decimal = ZERO
    orders: int = 0
    customers: int = 0


NOTHING = Figures()

# One walk over a person's sales for all the windows asked about.
SALES = """
WITH sold AS MATERIALIZED (
    SELECT terms.payee1_id AS person, terms.buyer_id AS buyer, terms.completes_at AS at,
           o.goods_amount - (o.refunded_amount - o.refunded_shipping) AS kept
    FROM distribution_orderterms terms
    JOIN orders_order o ON o.id = terms.order_id
    WHERE terms.payee1_id = ANY(%(people)s) AND terms.block1 = '' AND NOT terms.is_self_purchase
      AND terms.completes_at >= %(first)s AND terms.completes_at < %(last)s
      AND o.goods_amount > o.refunded_amount - o.refunded_shipping
      AND NOT EXISTS (
          SELECT 1 FROM orders_refund refund
          WHERE refund.order_id = o.id AND refund.state = ANY(%(open)s)
      )
)
SELECT asked.number, sold.person, sum(sold.kept), count(*), count(DISTINCT sold.buyer)
FROM unnest(%(numbers)s::int[], %(since)s::timestamptz[], %(until)s::timestamptz[])
    AS asked(number, since, until)
JOIN sold ON sold.at >= asked.since AND sold.at < asked.until
GROUP BY asked.number, sold.person
"""


def sales_of(people: Collection[int], windows: Sequence[Window]) -> list[dict[int, Figures]]:
    """For each window (from, until) what these people sold in it. One query."""
    found: list[dict[int, Figures]] = [{} for _ in windows]
    with connection.cursor() as cursor:
        cursor.execute(
            SALES,
            {
                "numbers": list(range(len(windows))),
                "since": [since for since, _ in windows],
                "until": [until for _, until in windows],
                "first": min(since for since, _ in windows),
                "last": max(until for _, until in windows),
                "people": list(people),
                "open": [str(state) for state in OPEN_REFUNDS],
            },
        )
        for number, person, sales, orders, customers in cursor.fetchall():
            found[number][person] = Figures(sales, orders, customers)
    return found


def note_completion(events: Sequence[OrderEvent]) -> None:
    """Write when these received orders will be complete. One statement, safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE distribution_orderterms AS terms
            SET completes_at = o.received_at + make_interval(days => policy.maturity_days)
            FROM orders_order o, distribution_policy policy
            WHERE o.id = terms.order_id AND policy.id = terms.policy_id
              AND o.received_at IS NOT NULL AND terms.completes_at IS NULL
              AND terms.order_id = ANY(%s)
            """,
            [[event.order_id for event in events]],
        )
