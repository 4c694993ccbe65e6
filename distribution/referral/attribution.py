"""Who stands at level 1 and level 2 of an order, read from the dated relations at placement.

Level 1 is the distributor the buyer is bound to or else, for a distributor, their recruiter; with
自购返佣 on, a buying distributor is their own level 1. Level 2 is the recruiter of whoever is
level 1. Each level stands by itself: one that may not be paid pays nobody, and nobody climbs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from distribution.models import OrderTerms
from distribution.states import IN_PROGRAMME, Status

Why = OrderTerms.Why
Block = OrderTerms.Block

BLOCKED_STATUS = {
    Status.APPLIED: Block.NOT_APPROVED,
    Status.REJECTED: Block.NOT_APPROVED,
    Status.WITHDRAWN: Block.NOT_APPROVED,
    Status.FROZEN: Block.FROZEN,
    Status.RESIGNED: Block.RESIGNED,
    Status.BANNED: Block.BANNED,
}

# One round trip for any number of orders. Every lookup is "the row in force at placement".
CHAIN = """
SELECT o.id, o.user_id, o.placed_at, policy.id, policy.two_levels,
       level1.payee_id, level1.why, standing1.status, standing1.tier_id, uplift1.uplift,
       level2.recruiter_id, standing2.status, standing2.tier_id, uplift2.uplift
FROM orders_order o
CROSS JOIN LATERAL (
    SELECT id, coalesce(%(self_purchase)s::boolean, self_purchase) AS self_purchase,
           coalesce(%(two_levels)s::boolean, two_levels) AS two_levels
    FROM distribution_policy
    WHERE valid_from <= o.placed_at AND cancelled_at IS NULL
    ORDER BY valid_from DESC, id DESC LIMIT 1
) policy
LEFT JOIN distribution_binding bound
    ON bound.customer_id = o.user_id AND bound.starts_at <= o.placed_at
    AND (bound.ends_at IS NULL OR bound.ends_at > o.placed_at)
LEFT JOIN LATERAL (
    SELECT status FROM distribution_standing
    WHERE distributor_id = o.user_id AND since <= o.placed_at ORDER BY since DESC, id DESC LIMIT 1
) buyer ON true
LEFT JOIN distribution_recruitment recruited
    ON recruited.distributor_id = o.user_id AND recruited.starts_at <= o.placed_at
    AND (recruited.ends_at IS NULL OR recruited.ends_at > o.placed_at)
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN policy.self_purchase AND buyer.status = ANY(%(in_programme)s) THEN o.user_id
        WHEN bound.distributor_id IS NOT NULL THEN bound.distributor_id
        WHEN buyer.status = ANY(%(in_programme)s) THEN recruited.recruiter_id
    END AS payee_id,
    CASE
        WHEN policy.self_purchase AND buyer.status = ANY(%(in_programme)s) THEN 'self'
        WHEN bound.distributor_id IS NOT NULL THEN 'bound'
        WHEN buyer.status = ANY(%(in_programme)s) AND recruited.recruiter_id IS NOT NULL
            THEN 'recruiter'
        ELSE 'nobody'
    END AS why
) level1
LEFT JOIN distribution_recruitment level2
    ON level2.distributor_id = level1.payee_id AND level2.starts_at <= o.placed_at
    AND (level2.ends_at IS NULL OR level2.ends_at > o.placed_at)
LEFT JOIN LATERAL (
    SELECT status, tier_id FROM distribution_standing
    WHERE distributor_id = level1.payee_id AND since <= o.placed_at
    ORDER BY since DESC, id DESC LIMIT 1
) standing1 ON true
LEFT JOIN LATERAL (
    SELECT status, tier_id FROM distribution_standing
    WHERE distributor_id = level2.recruiter_id AND since <= o.placed_at
    ORDER BY since DESC, id DESC LIMIT 1
) standing2 ON true
LEFT JOIN LATERAL (
    SELECT uplift FROM distribution_tieruplift
    WHERE tier_id = standing1.tier_id AND valid_from <= o.placed_at
    ORDER BY valid_from DESC, id DESC LIMIT 1
) uplift1 ON true
LEFT JOIN LATERAL (
    SELECT uplift FROM distribution_tieruplift
    WHERE tier_id = standing2.tier_id AND valid_from <= o.placed_at
    ORDER BY valid_from DESC, id DESC LIMIT 1
) uplift2 ON true
WHERE o.id = ANY(%(orders)s)
  AND (%(again)s::boolean OR NOT EXISTS (
      SELECT 1 FROM distribution_orderterms terms WHERE terms.order_id = o.id
  ))
ORDER BY o.id
"""


@dataclass(frozen=True)
class Payee:
    """Who stands at a level. `block` is empty when they are paid."""

    distributor_id: int | None
    why: str
    block: str
    tier_id: int | None
    uplift: Decimal


@dataclass(frozen=True)
class Attribution:
    order_id: int
    buyer_id: int
    placed_at: datetime
    policy_id: int
    payees: tuple[Payee, Payee]

    @property
    def is_self_purchase(self) -> bool:
        return self.payees[0].why == Why.SELF


def attribute_orders(order_ids: Collection[int]) -> list[Attribution]:
    """The payees of these orders at their placement; orders that have terms are left out."""
    return _ask_chain(order_ids, again=False)


def attribute_again(
    order_ids: Collection[int], *, self_purchase: bool | None, two_levels: bool | None
) -> list[Attribution]:
    """Who these orders would have paid under another policy; None keeps what held at placement.

    For trying a policy on past orders: the same question as at placement, and no writes.
    """
    return _ask_chain(order_ids, again=True, self_purchase=self_purchase, two_levels=two_levels)


def _ask_chain(
    order_ids: Collection[int],
    *,
    again: bool,
    self_purchase: bool | None = None,
    two_levels: bool | None = None,
) -> list[Attribution]:
    values: dict[str, Any] = {
        "orders": list(order_ids),
        "in_programme": [str(s) for s in IN_PROGRAMME],
        "again": again,
        "self_purchase": self_purchase,
        "two_levels": two_levels,
    }
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, values)
        return [_attribution(*row) for row in cursor.fetchall()]


def _attribution(
    order_id: int,
    buyer_id: int,
    placed_at: datetime,
    policy_id: int,
    two_levels: bool,
    payee1: int | None,
    why1: str,
    status1: str | None,
    tier1: int | None,
    uplift1: Decimal | None,
    payee2: int | None,
    status2: str | None,
    tier2: int | None,
    uplift2: Decimal | None,
) -> Attribution:
    block2 = _block(payee2, status2)
    if payee2 == buyer_id:
        block2 = Block.IS_BUYER
    elif payee2 is not None and not two_levels:
        block2 = Block.ONE_LEVEL
    why2 = Why.NOBODY if payee2 is None else Why.RECRUITER
    return Attribution(
        order_id,
        buyer_id,
        placed_at,
        policy_id,
        (
            Payee(payee1, why1, _block(payee1, status1), tier1, uplift1 or Decimal(0)),
            Payee(payee2, why2, block2, tier2, uplift2 or Decimal(0)),
        ),
    )


def _block(payee: int | None, status: str | None) -> str:
    if payee is None:
        return Block.MISSING
    if status is None:  # their standing begins later than the order
        return Block.NOT_APPROVED
    return Block.NONE if status == Status.APPROVED else BLOCKED_STATUS[Status(status)]
