"""The estimate: by the rules of today, to the cent, beside what people really were paid."""

from datetime import datetime
from decimal import Decimal

import pytest

from base.clock import BEIJING
from catalog.models import Category
from distribution.models import Rule, Tier, TierUplift
from distribution.money.commissions import mature_commissions
from distribution.policy import publish_policy
from distribution.programme import prospects
from distribution.programme.prospects import prospect, rates_of, reality_of
from distribution.programme.stories import Month, last_full_month
from distribution.referral.relations import bind_by_link
from tests.by_hand import pay_out_by_hand
from tests.make import (
    START,
    make_category,
    make_distributor,
    make_order,
    make_product,
    make_rule,
    make_user,
    make_variant,
    pay,
    receive,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
MARCH: Month = last_full_month(datetime(2026, 4, 10, tzinfo=BEIJING))


def goods(price: str, *, category: Category | None = None, cost: str | None = None) -> None:
    make_variant(price, product=make_product(category=category), cost=cost)


def levels(categories: list[int] | None = None) -> tuple[str, str]:
    rates = rates_of(categories, at=NOON)
    assert rates is not None
    return f"{rates.level1:.4f}", f"{rates.level2:.4f}"


class TestRates:
    def test_nothing_for_sale(self) -> None:
        make_rule()
        assert rates_of(None, at=NOON) is None

    def test_what_the_goods_would_pay_together(self) -> None:
        make_rule("0.10", "0.05")
        shelf = make_category()
        make_rule("0.30", "0.10", scope=Rule.Scope.CATEGORY, category=shelf)
        goods("100.00")
        goods("100.00", category=shelf)
        rates = rates_of(None, at=NOON)
        assert rates is not None
        assert (rates.level1, rates.level2) == (Decimal("0.20"), Decimal("0.075"))
        assert (rates.goods, rates.lowest, rates.highest) == (2, Decimal("0.1"), Decimal("0.3"))
        assert levels([shelf.pk]) == ("0.3000", "0.1000")

    def test_profit_rules_cap_and_guard_count(self) -> None:
        make_rule("0.50", "0.50", base=Rule.Base.PROFIT)
        goods("100.00", cost="80.00")
        assert levels() == ("0.1000", "0.1000")

    def test_the_cap_counts(self) -> None:
        make_rule("0.30", "0.25")
        goods("99.00")
        assert levels() == ("0.2727", "0.2273")  # 27.00 and 22.50 of 99.00

    def test_one_level_only(self) -> None:
        publish_policy(by=None, at=START, two_levels=False)
        make_rule("0.10", "0.05")
        goods("10.00")
        assert levels() == ("0.1000", "0.0000")

    def test_of_the_lowest_tier_not_of_the_best(self) -> None:
        make_rule("0.10", "0.05")
        make_rule("0.40", "0.05", tier=Tier.objects.get(code="gold"))
        TierUplift.objects.create(
            tier=Tier.objects.get(code="bronze"), uplift=Decimal("0.10"), valid_from=START
        )
        goods("100.00")
        assert levels() == ("0.1100", "0.0550")

    def test_a_rule_that_asks_for_orders_is_not_a_newcomers(self) -> None:
        make_rule("0.10", "0.05")
        make_rule("0.40", "0.20", min_month_orders=5)
        goods("100.00")
        assert levels() == ("0.1000", "0.0500")

    def test_kept_for_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_rule("0.10", "0.05")
        goods("100.00")
        assert levels() == ("0.1000", "0.0500")
        monkeypatch.setattr(prospects, "_rates", lambda *_: pytest.fail("asked again"))
        assert levels() == ("0.1000", "0.0500")


def test_an_estimate_adds_up() -> None:
    rates = prospects.Rates(
        1, True, Decimal("0.10"), Decimal("0.05"), Decimal("0.1"), Decimal("0.1")
    )
    found = prospect(rates, orders=10, average=Decimal("99.99"), share=Decimal("0.2"))
    assert (found.level1, found.level2, found.total) == (
        Decimal("79.99"),
        Decimal("10.00"),
        Decimal("89.99"),
    )


def test_who_brings_in_nobody_has_only_customers_of_their_own() -> None:
    rates = prospects.Rates(1, False, Decimal("0.10"), Decimal("0.05"), Decimal("0.1"), Decimal("0.1"))  # fmt: skip
    found = prospect(rates, orders=10, average=Decimal("100.00"), share=Decimal("0.2"))
    assert (found.level1, found.level2) == (Decimal("100.00"), Decimal("0.00"))


class TestReality:
    def test_the_middle_of_everybody_zeros_included(self) -> None:
        make_rule("0.10", None)
        people = [make_distributor(name=f"甲{n}") for n in range(5)]
        make_distributor(name="新来的", at=MARCH.starts_at)
        for person, price in zip(people, ("100.00", "200.00", "300.00"), strict=False):
            buyer = make_user()
            bind_by_link(buyer, person, at=START)
            at = datetime(2026, 3, 2, tzinfo=BEIJING)
            order = make_order(buyer, {make_variant(price): 1}, at=at)
            pay(order, at=at)
            receive(order, at=at)
        mature_commissions(datetime(2026, 3, 12, tzinfo=BEIJING))
        assert pay_out_by_hand(at=NOON) == 3
        found = reality_of(MARCH)
        # 0, 0, 10, 20, 30: half are below the middle.
        assert (found.people, found.paid_people, found.median) == (5, 3, Decimal("10.00"))
        assert found.average_order == Decimal("200.00")

    def test_of_few_people_no_middle_is_told(self) -> None:
        for _ in range(4):
            make_distributor()
        found = reality_of(MARCH)
        assert (found.people, found.median, found.average_order) == (4, None, Decimal("100.00"))
