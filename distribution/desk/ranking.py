"""Places by own sales and by earnings, counted by beat; never by whom somebody brought in.

A page reads one row for the reader's own place and the first hundred for the board, however many
distributors there are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from base.clock import month_start
from base.money import ZERO
from distribution.desk.team import masked_name
from distribution.models import Distributor, Presentation, Result
from distribution.models.result import ALL_TIME
from distribution.states import IN_PROGRAMME

ON_BOARD = 100
LOCK = 20_261_125  # of counting, so that two beats never count at once


class Period(models.TextChoices):
    MONTH = "month", _("本月")
    LAST = "last", _("上月")
    ALL = "all", _("累计")


class Measure(models.TextChoices):
    SALES = "sales", _("按销售额")
    EARNED = "earned", _("按佣金")


@dataclass(frozen=True)
class Row:
    """One of the board as the reader may see them."""

    place: int
    name: str
    amount: Decimal
    orders: int
    is_me: bool


@dataclass(frozen=True)
class Own:
    """The reader's own place, and how much is missing to the one above."""

    place: int
    amount: Decimal
    orders: int
    gap: Decimal | None


def period_name(period: Period, at: datetime) -> str:
    """How its rows are marked: 2026-11, or all."""
    if period == Period.ALL:
        return ALL_TIME
    start = month_start(at)
    if period == Period.LAST:
        start = month_start(start - timedelta(days=1))
    return f"{start:%Y-%m}"


def board(
    reader: Distributor, period: Period, measure: Measure, setting: str, *, at: datetime
) -> list[Row]:
    """The first hundred, names as the merchant's setting says: one query, none when it is off."""
    if setting == Presentation.Ranking.OFF:
        return []
    rows = (
        _ranked(period, measure, at)
        .filter(**{f"{measure}_place__lte": ON_BOARD})
        .select_related("distributor__user")
        .order_by(f"{measure}_place", "distributor")
    )
    shows_names = setting == Presentation.Ranking.NAMES
    return [
        Row(
            place=getattr(row, f"{measure}_place"),
            name=(row.distributor.user.name if shows_names else "")
            or masked_name(row.distributor.user),
            amount=getattr(row, measure),
            orders=row.orders,
            is_me=row.distributor_id == reader.pk,
        )
        for row in rows[:ON_BOARD]
    ]


def own_place(reader: Distributor, period: Period, measure: Measure, *, at: datetime) -> Own | None:
    """None before the first sale or commission of the period: two queries at most."""
    rows = _ranked(period, measure, at)
    mine = rows.filter(distributor=reader).first()
    if mine is None:
        return None
    place, amount = getattr(mine, f"{measure}_place"), getattr(mine, measure)
    above = rows.filter(**{f"{measure}_place__lt": place}).order_by(f"-{measure}_place").first()
    gap = getattr(above, measure) - amount if above else None
    return Own(place, amount, mine.orders, gap)


def _ranked(period: Period, measure: Measure, at: datetime) -> models.QuerySet[Result]:
    return Result.objects.filter(period=period_name(period, at), **{f"{measure}__gt": ZERO})


COUNT = """
WITH earned AS (
    SELECT payee_id AS who, sum(amount) AS earned FROM distribution_commission
    WHERE accrued_at >= %(start)s AND accrued_at < %(end)s GROUP BY payee_id
), sold AS (
    SELECT terms.payee1_id AS who,
           count(*) FILTER (WHERE o.goods_amount > o.refunded_amount - o.refunded_shipping)
               AS orders,
           sum(o.goods_amount - o.refunded_amount + o.refunded_shipping) AS sales
    FROM distribution_orderterms terms JOIN orders_order o ON o.id = terms.order_id
    WHERE terms.paid_at >= %(start)s AND terms.paid_at < %(end)s
      AND terms.block1 = '' AND NOT terms.is_self_purchase
    GROUP BY terms.payee1_id
), ranked AS (
    SELECT person.user_id AS who, coalesce(sold.orders, 0) AS orders,
           coalesce(sold.sales, 0) AS sales, coalesce(earned.earned, 0) AS earned,
           rank() OVER (ORDER BY coalesce(sold.sales, 0) DESC) AS sales_place,
           rank() OVER (ORDER BY coalesce(earned.earned, 0) DESC) AS earned_place
    FROM distribution_distributor person
    LEFT JOIN earned ON earned.who = person.user_id
    LEFT JOIN sold ON sold.who = person.user_id
    WHERE person.status = ANY(%(in_programme)s)
      AND (coalesce(sold.sales, 0) > 0 OR coalesce(earned.earned, 0) > 0)
), gone AS (
    DELETE FROM distribution_result result
    WHERE result.period = %(period)s
      AND NOT EXISTS (SELECT 1 FROM ranked WHERE ranked.who = result.distributor_id)
)
INSERT INTO distribution_result AS result
    (period, distributor_id, orders, sales, earned, sales_place, earned_place, counted_at)
SELECT %(period)s, who, orders, sales, earned, sales_place, earned_place, %(at)s FROM ranked
ON CONFLICT (distributor_id, period) DO UPDATE SET
    orders = excluded.orders, sales = excluded.sales, earned = excluded.earned,
    sales_place = excluded.sales_place, earned_place = excluded.earned_place,
    counted_at = excluded.counted_at
WHERE (result.orders, result.sales, result.earned, result.sales_place, result.earned_place)
    IS DISTINCT FROM (excluded.orders, excluded.sales, excluded.earned, excluded.sales_place,
                      excluded.earned_place)
"""
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+08:00")


@transaction.atomic
def count_results(period: Period, *, at: datetime) -> int:
    """Count a period anew, in one statement. Returns how many rows changed; 0 while another beat
    counts."""
    this_month = month_start(at)
    start, end = {
        Period.MONTH: (this_month, at + timedelta(seconds=1)),
        Period.LAST: (month_start(this_month - timedelta(days=1)), this_month),
        Period.ALL: (LONG_AGO, at + timedelta(seconds=1)),
    }[period]
    values: dict[str, Any] = {
        "start": start,
        "end": end,
        "at": at,
        "period": period_name(period, at),
        "in_programme": [str(status) for status in IN_PROGRAMME],
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(COUNT, values)
        return int(cursor.rowcount)
