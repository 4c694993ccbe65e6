"""Earned and paid over time: by days, weeks or months, and against the period before.

What was earned on a day is what its commissions are worth now, after refunds, by the Beijing day of
their payment; what was paid is what reached the distributor on that day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from base.clock import BEIJING, beijing_date, day_start
from base.money import ZERO
from distribution.models import Distributor


class Step(models.TextChoices):
    """How wide the bars of the chart are."""

    DAYS = "days", _("日")
    WEEKS = "weeks", _("周")
    MONTHS = "months", _("月")


BARS = {Step.DAYS: 30, Step.WEEKS: 12, Step.MONTHS: 12}


@dataclass(frozen=True)
class Day:
    """A day, or the week or month that begins on it."""

    day: date
    level1: Decimal = ZERO
    level2: Decimal = ZERO
    orders: int = 0
    paid: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        return self.level1 + self.level2

    @property
    def highest(self) -> Decimal:
        return max(self.amount, self.paid)

    @property
    def is_empty(self) -> bool:
        return not (self.orders or self.paid)


@dataclass(frozen=True)
class Compared:
    """A figure and what it was at the same moment of the period before."""

    now: Decimal
    before: Decimal

    @property
    def arrow(self) -> str:
        if self.now == self.before:
            return ""
        return "↑" if self.now > self.before else "↓"


@dataclass(frozen=True)
class Earned:
    today: Compared
    month: Compared
    step: Step
    days: list[Day]

    @property
    def last_days(self) -> Decimal:
        return sum((day.amount for day in self.days), ZERO)

    @property
    def last_paid(self) -> Decimal:
        return sum((day.paid for day in self.days), ZERO)


# `by_now`: of a day, what had been earned by this time of day.
BY_DAY = """
SELECT (at AT TIME ZONE 'Asia/Shanghai')::date AS day,
       coalesce(sum(amount) FILTER (WHERE level = 1), 0),
       coalesce(sum(amount) FILTER (WHERE level = 2), 0),
       count(DISTINCT order_id),
       coalesce(sum(amount) FILTER (WHERE level = 0), 0),
       coalesce(sum(amount) FILTER (
           WHERE level > 0 AND (at AT TIME ZONE 'Asia/Shanghai')::time <= %(time)s
       ), 0)
FROM (
    SELECT accrued_at AS at, amount, level, order_id FROM distribution_commission
    WHERE payee_id = %(who)s AND accrued_at >= %(start)s AND accrued_at <= %(at)s
    UNION ALL
    SELECT closed_at, amount, 0, NULL FROM distribution_reservation
    WHERE distributor_id = %(who)s AND state = 'settled'
      AND closed_at >= %(start)s AND closed_at <= %(at)s
) moved
GROUP BY 1
"""


def earned_by(distributor: Distributor, *, at: datetime, step: Step = Step.DAYS) -> Earned:
    """Today and this month against the ones before, and the bars of the chart: one query."""
    today = beijing_date(at)
    starts = _starts(today, step)
    first_of_month = today.replace(day=1)
    month_before = (first_of_month - timedelta(days=1)).replace(day=1)
    by_day, by_now = _by_day(distributor, min(starts[0], month_before), at)
    yesterday = today - timedelta(days=1)
    none = Day(today)
    month = sum((day.amount for day in by_day.values() if day.day >= first_of_month), ZERO)
    before = sum(
        (
            by_now[day] if day.day == today.day else by_day[day].amount
            for day in by_day
            if month_before <= day < first_of_month and day.day <= today.day
        ),
        ZERO,
    )
    return Earned(
        today=Compared(by_day.get(today, none).amount, by_now.get(yesterday, ZERO)),
        month=Compared(month, before),
        step=step,
        days=_bars(starts, by_day),
    )


def _by_day(
    distributor: Distributor, first: date, at: datetime
) -> tuple[dict[date, Day], dict[date, Decimal]]:
    values: dict[str, Any] = {
        "who": distributor.pk,
        "start": day_start(first),
        "at": at,
        "time": at.astimezone(BEIJING).time(),
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, values)
        rows = cursor.fetchall()
    days = {day: Day(day, one, two, orders, paid) for day, one, two, orders, paid, _now in rows}
    return days, {row[0]: row[5] for row in rows}


def _starts(today: date, step: Step) -> list[date]:
    """The first days of the bars, oldest first; weeks begin on Monday."""
    if step == Step.MONTHS:
        months = [today.year * 12 + today.month - 1 - back for back in range(BARS[step])]
        return [date(month // 12, month % 12 + 1, 1) for month in reversed(months)]
    width = 7 if step == Step.WEEKS else 1
    last = today - timedelta(days=today.weekday()) if step == Step.WEEKS else today
    return [last - timedelta(days=width * back) for back in reversed(range(BARS[step]))]


def _bars(starts: list[date], by_day: dict[date, Day]) -> list[Day]:
    bars = []
    for start, end in zip(starts, [*starts[1:], date.max], strict=True):
        inside = [day for day in by_day.values() if start <= day.day < end]
        bars.append(
            Day(
                start,
                sum((day.level1 for day in inside), ZERO),
                sum((day.level2 for day in inside), ZERO),
                sum(day.orders for day in inside),
                sum((day.paid for day in inside), ZERO),
            )
        )
    return bars
