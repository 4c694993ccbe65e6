"""What of the mature commissions will not be paid, because it repays what was paid too much before.

Nothing of this is stored: a payout takes the oldest mature money first, so that what repays a debt
is at the newest end of what no payout has. With what is available it makes up all of that.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection


@dataclass(frozen=True)
class SetOff:
    """How much of a commission repays a debt now, and whether that is all that no payout has."""

    amount: Decimal
    is_whole: bool


def set_offs_of(distributor_id: int) -> dict[int, SetOff]:
    """By commission; empty for who never was paid too much. One query, by the index of what no
    payout has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH free AS (
                SELECT id, amount - allocated AS amount,
                       sum(amount - allocated) OVER (ORDER BY matured_at DESC, id DESC) AS reached
                FROM distribution_commission
                WHERE payee_id = %(payee)s AND matured_at IS NOT NULL AND allocated < amount
            ), owed AS (
                SELECT (SELECT coalesce(sum(amount), 0) FROM free) - greatest(available, 0) AS amount
                FROM distribution_balance WHERE distributor_id = %(payee)s
            )
            SELECT free.id, least(free.amount, owed.amount - free.reached + free.amount),
                   free.reached <= owed.amount
            FROM free, owed WHERE free.reached - free.amount < owed.amount
            """,
            {"payee": distributor_id},
        )
        return {pk: SetOff(amount, is_whole) for pk, amount, is_whole in cursor.fetchall()}
