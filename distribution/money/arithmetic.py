"""What a line owes its two levels: pure arithmetic, no database.

raw    = base × rate × (1 + uplift) to the nearest cent, or amount × (1 + uplift) × pieces kept
limit  = ⌊kept paid × cap⌋, with the margin guard also not above the line's profit
cap    : raw 1 + raw 2 > limit → level 2 = ⌊limit × raw 2 ÷ (raw 1 + raw 2)⌋, level 1 the rest
refunds: min(amount at payment, the same arithmetic on what is kept)

All amounts are yuan with two places; rates are fractions (0.125 for 12.5 %).
"""

from dataclasses import dataclass
from decimal import Decimal

from base.money import ZERO, floor_cent, round_cent

PROFIT = "profit"


@dataclass(frozen=True)
class KeptLine:
    """What the buyer keeps of a line: money after discounts and refunds, pieces, unit cost."""

    paid: Decimal
    quantity: int
    cost: Decimal | None

    @property
    def profit(self) -> Decimal:
        """Never below zero; zero when the cost is unknown, so that nothing is paid on a guess."""
        if self.cost is None:
            return ZERO
        return max(ZERO, self.paid - self.cost * self.quantity)


@dataclass(frozen=True)
class LevelValue:
    """The value a rule gives one level: a rate of a base, or an amount per piece."""

    base: str
    rate: Decimal | None
    amount: Decimal | None
    uplift: Decimal = ZERO

    def base_amount(self, kept: KeptLine) -> Decimal:
        return kept.profit if self.base == PROFIT else kept.paid

    def raw_amount(self, kept: KeptLine) -> Decimal:
        if self.rate is not None:
            return round_cent(self.base_amount(kept) * self.rate * (1 + self.uplift))
        if self.amount is None:
            raise ValueError("a level's value is a rate or an amount")
        return round_cent(self.amount * (1 + self.uplift) * kept.quantity)


@dataclass(frozen=True)
class Limits:
    """The policy's guards."""

    cap_rate: Decimal
    margin_guard: bool

    def of(self, kept: KeptLine) -> Decimal:
        limit = floor_cent(kept.paid * self.cap_rate)
        return min(limit, kept.profit) if self.margin_guard else limit


@dataclass(frozen=True)
class Shares:
    """The result for both levels; a level that is not paid has zeros."""

    amount1: Decimal
    amount2: Decimal
    raw1: Decimal
    raw2: Decimal
    limit: Decimal

    def amount(self, level: int) -> Decimal:
        return self.amount1 if level == 1 else self.amount2

    def raw(self, level: int) -> Decimal:
        return self.raw1 if level == 1 else self.raw2

    @property
    def is_capped(self) -> bool:
        return self.raw1 + self.raw2 > self.limit


def share_line(
    level1: LevelValue | None, level2: LevelValue | None, kept: KeptLine, limits: Limits
) -> Shares:
    """Both levels' amounts for what is kept of a line. None = that level is not payable."""
    raw1 = level1.raw_amount(kept) if level1 else ZERO
    raw2 = level2.raw_amount(kept) if level2 else ZERO
    limit = limits.of(kept)
    if raw1 + raw2 <= limit:
        return Shares(raw1, raw2, raw1, raw2, limit)
    amount2 = floor_cent(limit * raw2 / (raw1 + raw2))
    return Shares(limit - amount2, amount2, raw1, raw2, limit)
