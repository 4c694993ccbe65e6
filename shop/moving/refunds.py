"""refunds.csv: what of a line went back, pieces or money or both; shipping is not in it.

A row is one refund that is done. Rows that say the same are refunds of their own: how many say
so before it is part of a refund's number, so that importing again adds nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from base.money import ZERO
from orders.models import Order, OrderEvent, Refund, RefundLine, Repayment
from orders.states import EventKind, RefundState, RepaymentState
from shop.moving.accrual import accrue_refunds, publish_refunds, waves
from shop.moving.files import Column, Form, Values
from shop.moving.outcome import Outcome
from shop.moving.progress import Progress
from shop.moving.rows import add_rows
from shop.moving.staging import Arrival, arriving, chunks, flush_checks, stream
from shop.moving.values import money, optional, past_moment, pieces, required, text_up_to

CHUNK = 500


def _check(values: Values) -> Iterator[tuple[str, str]]:
    if not values["quantity"] and not values["amount"]:
        yield "amount", _("数量和金额不能都为 0")


FORM = Form(
    "refunds.csv",
    (
        Column("order", required(text_up_to(40))),
        Column("sku", required(text_up_to(60))),
        Column("quantity", optional(pieces, 0), "integer"),
        Column("amount", optional(money, ZERO), "numeric"),
        Column("refunded_at", required(past_moment), "timestamptz"),
    ),
    _check,
)

# What may change while the file comes in: the orders it names, then the money of their payees.
LOCK = """
SELECT known.id FROM orders_order known
WHERE known.number IN (SELECT "order" FROM moving_refunds)
ORDER BY known.id FOR NO KEY UPDATE;
SELECT balance.distributor_id FROM distribution_balance balance
WHERE balance.distributor_id IN (
    SELECT commission.payee_id FROM distribution_commission commission
    JOIN orders_order known ON known.id = commission.order_id
    WHERE known.number IN (SELECT "order" FROM moving_refunds)
)
ORDER BY balance.distributor_id FOR NO KEY UPDATE;
"""

RESOLVE = """
DROP TABLE IF EXISTS pg_temp.moving_parts;
CREATE TEMP TABLE moving_parts ON COMMIT DROP AS
WITH numbered AS (
    SELECT moved.*, encode(sha256(convert_to(concat_ws(
        '|', "order", sku, quantity, amount, extract(epoch FROM refunded_at),
        row_number() OVER (
            PARTITION BY "order", sku, quantity, amount, refunded_at ORDER BY row_no
        )
    ), 'UTF8')), 'hex') AS digest
    FROM moving_refunds moved
)
SELECT moved.*, moved."order" || '-' || left(moved.digest, 16) AS number,
       known.id AS order_id, known.paid_at, line.id AS line_id,
       line.quantity - line.refunded_quantity AS quantity_left,
       line.paid - line.refunded_amount AS amount_left,
       NOT EXISTS (
           SELECT 1 FROM orders_refund refund
           WHERE refund.number = moved."order" || '-' || left(moved.digest, 16)
       ) AS is_new
FROM numbered moved
LEFT JOIN orders_order known ON known.number = moved."order"
LEFT JOIN orders_orderline line ON line.order_id = known.id AND line.sku = moved.sku;
ANALYZE moving_parts;
"""

UNKNOWN_ORDER = """
SELECT row_no FROM moving_parts WHERE "order" IS NOT NULL AND order_id IS NULL
"""
UNKNOWN_LINE = """
SELECT row_no FROM moving_parts
WHERE sku IS NOT NULL AND order_id IS NOT NULL AND line_id IS NULL
"""
NOT_PAID = """SELECT row_no FROM moving_parts WHERE line_id IS NOT NULL AND paid_at IS NULL"""
TOO_EARLY = """SELECT row_no FROM moving_parts WHERE refunded_at < paid_at"""
# More than the line has left, after what was refunded before and after open after-sales.
TOO_MUCH = """
SELECT row_no FROM (
    SELECT moved.row_no, moved.{column}_left - coalesce(asked.{column}, 0)
           - sum(moved.{column}) OVER (PARTITION BY moved.line_id ORDER BY moved.row_no) AS left_over
    FROM moving_parts moved
    LEFT JOIN (
        SELECT part.line_id, sum(part.quantity) AS quantity, sum(part.amount) AS amount
        FROM orders_refundline part JOIN orders_refund refund ON refund.id = part.refund_id
        WHERE refund.state IN ('requested', 'approved') GROUP BY part.line_id
    ) asked ON asked.line_id = moved.line_id
    WHERE moved.is_good AND moved.is_new AND moved.line_id IS NOT NULL
) summed WHERE left_over < 0
"""

NEW = """
SELECT moved.number, moved.digest, moved.order_id, moved.line_id, moved.quantity, moved.amount,
       moved.refunded_at, (
           SELECT payment.id FROM orders_payment payment
           WHERE payment.order_id = moved.order_id AND payment.state = 'paid'
             AND NOT EXISTS (
                 SELECT 1 FROM orders_repayment surplus
                 WHERE surplus.payment_id = payment.id AND surplus.refund_id IS NULL
             )
           ORDER BY payment.paid_at, payment.id LIMIT 1
       )
