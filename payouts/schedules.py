"""When a schedule is due, and which period that is. Pure calendar; Beijing dates.

A weekly or monthly period is named by its due day. A day that was missed is made up later in the
same period, but never for a day before the schedule existed. A threshold schedule is looked at
daily, and its period is that date.
"""

import calendar
from datetime import date, timedelta

from base.clock import beijing_date
from payouts.models import Schedule


def due_period(schedule: Schedule, on: date) -> date | None:
    """The period to run on this day, or None when nothing is due."""
    due = latest_due_day(schedule, on)
    is_made_up = due < on
    if is_made_up and due < beijing_date(schedule.created_at):
        return None
    return due


def latest_due_day(schedule: Schedule, on: date) -> date:
    """The last day, up to and including `on`, on which the schedule falls."""
    if schedule.kind == Schedule.Kind.THRESHOLD:
        return on
    if schedule.kind == Schedule.Kind.WEEKLY:
        return on - timedelta(days=(on.isoweekday() - schedule.weekday) % 7)
    this_month = _day_in_month(on.year, on.month, schedule.day_of_month)
    if this_month <= on:
        return this_month
    last = on.replace(day=1) - timedelta(days=1)
    return _day_in_month(last.year, last.month, schedule.day_of_month)


def next_due_day(schedule: Schedule, after: date) -> date:
    """The first day after `after` on which the schedule falls."""
    if schedule.kind == Schedule.Kind.THRESHOLD:
        return after + timedelta(days=1)
    day = after + timedelta(days=1)
    while latest_due_day(schedule, day) != day:
        day += timedelta(days=1)
    return day


def _day_in_month(year: int, month: int, day: int) -> date:
    """That day, or the month's last where it has no such day."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
