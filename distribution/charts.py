"""A small chart drawn on the server: positions in per cent of whatever room the page gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.templatetags.shop import money
from distribution.dashboard import Day

STEPS = [Decimal(step) for step in ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")]
GAP = Decimal("0.28")  # of a day's width


@dataclass(frozen=True)
class Bar:
    """One day: level 1 stands on the ground, level 2 on top of it. All in per cent."""

    x: str
    width: str
    slot_x: str
    slot_width: str
    level1_y: str
    level1_height: str
    level2_y: str
    level2_height: str
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


def day_chart(days: Sequence[Day]) -> Chart:
    """Stacked bars, one a day, under a round number that is a little above the highest."""
    top = round_top(max((day.amount for day in days), default=Decimal(0)))
    slot = Decimal(100) / len(days)
    bars = [_bar(day, number * slot, slot, top) for number, day in enumerate(days)]
    middle = days[len(days) // 2]
    ticks = [_short(days[0]), _short(middle), _("今天")]
    return Chart(bars, top, top / 2, ticks)


def round_top(highest: Decimal) -> Decimal:
    """A round number not below `highest`, whose half is round as well; 0 for 0."""
    if highest <= 0:
        return Decimal(0)
    power = Decimal(10) ** highest.adjusted()
    return next(step * power for step in STEPS if step * power >= highest)


def _bar(day: Day, x: Decimal, slot: Decimal, top: Decimal) -> Bar:
    level1, level2 = (_share(amount, top) for amount in (day.level1, day.level2))
    return Bar(
        x=_percent(x + slot * GAP / 2),
        width=_percent(slot * (1 - GAP)),
        slot_x=_percent(x),
        slot_width=_percent(slot),
        level1_y=_percent(100 - level1),
        level1_height=_percent(level1),
        level2_y=_percent(100 - level1 - level2),
        level2_height=_percent(level2),
        label=_label(day),
    )


def _share(amount: Decimal, top: Decimal) -> Decimal:
    return amount * 100 / top if top else Decimal(0)


def _percent(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.01'), ROUND_CEILING)}%"


def _label(day: Day) -> str:
    orders = ngettext("%(count)d 笔订单", "%(count)d 笔订单", day.orders) % {"count": day.orders}
    return f"{_short(day)}  {money(day.amount)}  {orders}"


def _short(day: Day) -> str:
    return date_format(day.day, "m-d")
