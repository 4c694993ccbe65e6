"""What somebody sees of their tier: what they have, how far they are, and what happens next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from base.clock import beijing_date
from distribution.models import Distributor, PositionPrivileges, Tier
from distribution.tiers.decisions import Holder, Review, TaskProgress, Windows, is_met, progress_of
from distribution.tiers.own_sales import Figures
from distribution.tiers.periods import Period, the_calendar
from distribution.tiers.privileges import (
    Privileges,
    RecruitRoom,
    combine,
    for_oneself,
    privileges_of,
    recruits_now,
)
from distribution.tiers.reviews import holders_of, ladder, sold_by
from distribution.tiers.words import amount_in_words, calendar_in_words, review_in_words

HISTORY = 30


@dataclass(frozen=True)
class Bar:
    """One task: how far, in per cent (never more than 100) and in words."""

    label: str
    done: str
    target: str
    left: str
    percent: int
    is_met: bool


@dataclass(frozen=True)
class Card:
    """A tier, its tasks as far as they are done, and what one would have with it."""

    tier: Tier
    bars: list[Bar]
    needs_all: bool
    is_met: bool
    gives: Sequence[str]


@dataclass(frozen=True)
class Deadline:
    """By when the tasks of the present tier have to be done, and what it becomes otherwise."""

    period: Period
    last_day: date
    falls_to: Tier
    bars: list[Bar]
    is_met: bool
    is_over: bool

    @property
    def falls_on(self) -> date:
        return self.last_day + timedelta(days=1)


@dataclass(frozen=True)
class Moment:
    """One change of tier, and why."""

    at: datetime
    tier: Tier | None
    why: str


@dataclass(frozen=True)
class TierProgress:
    privileges: Privileges
    has: list[str]
    room: RecruitRoom
    calendar: str
    running: Period
    figures: Figures
    deadlines: list[Deadline]
    kept_until: date | None
    rises_from: date | None
    is_examined_next: bool
    higher: list[Card]
    history: list[Moment]


def tier_progress(distributor: Distributor, *, at: datetime) -> TierProgress:
    """Everything on the page about a tier: thirteen queries."""
    calendar = the_calendar()
    review = Review(calendar, ladder(), at)
    privileges = privileges_of(distributor, at=at)
    holder = next(iter(holders_of(review, Distributor.objects.filter(pk=distributor.pk))), None)
    sold = sold_by(review, [holder])[distributor.pk] if holder else Windows()
    kept = distributor.tier_kept_until
    return TierProgress(
        privileges=privileges,
        has=for_oneself(privileges),
        room=RecruitRoom(recruits_now(distributor, at), privileges.recruit_limit),
        calendar=calendar_in_words(calendar),
        running=review.running,
        figures=sold.running,
        deadlines=list(_deadlines(review, holder, sold)) if holder else [],
        kept_until=kept if kept and kept >= review.running.start else None,
        rises_from=_held_down_until(distributor, at),
        is_examined_next=_is_examined_next(review, holder),
        higher=_higher(review, distributor, privileges, sold.running),
        history=_history(distributor),
    )


@dataclass(frozen=True)
class Outlook:
    """In short: the tasks that keep the present tier while they are not done, else those of the
    next one up, from when on they count if the merchant lowered somebody."""

    running: Period
    keep: Deadline | None
    rise: Card | None
    rises_from: date | None


def tier_outlook(distributor: Distributor, *, at: datetime) -> Outlook:
    """What the dashboard says of somebody's tier: eight queries."""
    review = Review(the_calendar(), ladder(), at)
    holder = next(iter(holders_of(review, Distributor.objects.filter(pk=distributor.pk))), None)
    sold = sold_by(review, [holder])[distributor.pk] if holder else Windows()
    deadlines = _deadlines(review, holder, sold) if holder else []
    above = _earnable_above(review, distributor.tier)
    return Outlook(
        running=review.running,
        keep=next((deadline for deadline in deadlines if not deadline.is_met), None),
        rise=_card(above[0], sold.running) if above else None,
        rises_from=_held_down_until(distributor, at),
    )


def _held_down_until(distributor: Distributor, at: datetime) -> date | None:
    """The day from which one whom the merchant lowered may rise again; None when nothing waits."""
    day = distributor.tier_rises_from
    return day if day and day > beijing_date(at) else None


def bars_of(tier: Tier, figures: Figures) -> list[Bar]:
    return [_bar(task) for task in progress_of(tier, figures)]


def _bar(task: TaskProgress) -> Bar:
    return Bar(
        label=str(task.kind.label),
        done=amount_in_words(task.kind, task.done),
        target=amount_in_words(task.kind, task.target),
        left=amount_in_words(task.kind, task.left),
        percent=min(100, int(100 * task.done / task.target)),
        is_met=task.is_met,
    )


def _is_examined_next(review: Review, holder: Holder | None) -> bool:
    """A tier that asks for something, of which the running period does not speak yet."""
    if holder is None or not review.can_fall(holder.tier):
        return False
    return not holder.is_examined(review.running)


def _deadlines(review: Review, holder: Holder, sold: Windows) -> Iterable[Deadline]:
    """The last period while it can still be made up for, then the running one."""
    tier = holder.tier
    if tier is None or not review.can_fall(tier):
        return
    for period, is_over in ((review.ended, True), (review.running, False)):
        warned_at = holder.warned.get(period.start)
        falls_at = review.falls_at(period, warned_at)
        is_closed = period.start in holder.closed or (is_over and falls_at <= review.at)
        if is_closed or not holder.is_examined(period):
            continue
        figures = (sold.late if warned_at else sold.ended) if is_over else sold.running
        falls_to = review.ladder.fall_from(tier, figures)
        if falls_to is not None:
            yield Deadline(
                period,
                review.last_day(period, warned_at),
                falls_to,
                bars_of(tier, figures),
                is_met(tier, figures),
                is_over,
            )


def _higher(
    review: Review, distributor: Distributor, privileges: Privileges, figures: Figures
) -> list[Card]:
    by_position = PositionPrivileges.objects.get(position=privileges.position)

    def gives(tier: Tier) -> list[str]:
        uplift = _uplift_of(tier, review.at)
        return for_oneself(
            combine(by_position, tier, is_active=privileges.is_active, uplift=uplift)
        )

    above = _earnable_above(review, privileges.tier)
    return [_card(tier, figures, gives=gives(tier)) for tier in above]


def _earnable_above(review: Review, tier: Tier | None) -> list[Tier]:
    return [above for above in review.ladder.above(tier) if above.tasks.all()]


def _card(tier: Tier, figures: Figures, *, gives: Sequence[str] = ()) -> Card:
    needs_all = tier.tasks_needed == Tier.TasksNeeded.ALL
    return Card(tier, bars_of(tier, figures), needs_all, is_met(tier, figures), gives)


def _uplift_of(tier: Tier, at: datetime) -> Decimal:
    begun = [row for row in tier.uplifts.all() if row.valid_from <= at]
    return begun[-1].uplift if begun else Decimal(0)


def _history(distributor: Distributor) -> list[Moment]:
    """The changes of tier, the newest first."""
    rows = distributor.standings.select_related("tier", "review__tier", "review__to_tier")
    moments: list[Moment] = []
    before: object = object()
    for row in rows.order_by("since", "pk"):
        if row.tier_id != before:
            why = review_in_words(row.review) if row.review else _given(row.by_id, row.why)
            moments.append(Moment(row.since, row.tier, why))
        before = row.tier_id
    return moments[::-1][:HISTORY]


def _given(by: int | None, reason: str) -> str:
    return reason if reason else (_("由商家设定") if by else "")
