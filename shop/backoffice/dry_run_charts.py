"""A dry run drawn on the server: positions in per cent of whatever room the page gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from base.templatetags.shop import money
from distribution.desk.charts import round_top
from distribution.editor.simulation import Simulation


@dataclass(frozen=True)
class Stack:
    """A horizontal bar: level 1, then level 2."""

    label: str
    level1: Decimal
    level2: Decimal
    level1_width: str
    level2_width: str

    @property
    def total(self) -> Decimal:
        return self.level1 + self.level2


@dataclass(frozen=True)
class Swing:
    """A bar to the right of the middle for more, to the left for less."""

    label: str
    before: Decimal
    after: Decimal
    x: str
    width: str

    @property
    def change(self) -> Decimal:
        return self.after - self.before

    @property
    def title(self) -> str:
        return f"{self.label}: {money(self.before)} → {money(self.after)}"


def level_stacks(result: Simulation, before: str, after: str) -> list[Stack]:
    """What is paid at both levels before and after, on one scale."""
    rows = (
        (before, result.before_level1, result.before_level2),
        (after, result.after_level1, result.after_level2),
    )
    top = round_top(max(level1 + level2 for _label, level1, level2 in rows))
    return [
        Stack(label, level1, level2, _percent(level1, top), _percent(level2, top))
        for label, level1, level2 in rows
    ]


def swings(rows: Sequence[tuple[str, Decimal, Decimal]]) -> list[Swing]:
    """(label, before, after) as bars around the middle, the largest change filling its half."""
    top = max((abs(after - before) for _label, before, after in rows), default=Decimal(0))
    found = []
    for label, before, after in rows:
        half = abs(after - before) / top / 2 if top else Decimal(0)
        x = Decimal("0.5") if after >= before else Decimal("0.5") - half
        found.append(
            Swing(label, before, after, _percent(x, Decimal(1)), _percent(half, Decimal(1)))
        )
    return found


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "0%"
