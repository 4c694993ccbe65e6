"""orders.csv: one row a line. Orders that happened elsewhere, as they were: they take no stock.

An order that is here already stays as it is, except that one still on its way is received when
the file now says so.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.money import ZERO
from catalog.models.product import Kind
from orders.models import LineDiscount, Order, OrderLine, Payment
from orders.offline import Offline
from orders.receipt import receive_order
from orders.sales import refresh_sold
from orders.states import OrderState, PaymentState
from shop.moving.accrual import accrue_orders
from shop.moving.files import Column, Form, Values
from shop.moving.outcome import Outcome
from shop.moving.progress import Progress
from shop.moving.rows import add_rows
from shop.moving.staging import Arrival, arriving, chunks, flush_checks, repeated, stream
from shop.moving.values import (
    MOST_MONEY,
    money,
    optional,
    past_moment,
    pieces_from_one,
    required,
    text_up_to,
)

CHUNK = 500


def _check(values: Values) -> Iterator[tuple[str, str]]:
    worth = values["unit_price"] * values["quantity"]
    if worth >= MOST_MONEY:
        yield "unit_price", _("金额太大")
    if values["discount"] > worth:
        yield "discount", _("优惠超过了单价 × 数量")
    placed_at, paid_at, received_at = (
        values[f"{act}_at"] for act in ("placed", "paid", "received")
    )
    if paid_at and paid_at < placed_at:
        yield "paid_at", _("付款早于下单")
    if received_at and not paid_at:
        yield "received_at", _("没有付款，不能收货")
    if received_at and paid_at and received_at < paid_at:
        yield "received_at", _("收货早于付款")


FORM = Form(
    "orders.csv",
    (
        Column("order", required(text_up_to(40))),
        Column("member", required(text_up_to(40))),
        Column("placed_at", required(past_moment), "timestamptz"),
        Column("paid_at", optional(past_moment), "timestamptz"),
        Column("received_at", optional(past_moment), "timestamptz"),
        Column("sku", required(text_up_to(60))),
        Column("quantity", required(pieces_from_one), "integer"),
        Column("unit_price", required(money), "numeric"),
        Column("discount", optional(money, ZERO), "numeric"),
        Column("shipping", optional(money, ZERO), "numeric"),
        Column("province", text_up_to(40)),
    ),
    _check,
)

# The rows with what they name in this shop, and the number of their order's first row.
RESOLVE = """
DROP TABLE IF EXISTS pg_temp.moving_lines;
CREATE TEMP TABLE moving_lines ON COMMIT DROP AS
SELECT moved.*, min(moved.row_no) OVER (PARTITION BY moved."order") AS first_row,
       person.id AS user_id, variant.id AS variant_id, known.id AS order_id,
       known.user_id AS known_user_id
FROM moving_orders moved
LEFT JOIN accounts_user person ON person.member_no = moved.member
LEFT JOIN catalog_variant variant ON variant.sku = moved.sku
LEFT JOIN orders_order known ON known.number = moved."order";
CREATE INDEX ON moving_lines (row_no);
ANALYZE moving_lines;
"""

UNKNOWN_MEMBER = """
SELECT row_no FROM moving_lines WHERE member IS NOT NULL AND user_id IS NULL
"""
UNKNOWN_SKU = """SELECT row_no FROM moving_lines WHERE sku IS NOT NULL AND variant_id IS NULL"""
SOMEBODY_ELSES = """
SELECT row_no FROM moving_lines WHERE order_id IS NOT NULL AND user_id <> known_user_id
"""
LINE_ADDED = """
SELECT row_no FROM moving_lines moved WHERE order_id IS NOT NULL AND variant_id IS NOT NULL
AND NOT EXISTS (
    SELECT 1 FROM orders_orderline line
    WHERE line.order_id = moved.order_id AND line.variant_id = moved.variant_id
)
"""
SHIPPING_LATER = """
SELECT row_no FROM moving_lines
WHERE "order" IS NOT NULL AND row_no <> first_row AND shipping <> 0
"""
TOO_MUCH = """
SELECT min(row_no) FROM moving_lines WHERE is_good GROUP BY "order"
HAVING sum(unit_price * quantity) + sum(shipping) >= 10000000000
"""
# What is the order's must be the same in all its rows; later rows may leave the province out.
DIFFERS = """
SELECT moved.row_no FROM moving_lines moved JOIN moving_lines first ON first.row_no = moved.first_row
WHERE moved.is_good AND first.is_good AND moved.{column} IS DISTINCT FROM first.{column}
"""

NEW = """
SELECT moved."order", moved.user_id, moved.placed_at, moved.paid_at, moved.province, moved.shipping,
       moved.received_at, variant.id, product.id, category.path, variant.sku, product.kind,
       product.name, product.name_en, variant.name, variant.name_en, moved.unit_price,
       variant.cost, moved.quantity, moved.discount
