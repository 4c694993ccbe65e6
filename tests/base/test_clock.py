from datetime import UTC, date, datetime

import pytest

from base.clock import BEIJING, beijing_date, day_end, day_start, month_start


@pytest.mark.parametrize(
    ("at", "day", "month"),
    [
        (datetime(2026, 2, 28, 15, 59, 59, 999999, UTC), date(2026, 2, 28), date(2026, 2, 1)),
        (datetime(2026, 2, 28, 16, 0, tzinfo=UTC), date(2026, 3, 1), date(2026, 3, 1)),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), date(2026, 1, 1), date(2026, 1, 1)),
        (datetime(2026, 1, 1, tzinfo=BEIJING), date(2026, 1, 1), date(2026, 1, 1)),
    ],
)
def test_days_and_months_are_beijings(at: datetime, day: date, month: date) -> None:
    assert beijing_date(at) == day
    assert month_start(at) == datetime(month.year, month.month, month.day, tzinfo=BEIJING)


def test_a_day_runs_from_midnight_to_midnight_in_beijing() -> None:
    assert day_start(date(2026, 3, 1)) == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
    assert day_end(date(2026, 3, 1)) == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    assert day_start(date.max) < day_end(date.max)
