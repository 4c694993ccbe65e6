"""The proof of the whole shop's books: the ledger's own checks, and what must agree between
orders, payments, refunds and payouts."""

from distribution.money.books import CHECKS as LEDGER_CHECKS
from distribution.money.books import Check, run_checks

CHECKS = [
    Check(
        "lines make the order",
        "order {0}: goods {1}, lines {2}",
        """
        SELECT o.number, o.goods_amount, coalesce(sum(line.paid), 0) FROM orders_order o
        LEFT JOIN orders_orderline line ON line.order_id = o.id
        GROUP BY o.id HAVING o.goods_amount <> coalesce(sum(line.paid), 0)
        """,
    ),
    Check(
        "a paid order was paid once",
        "order {0}: total {1}, payments kept {2}",
        """
        SELECT o.number, o.total, coalesce(sum(payment.amount), 0) FROM orders_order o
        LEFT JOIN orders_payment payment ON payment.order_id = o.id AND payment.state = 'paid'
            AND NOT EXISTS (
                SELECT 1 FROM orders_repayment surplus
                WHERE surplus.payment_id = payment.id AND surplus.refund_id IS NULL
            )
        GROUP BY o.id
        HAVING CASE WHEN o.paid_at IS NULL THEN 0 ELSE o.total END
            <> coalesce(sum(payment.amount), 0)
        """,
    ),
    Check(
        "done refunds are what lines gave back",
        "order {0}: refunded {1}, refunds {2}",
        """
        SELECT o.number, o.refunded_amount, coalesce(sum(refund.amount), 0) FROM orders_order o
        LEFT JOIN orders_refund refund ON refund.order_id = o.id AND refund.state = 'done'
        GROUP BY o.id HAVING o.refunded_amount <> coalesce(sum(refund.amount), 0)
        """,
    ),
    Check(
        "refund lines are what a line gave back",
        "line {0}: refunded {1} pieces {2}, refund lines {3} pieces {4}",
        """
        SELECT line.id, line.refunded_amount, line.refunded_quantity,
               coalesce(sum(part.amount), 0), coalesce(sum(part.quantity), 0)
        FROM orders_orderline line
        LEFT JOIN orders_refundline part ON part.line_id = line.id AND EXISTS (
            SELECT 1 FROM orders_refund refund
            WHERE refund.id = part.refund_id AND refund.state = 'done'
        )
        GROUP BY line.id
        HAVING line.refunded_amount <> coalesce(sum(part.amount), 0)
            OR line.refunded_quantity <> coalesce(sum(part.quantity), 0)
        """,
    ),
    Check(
        "a done refund's money went back",
        "refund {0}: {1}, repaid {2}",
        """
        SELECT refund.number, refund.amount, coalesce(sum(repayment.amount), 0)
        FROM orders_refund refund
        LEFT JOIN orders_repayment repayment
            ON repayment.refund_id = refund.id AND repayment.state = 'done'
        WHERE refund.state = 'done'
        GROUP BY refund.id HAVING refund.amount <> coalesce(sum(repayment.amount), 0)
        """,
    ),
    Check(
        "payouts and their reservations agree",
        "payout {0} is {1} over {2}, its reservation {3} over {4}",
        """
        SELECT payout.number, payout.state, payout.amount, reservation.state, reservation.amount
        FROM payouts_payout payout
        JOIN distribution_reservation reservation ON reservation.id = payout.reservation_id
        WHERE payout.amount <> reservation.amount
           OR payout.distributor_id <> reservation.distributor_id
           OR reservation.state <> CASE
                WHEN payout.state = 'paid' THEN 'settled'
                WHEN payout.state IN ('failed', 'cancelled') THEN 'released'
                ELSE 'reserved' END
        """,
    ),
]


def check_books() -> list[str]:
    """Everything that must agree and does not; empty when the books are right."""
    return run_checks([*LEDGER_CHECKS, *CHECKS])