FROM moving_lines moved JOIN catalog_variant variant ON variant.id = moved.variant_id
JOIN catalog_product product ON product.id = variant.product_id
JOIN catalog_category category ON category.id = product.category_id
WHERE moved.order_id IS NULL ORDER BY moved.placed_at, moved.first_row, moved.row_no
"""

ARRIVED = """
SELECT moved.order_id, max(moved.received_at) FROM moving_lines moved
JOIN orders_order known ON known.id = moved.order_id AND known.state = 'shipped'
GROUP BY moved.order_id HAVING bool_and(moved.received_at IS NOT NULL) ORDER BY moved.order_id
"""


@dataclass(frozen=True)
class MovedLine:
    """A row of a new order with the goods it names."""

    order: str
    user_id: int
    placed_at: datetime
    paid_at: datetime | None
    province: str
    shipping: Decimal
    received_at: datetime | None
    variant_id: int
    product_id: int
    category_path: list[int]
    sku: str
    kind: str
    name: str
    name_en: str
    variant_name: str
    variant_name_en: str
    price: Decimal
    cost: Decimal | None
    quantity: int
    discount: Decimal

    @property
    def paid(self) -> Decimal:
        return self.price * self.quantity - self.discount

    @property
    def arrived_at(self) -> datetime | None:
        """Virtual goods are delivered with the payment, as in this shop."""
        return self.paid_at if self.kind == Kind.VIRTUAL else self.received_at


def import_orders(path: Path, progress: Progress, *, with_events: bool) -> Outcome:
    """Bring the file in, or raise Refused and change nothing.

    `with_events`: every order without events, of this file or an earlier one, is then placed,
    paid and received before its listeners.
    """
    with arriving(path, FORM, progress) as arrival:
        _check_orders(arrival)
        arrival.refuse()
        with progress.step(path.name, "write") as step:
            for orders in chunks(_orders(), CHUNK):
                _add(orders)
                step.advance(len(orders))
        received = _receive_known()
        if step.done:
            refresh_sold(_earliest())
        if with_events:
            accrue_orders(progress)
        note = _("收货 %(count)d 单") % {"count": received} if received else ""
        outcome = Outcome(path.name, step.done, _count_known(), note)
        outcome.record()
    return outcome


def _check_orders(arrival: Arrival) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RESOLVE)
    arrival.check("member", _("没有这个会员"), UNKNOWN_MEMBER)
    arrival.check("sku", _("没有这个货号"), UNKNOWN_SKU)
    arrival.check("sku", _("这个订单里已有这个货号"), repeated("moving_lines", "order", "sku"))
    arrival.check("order", _("这个订单号已属于别的会员"), SOMEBODY_ELSES)
    arrival.check("sku", _("这个订单已在商城里，不能再加商品"), LINE_ADDED)
    for column in ("member", "placed_at", "paid_at"):
        arrival.check(column, _("同一订单的各行应相同"), DIFFERS.format(column=column))
    other_province = DIFFERS.format(column="province") + " AND moved.province <> ''"
    arrival.check("province", _("同一订单的各行应相同"), other_province)
    arrival.check("shipping", _("运费写在订单的第一行"), SHIPPING_LATER)
    arrival.check("order", _("金额太大"), TOO_MUCH)


def _orders() -> Iterator[list[MovedLine]]:
    lines = (MovedLine(*row) for row in stream(NEW))
    for _number, grouped in groupby(lines, key=lambda line: line.order):
        yield list(grouped)


def _add(orders: Sequence[list[MovedLine]]) -> None:
    now = timezone.now()
    rows = add_rows(_order(lines, now) for lines in orders)
    lines = add_rows(
        _line(row, line) for row, lines in zip(rows, orders, strict=True) for line in lines
    )
    add_rows(
        LineDiscount(line=line, source="import", label=_("原商城优惠"), amount=line.discount)
        for line in lines
        if line.discount
    )
    add_rows(_payments(rows))
    flush_checks()


def _order(lines: Sequence[MovedLine], now: datetime) -> Order:
    first = lines[0]
    goods = sum((line.paid for line in lines), ZERO)
    order = Order(
        number=first.order,
        user_id=first.user_id,
        goods_amount=goods,
        discount_amount=sum((line.discount for line in lines), ZERO),
        shipping_amount=first.shipping,
        total=goods + first.shipping,
        province=first.province,
        placed_at=first.placed_at,
        expires_at=first.placed_at + timedelta(minutes=settings.UNPAID_MINUTES),
        paid_at=first.paid_at,
    )
    arrivals = [line.arrived_at for line in lines]
    if first.paid_at is None:
        order.state, order.closed_at = OrderState.CLOSED, order.expires_at
        order.close_reason = gettext_noop("超时未付款")
    elif None not in arrivals:
        order.state = OrderState.RECEIVED
        order.received_at = max(at for at in arrivals if at)
    else:
        order.state = OrderState.SHIPPED
    if first.paid_at and any(line.kind == Kind.PHYSICAL for line in lines):
        # When it was sent is not known; what is still on its way has its days from now on.
        order.shipped_at = first.paid_at if order.received_at else now
    return order


def _line(order: Order, line: MovedLine) -> OrderLine:
    return OrderLine(
        order=order,
        variant_id=line.variant_id,
        product_id=line.product_id,
        category_path=line.category_path,
        sku=line.sku,
        kind=line.kind,
        name=line.name,
        name_en=line.name_en,
        variant_name=line.variant_name,
        variant_name_en=line.variant_name_en,
        price=line.price,
        cost=line.cost,
        quantity=line.quantity,
        discount=line.discount,
        paid=line.paid,
        received_at=line.arrived_at,
    )


def _payments(orders: Iterable[Order]) -> Iterator[Payment]:
    for order in orders:
        if order.paid_at and order.total:
            digest = hashlib.sha256(order.number.encode()).hexdigest()[:24].upper()
            yield Payment(
                order=order,
                number=f"P{digest}",
                method=Offline.code,
                amount=order.total,
                state=PaymentState.PAID,
                created_at=order.paid_at,
                paid_at=order.paid_at,
            )


def _receive_known() -> int:
    """Orders that were on their way and have arrived by now, through the live function."""
    arrived = dict(stream(ARRIVED))
    for chunk in chunks(arrived, CHUNK):
        for order in Order.objects.filter(pk__in=chunk).order_by("pk"):
            receive_order(order, at=arrived[order.pk])
    return len(arrived)


def _earliest() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(placed_at) FROM moving_orders")
        (at,) = cursor.fetchone()
    return at


def _count_known() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT count(DISTINCT "order") FROM moving_lines WHERE order_id IS NOT NULL'
        )
        return int(cursor.fetchone()[0])
