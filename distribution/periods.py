"""Stretches of days that people ask for by name."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from base.clock import beijing_date


@dataclass(frozen=True)
class NamedPeriod:
    """Whole Beijing days, both included; None is open."""

    label: str
    since: date | None
    until: date | None


def quick_periods(at: datetime) -> list[NamedPeriod]:
    """Ever, the last 7 and 30 days, this month and the one before."""
    today = beijing_date(at)
    month = today.replace(day=1)
    last = month - timedelta(days=1)
    return [
        NamedPeriod(_("全部时间"), None, None),
        NamedPeriod(_("近 7 天"), today - timedelta(days=6), today),
        NamedPeriod(_("近 30 天"), today - timedelta(days=29), today),
        NamedPeriod(_("本月"), month, today),
        NamedPeriod(_("上月"), last.replace(day=1), last),
    ]
