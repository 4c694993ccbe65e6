"""Which rule wins, and what publishing, changing and ending a rule does."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from base.audit import AuditEntry
from base.clock import BEIJING
from base.errors import DomainError
from distribution.models import Rule
from distribution.rules import (
    LineFacts,
    PayeeFacts,
    RuleBook,
    change_rule,
    end_rule,
    load_rules,
    publish_rule,
    why_not,
)
from tests.make import START, make_category, make_rule
from tests.properties import examples

D = Decimal
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
HOUR = timedelta(hours=1)

# The line: variant 1 of product 2 in category 3, below 4, below 5. The payee: 7, of tier 8.
LINE = LineFacts(NOON, variant_id=1, product_id=2, category_path=(3, 4, 5), quantity=2, order_goods_amount=D("50.00"))  # fmt: skip
PAYEE = PayeeFacts(distributor_id=7, tier_id=8, month_orders=3)


def rule(pk: int, scope: str = "shop", level1: str | None = "0.1", **values: Any) -> Rule:
    """An unsaved rule; a scope like "category:4" names its target."""
    kind, _, target = scope.partition(":")
    if target:
        values[f"{kind}_id"] = int(target)
    rate = None if level1 is None else D(level1)
    return Rule(pk=pk, scope=kind, **{"rate1": rate, "rate2": D("0.05")} | values)


def winner(
    *rules: Rule, level: int = 1, line: LineFacts = LINE, payee: PayeeFacts = PAYEE
) -> int | None:
    won = RuleBook(rules).winner(level, line, payee)
    return won and won.pk


DATED = {"starts_at": NOON - HOUR, "ends_at": NOON + HOUR}

# Strongest first: each beats every one after it, whichever is newer.
LADDER: list[dict[str, Any]] = [
    {"scope": scope} | audience | dates
    for scope in ("variant:1", "product:2", "category:3", "category:4", "category:5", "shop")
    for audience in ({"distributor_id": 7}, {"tier_id": 8}, {})
    for dates in (DATED, {})
]


@pytest.mark.parametrize("place", range(len(LADDER) - 1))
def test_the_ladder(place: int) -> None:
    for newer in (1, 99):
        strong = rule(newer, **LADDER[place])
        weaker = [rule(10 + i, **values) for i, values in enumerate(LADDER[place + 1 :])]
        assert winner(strong, *weaker) == newer
        assert winner(*reversed(weaker), strong) == newer


@examples(200)
@given(st.permutations(LADDER), st.data())
def test_the_strongest_wins_in_any_order_of_rows_and_ages(
    shuffled: list[dict[str, Any]], data: st.DataObject
) -> None:
    some = shuffled[: data.draw(st.integers(1, len(shuffled)))]
    rules = [rule(pk, **values) for pk, values in enumerate(some, start=1)]
    best = min(some, key=LADDER.index)
    assert winner(*rules) == some.index(best) + 1


def test_the_newest_wins_among_equals() -> None:
    assert winner(rule(4), rule(6), rule(5)) == 6


@pytest.mark.parametrize("scope", ["variant:9", "product:9", "category:9"])
def test_a_rule_about_something_else_does_not_speak(scope: str) -> None:
    assert winner(rule(1), rule(2, scope)) == 1


def test_a_rule_for_somebody_else_does_not_speak() -> None:
    assert winner(rule(1), rule(2, distributor_id=6), rule(3, tier_id=6)) == 1
    nobody = PayeeFacts(distributor_id=7, tier_id=None, month_orders=0)
    assert winner(rule(1), rule(2, tier_id=8), payee=nobody) == 1


def test_blank_falls_through_for_its_level_only() -> None:
    variant = rule(2, "variant:1", level1=None, rate2=D("0.07"))
    assert winner(rule(1), variant, level=1) == 1
    assert winner(rule(1), variant, level=2) == 2


@pytest.mark.parametrize("nothing", [{"level1": "0"}, {"level1": None, "amount1": D("0.00")}])
def test_zero_counts_and_stops(nothing: dict[str, Any]) -> None:
    assert winner(rule(1), rule(2, "product:2", **nothing), level=1) == 2


def test_nobody_speaks() -> None:
    assert winner() is None
    assert winner(rule(1, level1=None)) is None


@pytest.mark.parametrize(
    ("demand", "is_met"),
    [
        ({"min_quantity": 2}, True),
        ({"min_quantity": 3}, False),
        ({"min_amount": D("50.00")}, True),
        ({"min_amount": D("50.01")}, False),
        ({"min_month_orders": 3}, True),
        ({"min_month_orders": 4}, False),
        ({"min_month_orders": 0}, True),
        ({"min_quantity": 2, "min_amount": D("50.01")}, False),
    ],
)
def test_demands(demand: dict[str, Any], is_met: bool) -> None:
    assert winner(rule(1), rule(2, "variant:1", **demand)) == (2 if is_met else 1)


MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("names", [("starts_at", "ends_at"), ("valid_from", "valid_to")])
@pytest.mark.parametrize(
    ("start", "end", "is_within"),
    [
        (None, None, True),
        (NOON, None, True),
        (NOON + MOMENT, None, False),
        (None, NOON, False),
        (None, NOON + MOMENT, True),
        (NOON - HOUR, NOON + HOUR, True),
        (NOON - HOUR, NOON, False),
        (NOON, NOON + MOMENT, True),
    ],
)
def test_in_force_from_its_start_until_before_its_end(
    names: tuple[str, str], start: datetime | None, end: datetime | None, is_within: bool
) -> None:
    dates = dict(zip(names, (start, end), strict=True))
    assert winner(rule(1), rule(2, "variant:1", **dates)) == (2 if is_within else 1)


def test_a_campaign_open_on_one_side_is_dated() -> None:
    assert winner(rule(1, starts_at=NOON - HOUR), rule(2)) == 1
    assert winner(rule(1, ends_at=NOON + HOUR), rule(2)) == 1


def test_each_refusal_has_its_own_words() -> None:
    refused = [
        rule(1, valid_to=NOON),
        rule(1, ends_at=NOON),
        rule(1, distributor_id=6),
        rule(1, tier_id=6),
        rule(1, min_quantity=9),
        rule(1, min_amount=D("99")),
        rule(1, min_month_orders=9),
    ]
    words = [why_not(one, LINE, PAYEE) for one in refused]
    assert None not in words
    assert len(set(words)) == len(words)
    assert why_not(rule(1), LINE, PAYEE) is None


# --- Versions ----------------------------------------------------------------------------------


def at_work(placed: datetime) -> list[int]:
    """The shop's rules that are loaded for orders placed at one moment and apply to them."""
    book = load_rules(placed_from=placed, placed_to=placed, variants=[], products=[], categories=[])
    line = LineFacts(placed, 0, 0, (), 5, D("1.00"))
    return [one.pk for one in book.candidates(1, line) if why_not(one, line, PAYEE) is None]


