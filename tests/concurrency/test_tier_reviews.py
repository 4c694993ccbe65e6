"""A review while somebody's tier is changed, and two reviews at once."""

from datetime import timedelta

import pytest

from distribution.models import Distributor, Standing, Tier, TierReview
from distribution.programme.people import set_tier
from distribution.tiers import reviews as tier_reviews
from distribution.tiers.reviews import review_tiers
from tests.concurrency.meanwhile import meanwhile
from tests.concurrency.racing import race
from tests.make import make_distributor
from tests.selling import beijing, make_task, sell

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = beijing(2, 11, 2)


def sellers(number: int) -> list[Distributor]:
    make_task("silver", "sales", "100")
    people = [make_distributor() for _ in range(number)]
    for person in people:
        sell(person, "100.00", beijing(2, 10))
    return people


def test_two_reviews_at_once_raise_everybody_once() -> None:
    people = sellers(3)
    done = race([lambda: review_tiers(NIGHT)] * 4)
    assert sum(outcome["rose"] for outcome in done) == 3
    assert Standing.objects.filter(tier__code="silver").count() == 3
    assert TierReview.objects.count() == 3
    assert {Distributor.objects.get(pk=p.pk).tier.code for p in people} == {"silver"}


def test_what_the_merchant_did_meanwhile_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """They become gold by the merchant's hand after the review found them fit for silver."""
    (person,) = sellers(1)
    gold = Tier.objects.get(code="gold")
    other = meanwhile(
        monkeypatch,
        tier_reviews,
        "lock_free_rows",
        lambda: set_tier(person, gold, by=None, at=NIGHT - timedelta(hours=1)),
    )
    assert review_tiers(NIGHT) == {}
    other.outcome()
    person.refresh_from_db()
    assert person.tier == gold
    assert Standing.objects.filter(distributor=person).latest("since", "pk").tier == gold


def test_control_without_deciding_again_the_merchants_tier_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (person,) = sellers(1)
    gold = Tier.objects.get(code="gold")
    decide, found = tier_reviews._decide, []

    def decide_once(review, people):
        found[:] = found or decide(review, people)
        return found

    monkeypatch.setattr(tier_reviews, "_decide", decide_once)
    other = meanwhile(
        monkeypatch,
        tier_reviews,
        "lock_free_rows",
        lambda: set_tier(person, gold, by=None, at=NIGHT - timedelta(hours=1)),
    )
    assert review_tiers(NIGHT) == {"rose": 1}
    other.outcome()
    person.refresh_from_db()
    assert person.tier.code == "silver"


def test_whom_somebody_else_holds_is_left_for_the_next_review(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (person,) = sellers(1)
    other = meanwhile(monkeypatch, Standing.objects, "create", lambda: review_tiers(NIGHT))
    set_tier(person, person.tier, keep_until=NIGHT.date(), by=None, at=NIGHT - timedelta(hours=2))
    assert other.outcome() == {}
    assert not other.had_to_wait
    assert review_tiers(NIGHT) == {"rose": 1}
