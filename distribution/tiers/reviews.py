"""Reviewing tiers: reads what everybody sold, writes who rises, keeps, is warned or falls.

Chunks of a few thousand people, a transaction each, safe to repeat and to run twice at once: what
is decided is read again under the locks of those it changes.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from base.inbox import News, tell
from base.locks import lock_free_rows
from distribution.models import Distributor, Standing, Tier, TierReview
from distribution.states import Status
from distribution.tiers.decisions import Decision, Holder, Ladder, Outcome, Review, Windows
from distribution.tiers.own_sales import NOTHING, sales_of
from distribution.tiers.periods import the_calendar
from distribution.tiers.words import period_in_words, review_in_words

CHUNK = 5000


def ladder() -> Ladder:
    """All tiers with tasks and uplifts: three queries."""
    tiers = Tier.objects.order_by("rank", "pk").prefetch_related("tasks", "uplifts")
    return Ladder(list(tiers))


def review_at(at: datetime) -> Review:
    """The review of a moment, with the calendar and the tiers of now."""
    return Review(the_calendar(), ladder(), at)


def review_tiers(at: datetime) -> Counter[str]:
    """Do what is due at `at`. Returns how many rose, held, fell and were warned."""
    review = review_at(at)
    done: Counter[str] = Counter()
    for people in _chunks(review, Distributor.objects.all()):
        found = {decision.distributor_id for decision in _decide(review, people)}
        if found:
            done.update(_carry_out(review, found))
    return done


def preview_review(at: datetime, *, among: QuerySet[Distributor] | None = None) -> list[Decision]:
    """What a review at `at` would do to everybody, or to some; nothing is written."""
    review = review_at(at)
    chunks = _chunks(review, Distributor.objects.all() if among is None else among)
    return [decision for people in chunks for decision in _decide(review, people)]


def _chunks(review: Review, among: QuerySet[Distributor]) -> Iterator[list[int]]:
    if not review.ladder.has_tasks:
        return
    last = 0
    reviewed = among.filter(status=Status.APPROVED).order_by("pk")
    while people := list(reviewed.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        yield people
        last = people[-1]


def _decide(review: Review, people: Collection[int]) -> list[Decision]:
    """Four queries at most for any number of people."""
    holders = holders_of(review, Distributor.objects.filter(pk__in=people))
    sold = sold_by(review, holders)
    return [
        decision
        for holder in holders
        for decision in review.decide(holder, sold[holder.distributor_id])
    ]


def sold_by(review: Review, holders: Collection[Holder]) -> dict[int, Windows]:
    """What they sold: one query, a second one for those whose last period is undecided."""
    everybody = [holder.distributor_id for holder in holders]
    undecided = [h.distributor_id for h in holders if review.asks_about_last(h)]
    (running,) = sales_of(everybody, [review.running_window])
    ended, late = sales_of(undecided, review.ended_windows) if undecided else ({}, {})
    return {
        person: Windows(
            running.get(person, NOTHING), ended.get(person, NOTHING), late.get(person, NOTHING)
        )
        for person in everybody
    }


def holders_of(review: Review, rows: QuerySet[Distributor]) -> list[Holder]:
    """Approved people as a review sees them: two queries. Whose standing begins later than the
    review is left out: what is written goes behind everything that was."""
    later = Standing.objects.filter(distributor=OuterRef("pk"), since__gt=review.at)
    found = list(
        rows.filter(~Exists(later), status=Status.APPROVED)
        .order_by("pk")
        .values_list(
            "pk",
            "tier",
            "tier_since",
            "joined_at",
            "tier_is_earned",
            "tier_kept_until",
            "tier_rises_from",
        )
    )
    warned: dict[int, dict[date, datetime]] = defaultdict(dict)
    closed: dict[int, set[date]] = defaultdict(set)
    for person, start, outcome, warned_at in _reviews_of(
        review, [row[0] for row in found]
    ).values_list("distributor", "period_start", "outcome", "warned_at"):
        if outcome == Outcome.OPEN and warned_at is not None:
            warned[person][start] = warned_at
        else:
            closed[person].add(start)
    tiers = {tier.pk: tier for tier in review.ladder.tiers}
    return [
        Holder(
            person,
            tiers[tier] if tier else None,
            since or joined_at,
            is_earned,
            kept_until,
            rises_from,
            warned[person],
            frozenset(closed[person]),
        )
        for person, tier, since, joined_at, is_earned, kept_until, rises_from in found
    ]


def _reviews_of(review: Review, people: Collection[int]) -> QuerySet[TierReview]:
    """What is known of the two periods, apart from rises."""
    return TierReview.objects.filter(
        distributor__in=people,
        period_start__in=[review.ended.start, review.running.start],
        period_end__in=[review.ended.end, review.running.end],
    ).exclude(outcome=Outcome.ROSE)


@transaction.atomic
def _carry_out(review: Review, people: Collection[int]) -> list[str]:
    """Decide again for those nobody else is changing, under their locks, and write it."""
    rows = lock_free_rows(Distributor.objects.filter(pk__in=people))
    locked = {row.pk: row for row in rows}
    decisions = _decide(review, list(locked))
    reviews = _write_reviews(review, decisions)
    moved = [(d, r) for d, r in zip(decisions, reviews, strict=True) if d.to_tier]
    _write_tiers(locked, moved, review.at)
    _tell(review, list(zip(decisions, reviews, strict=True)))
    return [decision.outcome.value for decision in decisions]


def _write_reviews(review: Review, decisions: Collection[Decision]) -> list[TierReview]:
    """One row a decision; a warning that was open becomes what came of it."""
    people = [decision.distributor_id for decision in decisions]
    known = {(row.distributor_id, row.period_start): row for row in _reviews_of(review, people)}
    fresh, continued, written = [], [], []
    for decision in decisions:
        row = known.get((decision.distributor_id, decision.period.start))
        if row is None or decision.outcome == Outcome.ROSE:
            fresh.append(row := TierReview())
        else:
            continued.append(row)
        written.append(_filled(row, decision, review.at))
    TierReview.objects.bulk_create(fresh)
    _continue(continued)
    return written


def _continue(rows: Collection[TierReview]) -> None:
    """One statement, however many warnings are decided."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE distribution_tierreview AS review
            SET outcome = found.outcome, tier_id = found.tier, to_tier_id = found.to_tier,
                sales = found.sales, orders = found.orders, customers = found.customers,
                decided_at = found.decided_at
            FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::numeric[],
                        %s::int[], %s::int[], %s::timestamptz[])
                AS found(id, outcome, tier, to_tier, sales, orders, customers, decided_at)
            WHERE review.id = found.id
            """,
            [
                [getattr(row, name) for row in rows]
                for name in (
                    "pk", "outcome", "tier_id", "to_tier_id",
                    "sales", "orders", "customers", "decided_at",
                )
            ],
        )  # fmt: skip


def _filled(row: TierReview, decision: Decision, at: datetime) -> TierReview:
    values: dict[str, Any] = {
        "distributor_id": decision.distributor_id,
        "tier": decision.tier,
        "to_tier": decision.to_tier,
        "period_start": decision.period.start,
        "period_end": decision.period.end,
        "outcome": decision.outcome,
        "sales": decision.figures.sales,
        "orders": decision.figures.orders,
        "customers": decision.figures.customers,
    }
    values["warned_at" if decision.outcome == Outcome.OPEN else "decided_at"] = at
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _write_tiers(
    locked: dict[int, Distributor], moved: list[tuple[Decision, TierReview]], at: datetime
) -> None:
    standings: list[Standing] = []
    changed: dict[Tier | None, list[int]] = defaultdict(list)
    for decision, row in moved:
        distributor = locked[decision.distributor_id]
        changed[decision.to_tier].append(distributor.pk)
        standings.append(
            Standing(
                distributor=distributor,
                status=distributor.status,
                tier=decision.to_tier,
                since=at,
                reason=review_in_words(row)[:200],
                review=row,
            )
        )
    for tier, people in changed.items():
        Distributor.objects.filter(pk__in=people).update(
            tier=tier,
            tier_since=at,
            tier_is_earned=True,
            tier_kept_until=None,
            tier_rises_from=None,
        )
    Standing.objects.bulk_create(standings)


NEWS_OF = {
    Outcome.ROSE: "tier_rose",
    Outcome.FELL: "tier_fell",
    Outcome.OPEN: "tier_at_risk",
}


def _tell(review: Review, found: Collection[tuple[Decision, TierReview]]) -> None:
    """Everybody hears of it; keeping a tier is no news."""
    for outcome, event in NEWS_OF.items():
        told = [_news(review, d, row) for d, row in found if d.outcome == outcome]
        tell(event, told, at=review.at)


def _news(review: Review, decision: Decision, row: TierReview) -> News:
    tier = decision.to_tier or decision.tier
    values = {
        "tier": tier.name if tier else "",
        "tier_en": tier.name_en if tier else "",
        "from": decision.tier.name if decision.tier else "",
        "from_en": decision.tier.name_en if decision.tier else "",
        "period": period_in_words(decision.period),
        "sales": str(row.sales),
        "orders": row.orders,
        "customers": row.customers,
        "last_day": f"{review.last_day(decision.period, row.warned_at):%Y-%m-%d}",
    }
    return News(decision.distributor_id, str(row.pk), values, "/distribution/tier/")
