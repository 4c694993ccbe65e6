"""Rounding and spreading: exact to the cent, against plain fractions."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.money import CENT, ZERO, floor_cent, round_cent, split
from tests.properties import cents, examples

D = Decimal
weights = st.lists(cents(0, 500_000), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("amount", "rounded", "floored"),
    [
        ("1.83375", "1.83", "1.83"),
        ("1.10025", "1.10", "1.10"),
        ("0.005", "0.01", "0.00"),
        ("0.015", "0.02", "0.01"),  # half up, not half even
        ("0.025", "0.03", "0.02"),
        ("0.0049999", "0.00", "0.00"),
        ("2.675", "2.68", "2.67"),  # a float would be 2.67499999…
        ("-0.005", "-0.01", "-0.01"),
        ("-0.001", "0.00", "-0.01"),
        ("9999999999.995", "10000000000.00", "9999999999.99"),
    ],
)
def test_rounding(amount: str, rounded: str, floored: str) -> None:
    assert round_cent(D(amount)) == D(rounded)
    assert floor_cent(D(amount)) == D(floored)


def test_amounts_have_two_places() -> None:
    assert str(round_cent(D("3"))) == "3.00"
    assert str(floor_cent(D("3"))) == "3.00"


@pytest.mark.parametrize(
    ("amount", "over", "shares"),
    [
        ("10.00", ["1.00", "1.00", "1.00"], ["3.34", "3.33", "3.33"]),
        ("0.01", ["5.00", "5.00"], ["0.01", "0.00"]),  # a tie goes to the earlier
        ("0.02", ["1.00", "1.00", "1.00"], ["0.01", "0.01", "0.00"]),
        ("0.05", ["0.03", "0.02"], ["0.03", "0.02"]),
        ("5.00", ["0.00", "7.00", "0.00"], ["0.00", "5.00", "0.00"]),
        ("0.00", ["0.00", "0.00"], ["0.00", "0.00"]),
        ("0.00", ["3.00"], ["0.00"]),
        ("100.00", ["33.33", "33.33", "33.34"], ["33.33", "33.33", "33.34"]),
        # Remainders that are equal as fractions but not as 28-digit decimals: still a tie.
        ("2.58", ["0.04", "1.45", "2.38"], ["0.03", "0.97", "1.58"]),
        (
            "1.10",
            ["2.20", "0.00", "0.01", "0.01", "2.16"],
            ["0.56", "0.00", "0.00", "0.00", "0.54"],
        ),
    ],
)
def test_split(amount: str, over: list[str], shares: list[str]) -> None:
    assert split(D(amount), [D(weight) for weight in over]) == [D(share) for share in shares]


def test_nothing_to_spread_over() -> None:
    with pytest.raises(ValueError, match="nothing to spread"):
        split(D("0.01"), [ZERO, ZERO])


def spread(amount: Decimal, over: list[Decimal]) -> list[Decimal]:
    """The largest-remainder rule once more, in whole cents and fractions."""
    total = sum(map(Fraction, over))
    if not amount:
        return [ZERO for _ in over]
    exact = [Fraction(amount) * 100 * Fraction(weight) / total for weight in over]
    whole = [int(share) for share in exact]
    left = int(amount * 100) - sum(whole)
    for i in sorted(range(len(over)), key=lambda i: (whole[i] - exact[i], i))[:left]:
        whole[i] += 1
    return [D(share).scaleb(-2) for share in whole]


@examples(500)
@given(weights, st.data())
def test_a_discount_is_spread_exactly(over: list[Decimal], data: st.DataObject) -> None:
    total = sum(over, ZERO)
    amount = data.draw(cents(0, int(total * 100)))
    shares = split(amount, over)
    assert sum(shares, ZERO) == amount
    assert all(ZERO <= share <= weight for share, weight in zip(shares, over, strict=True))
    assert shares == spread(amount, over)


@examples(200)
@given(st.decimals(-(10**9), 10**9, places=6))
def test_rounding_is_nearest_and_floor_is_below(amount: Decimal) -> None:
    assert abs(round_cent(amount) - amount) <= CENT / 2
    assert ZERO <= amount - floor_cent(amount) < CENT
