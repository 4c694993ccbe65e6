"""When a schedule is due, by Beijing's calendar."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from payouts.models import Schedule
from payouts.schedules import due_period, latest_due_day, next_due_day

WEEKLY = {"kind": Schedule.Kind.WEEKLY}
MONTHLY = {"kind": Schedule.Kind.MONTHLY}
THRESHOLD = {"kind": Schedule.Kind.THRESHOLD}


def schedule(*, since: date = date(2026, 1, 1), **values: object) -> Schedule:
    created = datetime(since.year, since.month, since.day, 4, tzinfo=UTC)  # noon in Beijing
    return Schedule(created_at=created, **values)


def due(on: str, **values: object) -> str | None:
    found = due_period(schedule(**values), date.fromisoformat(on))
    return found and found.isoformat()


@pytest.mark.parametrize(
    ("on", "weekday", "period"),
    [
        ("2026-03-30", 1, "2026-03-30"),  # a Monday
        ("2026-03-31", 1, "2026-03-30"),  # made up
        ("2026-04-05", 1, "2026-03-30"),
        ("2026-04-06", 1, "2026-04-06"),
        ("2026-04-05", 7, "2026-04-05"),  # a Sunday
        ("2026-04-04", 7, "2026-03-29"),
        ("2026-01-01", 5, None),  # the Friday before the shop had this schedule
    ],
)
def test_weekly(on: str, weekday: int, period: str | None) -> None:
    assert due(on, weekday=weekday, **WEEKLY) == period


@pytest.mark.parametrize(
    ("on", "day", "period"),
    [
        ("2026-01-31", 31, "2026-01-31"),
        ("2026-02-27", 31, "2026-01-31"),
        ("2026-02-28", 31, "2026-02-28"),  # the last day where there is no 31st
        ("2028-02-28", 31, "2028-01-31"),
        ("2028-02-29", 31, "2028-02-29"),  # a leap year
        ("2026-04-30", 31, "2026-04-30"),
        ("2026-05-01", 31, "2026-04-30"),
        ("2026-05-30", 31, "2026-04-30"),
        ("2026-02-28", 30, "2026-02-28"),
        ("2026-03-29", 30, "2026-02-28"),
        ("2026-03-01", 1, "2026-03-01"),
        ("2026-03-14", 15, "2026-02-15"),
        ("2027-01-14", 15, "2026-12-15"),  # over the turn of the year
        ("2026-01-14", 15, None),
    ],
)
def test_monthly(on: str, day: int, period: str | None) -> None:
    assert due(on, day_of_month=day, **MONTHLY) == period


def test_a_threshold_is_looked_at_daily() -> None:
    assert due("2026-03-30", **THRESHOLD) == "2026-03-30"
    assert due("2026-03-31", **THRESHOLD) == "2026-03-31"


@pytest.mark.parametrize("values", [WEEKLY | {"weekday": 3}, MONTHLY | {"day_of_month": 1}])
def test_no_day_is_made_up_from_before_the_schedule_was(values: dict[str, object]) -> None:
    since = date(2026, 4, 2)  # a Thursday
    assert due("2026-04-02", since=since, **values) is None
    assert due("2026-04-07", since=since, **values) is None


def test_the_day_it_was_made_counts_if_it_is_the_day() -> None:
    since = date(2026, 3, 30)
    assert due("2026-03-30", since=since, weekday=1, **WEEKLY) == "2026-03-30"
    assert due("2026-04-01", since=since, weekday=1, **WEEKLY) == "2026-03-30"


def test_the_day_it_was_made_is_beijings() -> None:
    """Monday, 7 in the evening in London: Tuesday in Beijing, so this Monday is not made up."""
    made = Schedule(created_at=datetime(2026, 3, 30, 18, tzinfo=UTC), weekday=1, **WEEKLY)
    assert due_period(made, date(2026, 3, 31)) is None


@pytest.mark.parametrize(
    ("values", "after", "expected"),
    [
        (WEEKLY | {"weekday": 1}, "2026-03-30", "2026-04-06"),
        (WEEKLY | {"weekday": 1}, "2026-04-05", "2026-04-06"),
        (MONTHLY | {"day_of_month": 31}, "2026-01-31", "2026-02-28"),
        (MONTHLY | {"day_of_month": 31}, "2026-02-28", "2026-03-31"),
        (MONTHLY | {"day_of_month": 1}, "2026-12-01", "2027-01-01"),
        (THRESHOLD, "2026-12-31", "2027-01-01"),
    ],
)
def test_the_next_day(values: dict[str, object], after: str, expected: str) -> None:
    assert next_due_day(schedule(**values), date.fromisoformat(after)).isoformat() == expected


@pytest.mark.parametrize("values", [WEEKLY | {"weekday": 6}, MONTHLY | {"day_of_month": 31}])
def test_every_day_of_four_years_has_one_period_and_they_follow_each_other(
    values: dict[str, object],
) -> None:
    one = schedule(**values)
    days = [date.fromordinal(date(2026, 1, 31).toordinal() + i) for i in range(4 * 365)]
    periods = [latest_due_day(one, day) for day in days]
    assert all(period <= day for period, day in zip(periods, days, strict=True))
    assert periods == sorted(periods)
    for period, following in pairwise(periods):
        if following != period:
            assert following == next_due_day(one, period)