FROM moving_parts moved WHERE moved.is_new ORDER BY moved.refunded_at, moved.row_no
"""

TAKE_FROM_LINES = """
UPDATE orders_orderline AS line
SET refunded_quantity = line.refunded_quantity + part.quantity,
    refunded_amount = line.refunded_amount + part.amount
FROM unnest(%s::bigint[], %s::integer[], %s::numeric[]) AS part(line_id, quantity, amount)
WHERE line.id = part.line_id
"""

TAKE_FROM_ORDERS = """
UPDATE orders_order AS refunded SET refunded_amount = refunded.refunded_amount + part.amount
FROM (
    SELECT order_id, sum(amount) AS amount
    FROM unnest(%s::bigint[], %s::numeric[]) AS part(order_id, amount) GROUP BY order_id
) part
WHERE refunded.id = part.order_id
"""


@dataclass(frozen=True)
class MovedRefund:
    """A new row with what it names; an order that was free has no payment, and nothing to repay."""

    number: str
    digest: str
    order_id: int
    line_id: int
    quantity: int
    amount: Decimal
    refunded_at: datetime
    payment_id: int


def import_refunds(path: Path, progress: Progress, *, with_events: bool) -> Outcome:
    """Bring the file in, or raise Refused and change nothing.

    `with_events`: refunds moved in earlier without events go before the listeners too. Those of
    an order that has events always do, so that its commissions stay right.
    """
    with arriving(path, FORM, progress) as arrival:
        _check_refunds(arrival)
        arrival.refuse()
        with progress.step(path.name, "write") as step:
            for rows in chunks(stream(NEW), CHUNK):
                for wave in waves((MovedRefund(*row) for row in rows), lambda moved: moved.line_id):
                    _add(wave)
                step.advance(len(rows))
        if with_events:
            accrue_refunds(progress)
        outcome = Outcome(path.name, step.done, arrival.count - step.done)
        outcome.record()
    return outcome


def _check_refunds(arrival: Arrival) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(RESOLVE)
    arrival.check("order", _("没有这个订单"), UNKNOWN_ORDER)
    arrival.check("sku", _("这个订单里没有这个货号"), UNKNOWN_LINE)
    arrival.check("order", _("这个订单没有付款"), NOT_PAID)
    arrival.check("refunded_at", _("退款早于付款"), TOO_EARLY)
    arrival.check("quantity", _("超过了这一行还能退的件数"), TOO_MUCH.format(column="quantity"))
    arrival.check("amount", _("超过了这一行还能退的金额"), TOO_MUCH.format(column="amount"))


def _add(wave: Sequence[MovedRefund]) -> None:
    """Refunds of different lines: their rows, what their lines and orders keep, their events."""
    refunds = add_rows(_refund(moved) for moved in wave)
    pairs = list(zip(refunds, wave, strict=True))
    add_rows(
        RefundLine(
            refund=refund, line_id=moved.line_id, quantity=moved.quantity, amount=moved.amount
        )
        for refund, moved in pairs
    )
    add_rows(_repayment(*pair) for pair in pairs if pair[0].amount)
    amounts = [moved.amount for moved in wave]
    lines = [moved.line_id for moved in wave]
    order_ids = [moved.order_id for moved in wave]
    with connection.cursor() as cursor:
        cursor.execute(TAKE_FROM_LINES, [lines, [moved.quantity for moved in wave], amounts])
        cursor.execute(TAKE_FROM_ORDERS, [order_ids, amounts])
    orders = Order.objects.in_bulk(order_ids)
    for refund in refunds:
        refund.order = orders[refund.order_id]
    paid = OrderEvent.objects.filter(order__in=orders, kind=EventKind.PAID)
    told = set(paid.values_list("order_id", flat=True))
    publish_refunds([refund for refund in refunds if refund.order_id in told])
    flush_checks()


def _refund(moved: MovedRefund) -> Refund:
    return Refund(
        order_id=moved.order_id,
        number=moved.number,
        state=RefundState.DONE,
        amount=moved.amount,
        note=_("从原商城迁入"),
        requested_at=moved.refunded_at,
        decided_at=moved.refunded_at,
        done_at=moved.refunded_at,
    )


def _repayment(refund: Refund, moved: MovedRefund) -> Repayment:
    return Repayment(
        payment_id=moved.payment_id,
        refund=refund,
        number=f"R{moved.digest[:24].upper()}",
        amount=moved.amount,
        state=RepaymentState.DONE,
        created_at=moved.refunded_at,
        next_attempt_at=moved.refunded_at,
        done_at=moved.refunded_at,
    )
