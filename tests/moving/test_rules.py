from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from distribution.models import Rule, Tier
from tests.moving.folders import RULES, errors_of, make_folder, move_in, where

pytestmark = pytest.mark.django_db


def bring_in(tmp_path: Path, rules: str) -> list[Rule]:
    move_in(make_folder(tmp_path, rules=rules, orders=None, refunds=None))
    return list(Rule.objects.order_by("pk"))


def values(rule: Rule) -> list[str | None]:
    numbers = (rule.rate1, rule.amount1, rule.rate2, rule.amount2)
    return [None if number is None else f"{number.normalize():f}" for number in numbers]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("12.5%,3.00", ["0.125", None, None, "3"]),
        ("0,0%", [None, "0", "0", None]),
        (",8%", [None, None, "0.08", None]),
        ("12.345678%,100%", ["0.12345678", None, "1", None]),
        ("7 %,7％", ["0.07", None, "0.07", None]),
        (",", [None, None, None, None]),
    ],
)
def test_a_level_is_a_rate_an_amount_or_nothing(
    tmp_path: Path, levels: str, expected: list[str | None]
) -> None:
    (rule,) = bring_in(tmp_path, f"{RULES.splitlines()[0]}\nshop,,,{levels},,,,,\n")
    assert values(rule) == expected
    assert rule.base == Rule.Base.PAID
    assert (rule.valid_from, rule.valid_to) == (None, None)


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59Z"])
def test_for_ever_is_for_ever_in_every_zone(tmp_path: Path, end: str) -> None:
    (rule,) = bring_in(tmp_path, f"{RULES.splitlines()[0]}\nshop,,,5%,,,,,,{end}\n")
    assert rule.ends_at == datetime(9999, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert timezone.localtime(rule.ends_at).year == 9999


def test_rules_name_their_places(tmp_path: Path) -> None:
    rows = [
        "category, 零食 / 坚果 ,gold,5%,1%,profit,2,50.00,2026-02-01,9999-12-31T23:59:59+08:00",
        "product,NUT,,5%,,paid,,,,",
        "variant,TEA,新等级,5%,,paid,,,,",
    ]
    _shop, category, product, variant = bring_in(tmp_path, RULES + "\n".join(rows))
    assert category.category is not None
    assert category.category.name == "坚果"
    assert category.tier == Tier.objects.get(code="gold")
    assert (category.min_quantity, str(category.min_amount)) == (2, "50.00")
    assert product.product is not None
    assert product.product.variants.get().sku == "NUT"
    assert variant.variant is not None
    assert variant.variant.sku == "TEA"
    assert variant.tier == Tier.objects.get(code="新等级")


def test_a_row_that_repeats_an_older_one_is_newer_than_what_lies_between(tmp_path: Path) -> None:
    text = f"{RULES}shop,,,20%,5%,paid,,,,\nshop,,,10.0%,5%,paid,,,,\n"
    rules = bring_in(tmp_path, text)
    assert [values(rule)[0] for rule in rules] == ["0.1", "0.2", "0.1"]
    assert bring_in(tmp_path, text) == rules


def test_a_rule_added_to_the_file_is_the_newest(tmp_path: Path) -> None:
    (old,) = bring_in(tmp_path, RULES)
    header, row = RULES.splitlines()
    first, second = bring_in(tmp_path, f"{header}\nshop,,,7%,5%,paid,,,,\n{row}\n")
    assert first == old
    assert values(second)[0] == "0.07"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("everything,,,1%,1%,,,,,", "scope"),
        ("shop,NUT,,1%,1%,,,,,", "target"),
        ("category,,,1%,1%,,,,,", "target"),
        ("category,没有,,1%,1%,,,,,", "target"),
        ("category,坚果,,1%,1%,,,,,", "target"),
        ("category,零食//坚果,,1%,1%,,,,,", "target"),
        ("product,没有,,1%,1%,,,,,", "target"),
        ("variant,,,1%,1%,,,,,", "target"),
        ("shop,,,101%,1%,,,,,", "level1"),
        ("shop,,,-1%,1%,,,,,", "level1"),
        ("shop,,,0.1.2,1%,,,,,", "level1"),
        ("shop,,,1%,ten,,,,,", "level2"),
        ("shop,,,1%,1.234,,,,,", "level2"),
        ("shop,,,1%,1.23456789%,,,,,", "level2"),
        ("shop,,,1%,1%,sales,,,,", "base"),
        ("shop,,,1%,1%,,1.5,,,", "min_quantity"),
        ("shop,,,1%,1%,,,-5,,", "min_amount"),
        ("shop,,,1%,1%,,,,soon,", "starts_at"),
        ("shop,,,1%,1%,,,,2026-02-02,2026-02-02", "ends_at"),
    ],
)
def test_errors(tmp_path: Path, row: str, column: str) -> None:
    found = where(errors_of(make_folder(tmp_path, rules=f"{RULES}{row}\n")))
    assert found == [("rules.csv", 3, column)]
    assert not Rule.objects.exists()


def test_all_errors_of_a_row_are_named(tmp_path: Path) -> None:
    text = f"{RULES}product,没有,,200%,x,,,,,\nshop,NUT,,,,,,,,\n"
    found = where(errors_of(make_folder(tmp_path, rules=text)))
    places = [(3, "level1"), (3, "level2"), (3, "target"), (4, "target")]
    assert found == [("rules.csv", *place) for place in places]
