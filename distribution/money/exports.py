"""Everybody's commissions and balances as CSV, in one statement each and in flat memory.

PostgreSQL writes the CSV itself (COPY); here it only passes through.
"""

from typing import BinaryIO

from django.db import connection, transaction

# The states are those of `distribution.money.explanations.commission_state`. Beijing has no summer time
# any more; a fixed offset keeps it out of old years too.
COMMISSIONS = """
SELECT o.number AS "order", line.sku, commission.level, payee.member_no AS distributor,
       commission.base_amount AS base,
       CASE WHEN terms.rate IS NULL THEN terms.amount::text
            ELSE trim_scale(terms.rate * 100)::text || '%' END AS rate,
       commission.amount, commission.amount_at_payment - commission.amount AS reversed,
       CASE WHEN commission.amount = 0 THEN 'reversed'
            WHEN commission.matured_at IS NULL THEN 'pending'
            WHEN taken.settled >= commission.amount THEN 'paid'
            WHEN taken.reserved > 0 THEN 'reserved'
            ELSE 'available' END AS state,
       to_char(commission.matures_at AT TIME ZONE INTERVAL '+08:00', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '+08:00' AS matures_at
FROM distribution_commission commission
JOIN orders_order o ON o.id = commission.order_id
JOIN orders_orderline line ON line.id = commission.line_id
JOIN accounts_user payee ON payee.id = commission.payee_id
JOIN distribution_lineterms terms
    ON terms.line_id = commission.line_id AND terms.level = commission.level
LEFT JOIN (
    SELECT allocation.commission_id,
           sum(allocation.amount) FILTER (WHERE reservation.state = 'settled') AS settled,
           sum(allocation.amount) FILTER (WHERE reservation.state = 'reserved') AS reserved
    FROM distribution_allocation allocation
    JOIN distribution_reservation reservation ON reservation.id = allocation.reservation_id
    GROUP BY allocation.commission_id
) taken ON taken.commission_id = commission.id
ORDER BY o.number COLLATE "C", line.sku COLLATE "C", commission.level
"""

BALANCES = """
SELECT person.member_no AS distributor, coalesce(waiting.amount, 0.00) AS pending,
       greatest(balance.available, 0.00) AS available, balance.reserved,
       coalesce(settled.amount, 0.00) AS paid, greatest(-balance.available, 0.00) AS debt
FROM distribution_balance balance
JOIN accounts_user person ON person.id = balance.distributor_id
LEFT JOIN (
    SELECT payee_id, sum(amount) AS amount FROM distribution_commission
    WHERE matured_at IS NULL GROUP BY payee_id
) waiting ON waiting.payee_id = balance.distributor_id
LEFT JOIN (
    SELECT distributor_id, sum(amount) AS amount FROM distribution_reservation
    WHERE state = 'settled' GROUP BY distributor_id
) settled ON settled.distributor_id = balance.distributor_id
ORDER BY person.member_no COLLATE "C"
"""


def export_commissions(file: BinaryIO) -> int:
    """Write order,sku,level,distributor,base,rate,amount,reversed,state,matures_at.

    `base` is the base at payment, `rate` a percentage or an amount per piece, `amount` what the
    commission is now. Returns the number of commissions.
    """
    return _write(COMMISSIONS, file)


def export_balances(file: BinaryIO) -> int:
    """Write distributor,pending,available,reserved,paid,debt of every distributor."""
    return _write(BALANCES, file)


def _write(query: str, file: BinaryIO) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        with cursor.copy(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            for block in copy:
                file.write(block)
        return int(cursor.rowcount)
