"""The proof of the books: everything that must agree, and what does not.

Each check is one set-based query that returns the rows in disagreement, so that a shop of a
million commissions is proved in seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Check:
    """`sql` selects the disagreements; `text` says one of them, filled with its columns."""

    name: str
    text: str
    sql: str


CHECKS = [
    Check(
        "entries balance",
        "transfer {0}: its entries sum to {1}, not 0",
        """
        SELECT transfer.key, sum(entry.amount) FROM distribution_transfer transfer
        JOIN distribution_entry entry ON entry.transfer_id = transfer.id
        GROUP BY transfer.id HAVING sum(entry.amount) <> 0
        """,
    ),
    Check(
        "no transfer without its entries, none added later",
        "transfer {0}: {1} entries were written, {2} are there",
        """
        SELECT transfer.key, transfer.entry_count, count(entry.id)
        FROM distribution_transfer transfer
        LEFT JOIN distribution_entry entry ON entry.transfer_id = transfer.id
        GROUP BY transfer.id HAVING count(entry.id) <> transfer.entry_count OR count(entry.id) = 0
        """,
    ),
    Check(
        "entries are of the kind and time of their transfer",
        "transfer {0}: {1} entries of another kind or time",
        """
        SELECT transfer.key, count(*) FROM distribution_entry entry
        JOIN distribution_transfer transfer ON transfer.id = entry.transfer_id
        WHERE (entry.kind, entry.at) <> (transfer.kind, transfer.at) GROUP BY transfer.id
        """,
    ),
    Check(
        "balances follow the ledger",
        "distributor {0}: {1} balance {2}, ledger {3}",
        """
        WITH ledger AS (
            SELECT distributor_id, account, sum(amount) AS amount FROM distribution_entry
            WHERE account IN ('available', 'reserved') GROUP BY 1, 2
        ), cached AS (
            SELECT distributor_id, 'available' AS account, available AS amount
            FROM distribution_balance
            UNION ALL SELECT distributor_id, 'reserved', reserved FROM distribution_balance
        )
        SELECT coalesce(cached.distributor_id, ledger.distributor_id),
               coalesce(cached.account, ledger.account), cached.amount, coalesce(ledger.amount, 0)
        FROM cached FULL JOIN ledger USING (distributor_id, account)
        WHERE cached.amount IS DISTINCT FROM coalesce(ledger.amount, 0)
        """,
    ),
    Check(
        "pending commissions follow the ledger",
        "distributor {0}: pending commissions {1}, ledger {2}",
        """
        WITH ledger AS (
            SELECT distributor_id, sum(amount) AS amount FROM distribution_entry
            WHERE account = 'pending' GROUP BY 1
        ), rows AS (
            SELECT payee_id AS distributor_id, sum(amount) AS amount
            FROM distribution_commission WHERE matured_at IS NULL GROUP BY 1
        )
        SELECT distributor_id, coalesce(rows.amount, 0), coalesce(ledger.amount, 0)
        FROM rows FULL JOIN ledger USING (distributor_id)
        WHERE coalesce(rows.amount, 0) <> coalesce(ledger.amount, 0)
        """,
    ),
    Check(
        "available balances are what mature commissions leave",
        "distributor {0}: balance {1}, mature commissions less allocations {2}",
        """
        WITH rows AS (
            SELECT payee_id AS distributor_id, sum(amount - allocated) AS amount
            FROM distribution_commission WHERE matured_at IS NOT NULL GROUP BY 1
        )
        SELECT distributor_id, balance.available, coalesce(rows.amount, 0)
        FROM distribution_balance balance LEFT JOIN rows USING (distributor_id)
        WHERE balance.available <> coalesce(rows.amount, 0)
        """,
    ),
    Check(
        "reversals explain what commissions lost",
        "commission {0}: {1} lost, reversals {2}",
        """
        SELECT commission.id, commission.amount_at_payment - commission.amount,
               coalesce(lost.amount, 0)
        FROM distribution_commission commission
        LEFT JOIN (
            SELECT commission_id, sum(amount) AS amount FROM distribution_reversal GROUP BY 1
        ) lost ON lost.commission_id = commission.id
        WHERE commission.amount_at_payment - commission.amount <> coalesce(lost.amount, 0)
        """,
    ),
    Check(
        "the expense is what commissions cost",
        "commission expense {0}, commissions {1}",
        """
        SELECT expense.amount, cost.amount FROM
            (SELECT -coalesce(sum(amount), 0) AS amount FROM distribution_entry
             WHERE account = 'expense') expense,
            (SELECT coalesce(sum(amount), 0) AS amount FROM distribution_commission) cost
        WHERE expense.amount <> cost.amount
        """,
    ),
    Check(
        "allocations explain what is allocated",
        "commission {0}: allocated {1}, allocations {2}",
        """
        SELECT commission.id, commission.allocated, coalesce(taken.amount, 0)
        FROM distribution_commission commission
        LEFT JOIN (
            SELECT allocation.commission_id, sum(allocation.amount) AS amount
            FROM distribution_allocation allocation
            JOIN distribution_reservation reservation
                ON reservation.id = allocation.reservation_id
            WHERE reservation.state <> 'released' GROUP BY 1
        ) taken ON taken.commission_id = commission.id
        WHERE commission.allocated <> coalesce(taken.amount, 0)
        """,
    ),
    Check(
        "reservations are wholly allocated",
        "reservation {0}: amount {1}, allocations {2}",
        """
        SELECT reservation.number, reservation.amount, coalesce(sum(allocation.amount), 0)
        FROM distribution_reservation reservation
        LEFT JOIN distribution_allocation allocation ON allocation.reservation_id = reservation.id
        GROUP BY reservation.id HAVING reservation.amount <> coalesce(sum(allocation.amount), 0)
        """,
    ),
    Check(
        "reserved balances are the open reservations",
        "distributor {0}: reserved {1}, open reservations {2}",
        """
        SELECT balance.distributor_id, balance.reserved, coalesce(sum(reservation.amount), 0)
        FROM distribution_balance balance
        LEFT JOIN distribution_reservation reservation
            ON reservation.distributor_id = balance.distributor_id
            AND reservation.state = 'reserved'
        GROUP BY balance.distributor_id
        HAVING balance.reserved <> coalesce(sum(reservation.amount), 0)
        """,
    ),
    Check(
        "cash is what settled reservations paid",
        "cash {0}, settled reservations {1}",
        """
        SELECT cash.amount, settled.amount FROM
            (SELECT coalesce(sum(amount), 0) AS amount FROM distribution_entry
             WHERE account = 'cash') cash,
            (SELECT coalesce(sum(amount), 0) AS amount FROM distribution_reservation
             WHERE state = 'settled') settled
        WHERE cash.amount <> settled.amount
        """,
    ),
    Check(
        "every handled payment has its terms",
        "order {0}: paid and handled, but without terms",
        """
        SELECT o.number FROM orders_orderevent event JOIN orders_order o ON o.id = event.order_id
        LEFT JOIN distribution_orderterms terms ON terms.order_id = o.id
        WHERE event.kind = 'paid' AND event.handled_at IS NOT NULL AND terms.order_id IS NULL
        """,
    ),
    Check(
        "no two levels above the limit",
        "line {0}: commissions {1} above the limit {2}",
        """
        SELECT line_id, sum(amount_at_payment), min(limit_amount)
        FROM distribution_commission GROUP BY line_id
        HAVING sum(amount_at_payment) > min(limit_amount)
        """,
    ),
]


def run_checks(checks: Iterable[Check], most: int = 50) -> list[str]:
    """The disagreements, as sentences; at most `most` of each check."""
    found = []
    with connection.cursor() as cursor:
        for check in checks:
            cursor.execute(check.sql)
            rows = cursor.fetchmany(most + 1)
            found += [f"{check.name}: {check.text.format(*row)}" for row in rows[:most]]
            if len(rows) > most:
                found.append(f"{check.name}: …")
    return found


def check_books() -> list[str]:
    """Everything in this room that must agree and does not; empty when the books are right."""
    return run_checks(CHECKS)
