"""Whom the merchant lowers stays low: until the date given, else until the period is over."""

from datetime import date

import pytest

from distribution.models import Distributor, Tier
from distribution.programme.people import set_tier
from distribution.tiers.reviews import review_tiers
from tests.distribution.tiers.test_reviews import codes, nightly
from tests.make import make_distributor
from tests.selling import beijing, make_task, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Distributor:
    """Silver asks for ¥100 a month, gold for ¥300."""
    make_task("silver", "sales", "100")
    make_task("gold", "sales", "300")
    return make_distributor(name="阿珍")


def test_a_lower_tier_holds_down_until_the_period_is_over(person: Distributor) -> None:
    sell(person, "300.00", beijing(2, 10))
    review_tiers(beijing(2, 11))
    set_tier(person, Tier.objects.get(code="silver"), by=None, at=beijing(2, 12))
    nightly(beijing(2, 13), beijing(2, 28))
    assert codes(person) == ["bronze", "gold", "silver"]
    person.refresh_from_db()
    assert person.tier_rises_from == date(2026, 3, 1)
    sell(person, "300.00", beijing(3, 2))
    nightly(beijing(3, 1), beijing(3, 4))
    person.refresh_from_db()
    assert (person.tier.code, person.tier_rises_from) == ("gold", None)


@pytest.mark.parametrize(("day", "tier"), [(20, "silver"), (21, "gold")])
def test_or_past_the_date(person: Distributor, day: int, tier: str) -> None:
    sell(person, "300.00", beijing(2, 10))
    review_tiers(beijing(2, 11))
    silver, until = Tier.objects.get(code="silver"), date(2026, 3, 5)
    set_tier(person, silver, by=None, at=beijing(2, 12), keep_until=until)
    set_tier(person, silver, by=None, at=beijing(2, 13), keep_until=date(2026, 3, 20))
    sell(person, "300.00", beijing(3, 2))
    review_tiers(beijing(3, day))
    person.refresh_from_db()
    assert person.tier.code == tier


def test_given_back_by_hand_nothing_holds_them(person: Distributor) -> None:
    sell(person, "300.00", beijing(2, 10))
    review_tiers(beijing(2, 11))
    set_tier(person, Tier.objects.get(code="bronze"), by=None, at=beijing(2, 12))
    set_tier(person, Tier.objects.get(code="silver"), by=None, at=beijing(2, 13))
    review_tiers(beijing(2, 14))
    person.refresh_from_db()
    assert (person.tier.code, person.tier_rises_from) == ("gold", None)
