"""Amounts of yuan: `Decimal` with two places, never a float.

One rule for rounding (half up), one for rounding down (limits), one for remainders (`split`).
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def round_cent(amount: Decimal) -> Decimal:
    """To the nearest 分, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def floor_cent(amount: Decimal) -> Decimal:
    """Down to the 分: for limits that must never be exceeded."""
    return amount.quantize(CENT, ROUND_FLOOR)


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Spread `amount` over `weights` so that the shares sum to it exactly.

    Largest remainder to the cent, ties to the earlier share. No share exceeds its weight when
    `amount <= sum(weights)`. Weights are not negative; all zero gives zeros for a zero amount
    and raises ValueError otherwise.
    """
    total = sum(weights, ZERO)
    if amount == 0:
        return [ZERO for _ in weights]
    if total <= 0:
        raise ValueError("nothing to spread the amount over")
    # Cents and remainders are whole numbers: a quotient cut at 28 digits would hide a tie.
    parts = [divmod(amount * weight, total * CENT) for weight in weights]
    shares = [whole * CENT for whole, _ in parts]
    left = int((amount - sum(shares, ZERO)) / CENT)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-parts[i][1], i))
    for i in by_remainder[:left]:
        shares[i] += CENT
    return shares


def percent(rate: Decimal) -> str:
    """0.125 → 12.5%, without trailing zeros."""
    text = f"{rate * 100:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"
