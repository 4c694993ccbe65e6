"""The periods in which tiers are earned: calendar months, quarters, or so many days, in Beijing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from base.clock import beijing_date, day_start
from distribution.models import TierCalendar


@dataclass(frozen=True)
class Period:
    """From Beijing midnight of `start` to that of `end`, the first day after."""

    start: date
    end: date

    @property
    def begins_at(self) -> datetime:
        return day_start(self.start)

    @property
    def ends_at(self) -> datetime:
        return day_start(self.end)

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)


def the_calendar() -> TierCalendar:
    return TierCalendar.objects.get()


def period_at(calendar: TierCalendar, at: datetime) -> Period:
    """The period that is running at a moment."""
    return _period_of(calendar, beijing_date(at))


def period_before(calendar: TierCalendar, period: Period) -> Period:
    """The one that ended when this one began."""
    return _period_of(calendar, period.start - timedelta(days=1))


def _period_of(calendar: TierCalendar, day: date) -> Period:
    if calendar.kind == TierCalendar.Kind.DAYS:
        days = timedelta(days=calendar.days)
        start = calendar.days_from + (day - calendar.days_from) // days * days
        return Period(start, start + days)
    months = 3 if calendar.kind == TierCalendar.Kind.QUARTER else 1
    first = (day.month - 1) // months * months + 1
    start = day.replace(month=first, day=1)
    return Period(start, (start + timedelta(days=31 * months)).replace(day=1))
