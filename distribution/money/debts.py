"""Where a debt comes from and how it is repaid: what was taken back of a commission after it had
gone into a payout.

What is taken back first is repaid first. That a row is repaid is told by the sum of the older ones
beside it, so that a page needs none of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db.models import F, Sum

from base.clock import day_end, day_start
from base.money import ZERO
from base.slices import QueryRows, Row
from distribution.models import Balance, Commission, Distributor, Reversal


class Repaid(StrEnum):
    """Which of them: not wholly repaid yet, or repaid."""

    NO = "no"
    YES = "yes"


@dataclass(frozen=True)
class Debt:
    """`total` was ever paid too much; `left` of it is still to be repaid by later earnings."""

    total: Decimal
    left: Decimal

    @property
    def repaid(self) -> Decimal:
        return self.total - self.left


@dataclass(frozen=True)
class Overpaid:
    """A commission of which more went into payouts than is left of it. `at` is when part of it
    was last taken back, by `reversals`: a refund, or none where the merchant took it."""

    commission: Commission
    at: datetime
    amount: Decimal
    repaid: Decimal

    @property
    def left(self) -> Decimal:
        return self.amount - self.repaid

    @property
    def reversals(self) -> list[Reversal]:
        return list(self.commission.reversals.all())


def debt_of(distributor: Distributor) -> Debt:
    """Two queries."""
    over = Commission.objects.filter(payee=distributor, allocated__gt=F("amount")).aggregate(
        total=Sum(F("allocated") - F("amount"), default=ZERO)
    )
    available = Balance.objects.values_list("available", flat=True).get(pk=distributor.pk)
    return Debt(over["total"], max(ZERO, -available))


OVERPAID = """
WITH overpaid AS (
    SELECT commission.id, commission.order_id, commission.allocated - commission.amount AS amount,
           (SELECT max(reversal.at) FROM distribution_reversal reversal
            WHERE reversal.commission_id = commission.id) AS at
    FROM distribution_commission commission
    WHERE commission.payee_id = %(who)s AND commission.allocated > commission.amount
), told AS (
    SELECT id, order_id, at, amount,
           least(amount, greatest(0.00, %(repaid)s - sum(amount) OVER (ORDER BY at, id) + amount))
               AS repaid
    FROM overpaid
), wanted AS (
    SELECT * FROM told
    WHERE (%(state)s = '' OR (repaid = amount) = (%(state)s = 'yes'))
      AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
      AND (%(number)s = ''
           OR EXISTS (SELECT 1 FROM orders_order
                      WHERE id = told.order_id AND starts_with(number, %(number)s))
           OR EXISTS (SELECT 1 FROM distribution_reversal reversal
                      JOIN orders_refund refund ON refund.id = reversal.refund_id
                      WHERE reversal.commission_id = told.id
                        AND starts_with(refund.number, %(number)s)))
)
"""
SHOWN = "SELECT id, at, amount, repaid FROM wanted ORDER BY at DESC, id DESC {slice}"
SUMS = "SELECT coalesce(sum(amount), 0.00), coalesce(sum(amount - repaid), 0.00) FROM wanted"


class OverpaidRows(QueryRows[Overpaid]):
    """What a debt is made of, the newest first: all of it, or what of it is wanted. `debt` is the
    whole one. A number is an order's or a refund's, or how one begins; both days count."""

    def __init__(
        self,
        distributor: Distributor,
        debt: Debt,
        *,
        state: str = "",
        number: str = "",
        since: date | None = None,
        until: date | None = None,
    ) -> None:
        values = {
            "who": distributor.pk,
            "repaid": debt.repaid,
            "state": state,
            "number": number,
            "since": day_start(since) if since else None,
            "until": day_end(until) if until else None,
        }
        super().__init__(OVERPAID, SHOWN, values, _told)

    def sums(self) -> Debt:
        """Of the wanted rows alone. One query."""
        return Debt(*self.ask(SUMS)[0])


def _told(rows: Sequence[Row]) -> list[Overpaid]:
    """Three queries for any number."""
    commissions = (
        Commission.objects.select_related("order", "line")
        .prefetch_related("reversals__refund")
        .in_bulk([pk for pk, *_ in rows])
    )
    return [Overpaid(commissions[pk], at, amount, repaid) for pk, at, amount, repaid in rows]
