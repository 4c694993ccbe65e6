"""A small chart drawn on the server: positions in per cent of whatever room the page gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.templatetags.shop import money
from distribution.desk.trends import Day, Step

STEPS = [Decimal(step) for step in ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")]
# Of a day's width: earned and paid stand side by side, with a gap to the neighbours.
EARNED, PAID, GAP = Decimal("0.46"), Decimal("0.26"), Decimal("0.28")


@dataclass(frozen=True)
class Bar:
    """One day: level 1 stands on the ground, level 2 on top of it, what was paid beside them.
    All in per cent."""

    x: str
    width: str
    slot_x: str
    slot_width: str
    level1_y: str
    level1_height: str
    level2_y: str
    level2_height: str
    paid_x: str
    paid_width: str
    paid_y: str
    paid_height: str
    label: str


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    top: Decimal
    half: Decimal
    ticks: list[str]

    @property
    def is_empty(self) -> bool:
        return self.top == 0


def day_chart(days: Sequence[Day], step: Step = Step.DAYS) -> Chart:
    """Bars of days, weeks or months under a round number that is a little above the highest."""
    top = round_top(max((day.highest for day in days), default=Decimal(0)))
    slot = Decimal(100) / len(days)
    bars = [_bar(day, number * slot, slot, top, step) for number, day in enumerate(days)]
    middle = days[len(days) // 2]
    now = {Step.DAYS: _("今天"), Step.WEEKS: _("本周"), Step.MONTHS: _("本月")}[step]
    ticks = [day_name(days[0].day, step), day_name(middle.day, step), now]
    return Chart(bars, top, top / 2, ticks)


def round_top(highest: Decimal) -> Decimal:
    """A round number not below `highest`, whose half is round as well; 0 for 0."""
    if highest <= 0:
        return Decimal(0)
    power = Decimal(10) ** highest.adjusted()
    return next(step * power for step in STEPS if step * power >= highest)


def _bar(day: Day, x: Decimal, slot: Decimal, top: Decimal, step: Step) -> Bar:
    level1, level2, paid = (_share(part, top) for part in (day.level1, day.level2, day.paid))
    begin = x + slot * GAP / 2
    return Bar(
        x=_percent(begin),
        width=_percent(slot * EARNED),
        slot_x=_percent(x),
        slot_width=_percent(slot),
        level1_y=_percent(100 - level1),
        level1_height=_percent(level1),
        level2_y=_percent(100 - level1 - level2),
        level2_height=_percent(level2),
        paid_x=_percent(begin + slot * EARNED),
        paid_width=_percent(slot * PAID),
        paid_y=_percent(100 - paid),
        paid_height=_percent(paid),
        label=_label(day, step),
    )


def _share(amount: Decimal, top: Decimal) -> Decimal:
    return amount * 100 / top if top else Decimal(0)


def _percent(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.01'), ROUND_CEILING)}%"


def _label(day: Day, step: Step) -> str:
    orders = ngettext("%(count)d 笔订单", "%(count)d 笔订单", day.orders) % {"count": day.orders}
    label = f"{day_name(day.day, step)}  {money(day.amount)}  {orders}"
    paid = _("已付 %(amount)s") % {"amount": money(day.paid)}
    return f"{label}  {paid}" if day.paid else label


def day_name(day: date, step: Step) -> str:
    if step == Step.MONTHS:
        return f"{day:%Y-%m}"
    return date_format(day, "m-d")