@pytest.mark.django_db
class TestVersions:
    def test_a_change_ends_one_version_and_adds_the_next(self) -> None:
        old = make_rule("0.10", "0.05", min_quantity=2)
        new = change_rule(old, by=None, at=NOON, rate1=D("0.20"))
        old.refresh_from_db()
        assert (old.rate1, old.valid_from, old.valid_to) == (D("0.1"), START, NOON)
        assert (new.rate1, new.valid_from, new.valid_to) == (D("0.2"), NOON, None)
        assert (new.rate2, new.min_quantity, new.replaces) == (D("0.05"), 2, old)
        assert at_work(NOON - MOMENT) == [old.pk]
        assert at_work(NOON) == [new.pk]

    def test_a_replaced_version_is_not_changed_again(self) -> None:
        old = make_rule()
        change_rule(old, by=None, at=NOON, rate1=D("0.20"))
        for act in (change_rule, end_rule):
            with pytest.raises(DomainError):
                act(old, by=None, at=NOON + HOUR)
        assert Rule.objects.count() == 2

    def test_an_ended_rule_no_longer_speaks(self) -> None:
        rule = make_rule()
        end_rule(rule, by=None, at=NOON)
        assert at_work(NOON - MOMENT) == [rule.pk]
        assert at_work(NOON) == []

    def test_a_failed_change_leaves_the_old_version(self) -> None:
        old = make_rule()
        with pytest.raises(ValidationError):
            change_rule(old, by=None, at=NOON, rate1=D("0.20"), amount1=D("1.00"))
        old.refresh_from_db()
        assert old.valid_to is None
        assert Rule.objects.get() == old

    def test_every_step_is_in_the_audit_log(self) -> None:
        new = change_rule(make_rule(), by=None, at=NOON, rate1=D("0.2"))
        end_rule(new, by=None, at=NOON + HOUR)
        actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["publish_rule", "change_rule", "end_rule"]

    def test_loading_leaves_out_what_cannot_speak(self) -> None:
        shelf = make_category()
        mine = make_rule(scope="category", category=shelf)
        make_rule(scope="category", category=make_category())
        make_rule(ends_at=NOON)
        make_rule(starts_at=NOON + MOMENT)
        make_rule(at=NOON + MOMENT)
        end_rule(make_rule(), by=None, at=NOON)
        book = load_rules(
            placed_from=NOON, placed_to=NOON, variants=[], products=[], categories=[shelf.pk]
        )
        line = LineFacts(NOON, 0, 0, (shelf.pk,), 1, D("1.00"))
        assert [one.pk for one in book.candidates(1, line)] == [mine.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"scope": "category"}, id="a category rule without its category"),
        pytest.param({"scope": "shop", "category": True}, id="a shop rule with a category"),
        pytest.param({"rate1": D("0.1"), "amount1": D("1")}, id="two values for level 1"),
        pytest.param({"rate2": D("0.1"), "amount2": D("1")}, id="two values for level 2"),
        pytest.param({"rate1": D("1.00000001")}, id="more than everything"),
        pytest.param({"rate2": D("-0.1")}, id="a negative rate"),
        pytest.param({"amount1": D("-0.01")}, id="a negative amount"),
        pytest.param({"starts_at": NOON, "ends_at": NOON}, id="a campaign that never is"),
    ],
)
def test_the_database_refuses_what_is_no_rule(values: dict[str, Any]) -> None:
    if values.get("category"):
        values = values | {"category": make_category()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.create(**{"scope": "shop"} | values)
    with pytest.raises(ValidationError):
        publish_rule(by=None, **{"scope": "shop"} | values)
    assert not Rule.objects.exists()
