"""Calendar of the shop: Beijing days and months, whatever the server's zone."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

BEIJING = ZoneInfo("Asia/Shanghai")
EARLIEST_YEAR = 2000  # before it nothing was sold here


def beijing_date(at: datetime) -> date:
    return at.astimezone(BEIJING).date()


def validate_moment(at: datetime) -> None:
    """For moments that people type: one of the year 1 is stored, and its row never read again."""
    if at.year < EARLIEST_YEAR:
        raise ValidationError(_("请填写 2000 年以后的时间。"))


def validate_day(day: date) -> None:
    """The same for days."""
    if day.year < EARLIEST_YEAR:
        raise ValidationError(_("请填写 2000 年以后的日期。"))


def day_start(day: date) -> datetime:
    """The first instant of a Beijing day."""
    return datetime.combine(day, time.min, BEIJING)


def day_end(day: date) -> datetime:
    """The first instant after a Beijing day; of the last day of all calendars its last one."""
    if day == date.max:
        return datetime.max.replace(tzinfo=BEIJING)
    return day_start(day + timedelta(days=1))


def within_days(moment: str, since: date | None, until: date | None) -> Q:
    """Rows whose `moment` lies in these Beijing days: both count, None is open."""
    found = Q()
    if since:
        found &= Q(**{f"{moment}__gte": day_start(since)})
    if until:
        found &= Q(**{f"{moment}__lt": day_end(until)})
    return found


def month_start(at: datetime) -> datetime:
    """The first instant of the Beijing calendar month that `at` falls in."""
    return day_start(beijing_date(at).replace(day=1))
