"""Who rises, keeps, is warned or falls: pure decisions on figures, no database.

They rise as soon as the running period's figures meet a higher tier's tasks. When a period has
ended (and the grace after it), a tier is kept by those who met its tasks in it; the others fall to
the highest tier they did meet. Nobody falls without having been warned `warning_days` before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from base.clock import beijing_date, day_start
from distribution.models import Tier, TierCalendar, TierReview, TierTask
from distribution.tiers.own_sales import NOTHING, Figures, Window
from distribution.tiers.periods import Period, period_at, period_before

Outcome = TierReview.Outcome


@dataclass(frozen=True)
class TaskProgress:
    """One task and how much of it is done."""

    kind: TierTask.Kind
    target: Decimal
    done: Decimal

    @property
    def is_met(self) -> bool:
        return self.done >= self.target

    @property
    def left(self) -> Decimal:
        return max(Decimal(0), self.target - self.done)


def progress_of(tier: Tier, figures: Figures) -> list[TaskProgress]:
    done = {
        TierTask.Kind.SALES: figures.sales,
        TierTask.Kind.ORDERS: Decimal(figures.orders),
        TierTask.Kind.CUSTOMERS: Decimal(figures.customers),
    }
    kinds = [(TierTask.Kind(task.kind), task.target) for task in tier.tasks.all()]
    return [TaskProgress(kind, target, done[kind]) for kind, target in kinds]


def is_met(tier: Tier, figures: Figures) -> bool:
    """Whether these figures earn the tier; one without tasks is not to be earned, and nothing
    sold earns none: every task asks for something."""
    if figures == NOTHING:
        return False
    done = [task.is_met for task in progress_of(tier, figures)]
    if not done:
        return False
    return any(done) if tier.tasks_needed == Tier.TasksNeeded.ANY else all(done)


@dataclass(frozen=True)
class Ladder:
    """All tiers with their tasks, the lowest first."""

    tiers: Sequence[Tier]

    @property
    def has_tasks(self) -> bool:
        return any(tier.tasks.all() for tier in self.tiers)

    def place(self, tier: Tier | None) -> int:
        """Where a tier stands; having none is below all."""
        return -1 if tier is None else self.tiers.index(tier)

    def above(self, tier: Tier | None) -> list[Tier]:
        return list(self.tiers[self.place(tier) + 1 :])

    def earned_above(self, tier: Tier | None, figures: Figures) -> Tier | None:
        """The highest tier above this one that the figures earn."""
        return next((t for t in reversed(self.above(tier)) if is_met(t, figures)), None)

    def fall_from(self, tier: Tier, *figures: Figures) -> Tier | None:
        """Where one falls to: the highest lower tier earned, else the lowest. None: nowhere."""
        below = list(self.tiers[: self.place(tier)])
        earned = (t for t in reversed(below) if any(is_met(t, found) for found in figures))
        return next(earned, below[0] if below else None)


@dataclass(frozen=True)
class Holder:
    """Somebody and their tier. `warned`: when, for a period by its start; `closed`: the starts of
    the periods that are decided."""

    distributor_id: int
    tier: Tier | None
    since: datetime
    is_earned: bool
    kept_until: date | None
    rises_from: date | None
    warned: dict[date, datetime]
    closed: frozenset[date]

    def may_rise(self, at: datetime) -> bool:
        """Whom the merchant has lowered rises from a day on."""
        return self.rises_from is None or beijing_date(at) >= self.rises_from

    def is_examined(self, period: Period) -> bool:
        """Whether this period speaks about their tier: one they held for the whole of it, or
        earned in it, and that the merchant does not keep for longer."""
        held = self.since <= period.begins_at or self.is_earned
        kept = self.kept_until is not None and self.kept_until > period.last_day
        return held and self.since < period.ends_at and not kept


@dataclass(frozen=True)
class Decision:
    """What becomes of somebody: OPEN = they are warned."""

    distributor_id: int
    outcome: Outcome
    tier: Tier | None
    to_tier: Tier | None
    period: Period
    figures: Figures


class Windows(NamedTuple):
    """What somebody sold in the running period, in the one before with its grace, and in the one
    before until now (for those who were warned late)."""

    running: Figures = NOTHING
    ended: Figures = NOTHING
    late: Figures = NOTHING


class Review:
    """A review at one moment."""

    def __init__(self, calendar: TierCalendar, ladder: Ladder, at: datetime) -> None:
        self.ladder = ladder
        self.at = at
        self.running = period_at(calendar, at)
        self.ended = period_before(calendar, self.running)
        self.warning = timedelta(days=calendar.warning_days)
        self.grace = timedelta(days=calendar.grace_days)

    @property
    def running_window(self) -> Window:
        """What is not complete yet does not count."""
        return self.running.begins_at, self.at

    @property
    def ended_windows(self) -> list[Window]:
        """The period before with its grace, and until now."""
        begins_at = self.ended.begins_at
        return [(begins_at, min(self.at, self.closes_at(self.ended))), (begins_at, self.at)]

    def asks_about_last(self, holder: Holder) -> bool:
        """Whether the period that ended last is still to be decided for somebody."""
        is_closed = self.ended.start in holder.closed
        return self.can_fall(holder.tier) and not is_closed and holder.is_examined(self.ended)

    def closes_at(self, period: Period) -> datetime:
        """Until when a period's tasks can be made up for."""
        return period.ends_at + self.grace

    def falls_at(self, period: Period, warned_at: datetime | None) -> datetime:
        """When somebody who does not meet their tasks falls, given when they were warned: the
        days of warning are whole Beijing days, the day of the message the first."""
        closes_at = self.closes_at(period)
        if warned_at is None:
            return closes_at
        return max(closes_at, day_start(beijing_date(warned_at)) + self.warning)

    def last_day(self, period: Period, warned_at: datetime | None) -> date:
        """The last Beijing day on which the tasks can be done."""
        return beijing_date(self.falls_at(period, warned_at)) - timedelta(days=1)

    def decide(self, holder: Holder, sold: Windows) -> list[Decision]:
        """What becomes of one person: nothing, one thing, or the last period and a warning."""
        higher = self.ladder.earned_above(holder.tier, sold.running)
        if higher is not None and holder.may_rise(self.at):
            return [self._decision(holder, Outcome.ROSE, self.running, sold.running, higher)]
        if not self.can_fall(holder.tier):
            return []
        decisions = self._close(holder, sold)
        if not any(decision.outcome == Outcome.FELL for decision in decisions):
            decisions += self._warn(holder, self.running, sold.running)
        return decisions

    def can_fall(self, tier: Tier | None) -> bool:
        """A tier without tasks is the merchant's to take; below the lowest there is nothing."""
        return tier is not None and bool(tier.tasks.all()) and self.ladder.place(tier) > 0

    def _close(self, holder: Holder, sold: Windows) -> list[Decision]:
        period, tier = self.ended, holder.tier
        if tier is None or not self.asks_about_last(holder):
            return []
        warned_at = holder.warned.get(period.start)
        falls_at = self.falls_at(period, warned_at)
        figures = sold.late if falls_at > self.closes_at(period) else sold.ended
        if self.at < self.closes_at(period):
            return self._warn(holder, period, figures)
        if is_met(tier, figures):
            return [self._decision(holder, Outcome.HELD, period, figures)]
        if self.warning and warned_at is None:
            return self._warn(holder, period, figures)
        if self.at < falls_at:
            return []
        lower = self.ladder.fall_from(tier, figures, sold.running)
        return [self._decision(holder, Outcome.FELL, period, figures, lower)]

    def _warn(self, holder: Holder, period: Period, figures: Figures) -> list[Decision]:
        is_soon = self.warning and self.at >= period.ends_at - self.warning
        is_known = period.start in holder.warned or period.start in holder.closed
        if not is_soon or is_known or holder.tier is None or not holder.is_examined(period):
            return []
        if is_met(holder.tier, figures):
            return []
        return [self._decision(holder, Outcome.OPEN, period, figures)]

    def _decision(
        self,
        holder: Holder,
        outcome: Outcome,
        period: Period,
        figures: Figures,
        to_tier: Tier | None = None,
    ) -> Decision:
        return Decision(holder.distributor_id, outcome, holder.tier, to_tier, period, figures)
