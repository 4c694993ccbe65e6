"""The arithmetic of a line: the specification's examples, its edges, and what holds always."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.money import ZERO
from distribution.money.arithmetic import KeptLine, LevelValue, Limits, Shares, share_line
from tests.properties import cents, examples

D = Decimal
HALF = Limits(D("0.5"), margin_guard=False)
GUARD = Limits(D("0.5"), margin_guard=True)


def rate(value: str, *, base: str = "paid", uplift: str = "0") -> LevelValue:
    return LevelValue(base, D(value), None, D(uplift))


def fixed(value: str, *, uplift: str = "0") -> LevelValue:
    return LevelValue("paid", None, D(value), D(uplift))


def kept(paid: str, quantity: int = 1, cost: str | None = None) -> KeptLine:
    return KeptLine(D(paid), quantity, None if cost is None else D(cost))


def amounts(
    level1: LevelValue | None, level2: LevelValue | None, line: KeptLine, limits: Limits = HALF
) -> tuple[str, str]:
    shares = share_line(level1, level2, line, limits)
    return str(shares.amount(1)), str(shares.amount(2))


@pytest.mark.parametrize(
    ("level1", "level2", "line", "expected"),
    [
        pytest.param(rate("0.30"), rate("0.25"), kept("99.00"), ("27.00", "22.50"), id="cap"),
        pytest.param(rate("0.30"), None, kept("99.00"), ("29.70", "0.00"), id="level 2 not payable"),
        pytest.param(None, rate("0.25"), kept("99.00"), ("0.00", "24.75"), id="level 1 not payable"),
        pytest.param(rate("0.125"), rate("0.075"), kept("14.67"), ("1.83", "1.10"), id="half up"),
        pytest.param(fixed("1.00"), fixed("0.35"), kept("30.00", 3), ("3.00", "1.05"), id="fixed"),
        pytest.param(fixed("1.00"), fixed("0.35"), kept("20.00", 2), ("2.00", "0.70"), id="fixed, kept"),
        pytest.param(rate("0.30"), rate("0.25"), kept("0.05"), ("0.02", "0.00"), id="five cents"),
        pytest.param(rate("0.30"), rate("0.25"), kept("0.04"), ("0.01", "0.01"), id="four cents"),
        pytest.param(rate("0.30"), rate("0.25"), kept("0.00", 0), ("0.00", "0.00"), id="nothing kept"),
        pytest.param(rate("0.5"), rate("0"), kept("10.00"), ("5.00", "0.00"), id="exactly the limit"),
        pytest.param(rate("0"), rate("0"), kept("10.00"), ("0.00", "0.00"), id="zero is a value"),
        pytest.param(rate("1"), rate("1"), kept("0.01"), ("0.00", "0.00"), id="limit floors to zero"),
        pytest.param(rate("1"), rate("1"), kept("0.03"), ("0.01", "0.00"), id="one cent is level 1's"),
        pytest.param(fixed("9.00"), fixed("1.00"), kept("10.00"), ("4.50", "0.50"), id="fixed, capped"),
        pytest.param(fixed("1.00"), fixed("1.00"), kept("0.00", 2), ("0.00", "0.00"), id="a gift"),
        pytest.param(fixed("2.00"), rate("0.10"), kept("50.00", 2), ("4.00", "5.00"), id="mixed"),
        pytest.param(rate("0.10", uplift="0.10"), rate("0.05"), kept("99.99"), ("11.00", "5.00"), id="uplift"),
        pytest.param(
            fixed("0.35", uplift="0.15"), fixed("0.35"), kept("30.00", 3), ("1.21", "1.05"),
            id="uplift of a fixed amount is rounded once, not per piece",
        ),
        pytest.param(rate("0.12345678"), None, kept("123.45"), ("15.24", "0.00"), id="eight places"),
    ],
)  # fmt: skip
def test_levels_of_a_line(
    level1: LevelValue | None, level2: LevelValue | None, line: KeptLine, expected: tuple[str, str]
) -> None:
    assert amounts(level1, level2, line) == expected


@pytest.mark.parametrize(
    ("line", "limits", "expected"),
    [
        pytest.param(kept("100.00", 1, "70.00"), HALF, ("6.00", "3.00"), id="profit"),
        pytest.param(kept("100.00", 2, "45.00"), HALF, ("2.00", "1.00"), id="cost is per piece"),
        pytest.param(
            kept("100.00", 1, "120.00"), HALF, ("0.00", "0.00"), id="a loss earns nothing"
        ),
        pytest.param(
            kept("100.00", 1, None), HALF, ("0.00", "0.00"), id="unknown cost earns nothing"
        ),
        pytest.param(kept("100.00", 1, "0.00"), HALF, ("20.00", "10.00"), id="free goods"),
    ],
)
def test_profit_rules(line: KeptLine, limits: Limits, expected: tuple[str, str]) -> None:
    assert amounts(rate("0.2", base="profit"), rate("0.1", base="profit"), line, limits) == expected


@pytest.mark.parametrize(
    ("line", "limits", "expected"),
    [
        pytest.param(kept("100.00", 1, "85.00"), HALF, ("20.00", "10.00"), id="guard off"),
        pytest.param(kept("100.00", 1, "85.00"), GUARD, ("10.00", "5.00"), id="guard on"),
        pytest.param(kept("100.00", 1, "100.00"), GUARD, ("0.00", "0.00"), id="no margin"),
        pytest.param(kept("100.00", 1, "110.00"), GUARD, ("0.00", "0.00"), id="a loss"),
        pytest.param(kept("100.00", 1, None), GUARD, ("0.00", "0.00"), id="unknown cost"),
        pytest.param(kept("100.00", 1, "10.00"), GUARD, ("20.00", "10.00"), id="margin enough"),
        pytest.param(
            kept("50.00", 1, "45.00"), GUARD, ("3.34", "1.66"), id="guard on what is kept"
        ),
    ],
)
def test_margin_guard(line: KeptLine, limits: Limits, expected: tuple[str, str]) -> None:
    assert amounts(rate("0.2"), rate("0.1"), line, limits) == expected


def test_only_payable_levels_count_against_the_cap() -> None:
    assert amounts(rate("0.40"), rate("0.40"), kept("10.00")) == ("2.50", "2.50")
    assert amounts(rate("0.40"), None, kept("10.00")) == ("4.00", "0.00")


def test_raw_amounts_are_rounded_before_the_cap_looks() -> None:
    shares = share_line(rate("0.30"), rate("0.25"), kept("0.05"), HALF)
    assert shares == Shares(D("0.02"), D("0.00"), D("0.02"), D("0.01"), D("0.02"))
    assert shares.is_capped


def test_a_value_is_a_rate_or_an_amount() -> None:
    with pytest.raises(ValueError, match="rate or an amount"):
        LevelValue("paid", None, None).raw_amount(kept("1.00"))


# --- What holds for every line -----------------------------------------------------------------

rates = st.integers(0, 100_000_000).map(lambda number: D(number).scaleb(-8))
uplifts = st.sampled_from([ZERO, D("0.1"), D("0.3333"), D("10")])
values = st.none() | st.one_of(
    st.builds(LevelValue, st.sampled_from(["paid", "profit"]), rates, st.none(), uplifts),
    st.builds(LevelValue, st.just("paid"), st.none(), cents(0, 100_000), uplifts),
)
limits_of = st.builds(Limits, st.integers(0, 10_000).map(lambda n: D(n).scaleb(-4)), st.booleans())
lines = st.builds(
    KeptLine,
    st.one_of(cents(0, 30), cents(0, 1_000_000), cents(0, 10**12 - 1)),
    st.integers(0, 999),
    st.none() | cents(0, 100_000),
)


def profit(line: KeptLine) -> Fraction:
    if line.cost is None:
        return Fraction(0)
    return max(Fraction(0), Fraction(line.paid) - Fraction(line.cost) * line.quantity)


def by_fractions(
    level1: LevelValue | None, level2: LevelValue | None, line: KeptLine, limits: Limits
) -> tuple[int, int]:
    """The specification once more, in whole cents, without decimals."""

    def raw(value: LevelValue | None) -> int:
        if value is None:
            return 0
        if value.rate is None:
            exact = Fraction(value.amount or 0) * line.quantity
        else:
            exact = (profit(line) if value.base == "profit" else Fraction(line.paid)) * Fraction(
                value.rate
            )
        return int(exact * (1 + Fraction(value.uplift)) * 100 + Fraction(1, 2))

    raw1, raw2 = raw(level1), raw(level2)
    limit = int(Fraction(line.paid) * Fraction(limits.cap_rate) * 100)
    if limits.margin_guard:
        limit = min(limit, int(profit(line) * 100))
    if raw1 + raw2 <= limit:
        return raw1, raw2
    second = limit * raw2 // (raw1 + raw2)
    return limit - second, second


@examples(1000)
@given(values, values, lines, limits_of)
def test_every_line_is_exact_and_within_its_limit(
    level1: LevelValue | None, level2: LevelValue | None, line: KeptLine, limits: Limits
) -> None:
    shares = share_line(level1, level2, line, limits)
    assert (shares.amount1 * 100, shares.amount2 * 100) == by_fractions(
        level1, level2, line, limits
    )
    total = shares.amount1 + shares.amount2
    assert shares.amount1 >= 0
    assert shares.amount2 >= 0
    assert total == min(shares.raw1 + shares.raw2, shares.limit)
    assert total <= line.paid * limits.cap_rate
    if limits.margin_guard:
        assert total <= profit(line)
    if level1 is None:
        assert shares.amount1 == 0
    if level2 is None:
        assert shares.amount2 == 0


@examples(300)
@given(values, values, lines, limits_of, st.data())
def test_both_levels_together_never_grow_when_money_goes_back(
    level1: LevelValue | None,
    level2: LevelValue | None,
    line: KeptLine,
    limits: Limits,
    data: st.DataObject,
) -> None:
    before = share_line(level1, level2, line, limits)
    less = KeptLine(data.draw(cents(0, int(line.paid * 100))), line.quantity, line.cost)
    after = share_line(level1, level2, less, limits)
    assert after.amount1 + after.amount2 <= before.amount1 + before.amount2


@examples(300)
@given(rates, rates, lines, limits_of, st.data())
def test_a_higher_rate_never_earns_its_level_less(
    rate1: Decimal, rate2: Decimal, line: KeptLine, limits: Limits, data: st.DataObject
) -> None:
    higher = data.draw(st.integers(int(rate1 * 10**8), 10**8)) * D("0.00000001")
    level2 = LevelValue("paid", rate2, None)
    before = share_line(LevelValue("paid", rate1, None), level2, line, limits)
    after = share_line(LevelValue("paid", higher, None), level2, line, limits)
    assert after.amount1 >= before.amount1
    assert after.amount2 <= before.amount2
