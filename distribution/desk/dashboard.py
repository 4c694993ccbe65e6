"""The figures a distributor sees first, each from one set-based query.

Pending, available, reserved, paid and debt are the ledger's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate

from base.clock import BEIJING, beijing_date
from base.money import ZERO
from base.words import told
from distribution.models import (
    Binding,
    Commission,
    Distributor,
    Hold,
    Recruitment,
    Reservation,
    Result,
    Standing,
)
from distribution.money.balances import Money
from distribution.referral.relations import in_force
from distribution.states import ReservationState
from orders.models import RefundLine
from orders.states import OPEN_REFUNDS


@dataclass(frozen=True)
class Unlock:
    """What becomes available on a day, if no after-sale comes in between."""

    day: date
    amount: Decimal
    count: int


@dataclass(frozen=True)
class Pending:
    """Commissions that are not mature: waiting for receipt, held by an after-sale, under review by
    the merchant, or counting down to a day."""

    waiting: Decimal
    held: Decimal
    unlocks: list[Unlock]
    reviewed: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        counting = sum((unlock.amount for unlock in self.unlocks), ZERO)
        return self.waiting + self.held + self.reviewed + counting

    def due_by(self, day: date) -> Decimal:
        """What will be available when this Beijing day begins."""
        return sum((unlock.amount for unlock in self.unlocks if unlock.day < day), ZERO)


@dataclass(frozen=True)
class Team:
    """How many there are: bound to them, brought in by them, bound to those they brought in."""

    customers: int
    distributors: int
    second: int


@dataclass(frozen=True)
class Position:
    """Everything above the fold: money, team, the place in this month's ranking and the reason of
    their standing in one query, pending in another."""

    money: Money
    pending: Pending
    team: Team
    place: int | None = None
    reason: str = ""


def position_of(distributor: Distributor, *, at: datetime) -> Position:
    """Money and team of one distributor: two queries."""
    pending = pending_of(distributor)
    month = Result.objects.filter(
        distributor=OuterRef("pk"), period=f"{beijing_date(at):%Y-%m}", sales__gt=0
    )
    settled = Reservation.objects.filter(distributor=OuterRef("pk"), state=ReservationState.SETTLED)
    standings = Standing.objects.filter(distributor=OuterRef("pk")).order_by("-since", "-pk")
    row = (
        _with_team(distributor, at)
        .annotate(
            paid=_sum_of(settled, "distributor"),
            place=Subquery(month.values("sales_place")[:1]),
            reason=Subquery(standings.values("reason")[:1]),
        )
        .values(
            "paid",
            "place",
            "reason",
            "customers",
            "distributors",
            "second",
            "balance__available",
            "balance__reserved",
        )
        .get()
    )
    return Position(
        Money(pending.total, row["balance__available"], row["balance__reserved"], row["paid"]),
        pending,
        Team(row["customers"], row["distributors"], row["second"]),
        row["place"],
        told(row["reason"] or ""),
    )


def team_of(distributor: Distributor, *, at: datetime) -> Team:
    """The sizes of the team alone: one query."""
    row = _with_team(distributor, at).values("customers", "distributors", "second").get()
    return Team(**row)


def _with_team(distributor: Distributor, at: datetime) -> QuerySet[Any]:
    me = OuterRef("pk")
    return Distributor.objects.filter(pk=distributor.pk).annotate(
        customers=_count_of(customers_of(me, at), "distributor"),
        distributors=_count_of(recruits_of(me, at), "recruiter"),
        second=_count_of(second_level_of(me, at), "distributor__recruitments__recruiter"),
    )


def customers_of(distributor: Any, at: datetime) -> QuerySet[Binding]:
    """Who is bound to a distributor at a moment."""
    return Binding.objects.filter(in_force(at), distributor=distributor)


def recruits_of(distributor: Any, at: datetime) -> QuerySet[Recruitment]:
    """Whom a distributor has brought in."""
    return Recruitment.objects.filter(in_force(at), recruiter=distributor)


def second_level_of(distributor: Any, at: datetime) -> QuerySet[Binding]:
    """Who is bound to those whom a distributor has brought in. There it ends."""
    still_recruited = Q(distributor__recruitments__starts_at__lte=at) & (
        Q(distributor__recruitments__ends_at=None) | Q(distributor__recruitments__ends_at__gt=at)
    )
    return Binding.objects.filter(
        still_recruited, in_force(at), distributor__recruitments__recruiter=distributor
    )


def _count_of(rows: QuerySet[Any], owner: str) -> Coalesce:
    counted = rows.order_by().values(owner).annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted), 0)


def _sum_of(rows: QuerySet[Any], owner: str) -> Coalesce:
    summed = rows.order_by().values(owner).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(summed), ZERO)


def pending_of(distributor: Distributor) -> Pending:
    """Pending money by what it waits for: one query."""
    open_after_sale = RefundLine.objects.filter(
        line=OuterRef("line"), refund__state__in=OPEN_REFUNDS
    )
    open_review = Hold.objects.filter(commission=OuterRef("pk"), ended_at=None)
    rows = (
        Commission.objects.filter(payee=distributor, matured_at=None, amount__gt=0)
        .annotate(
            is_reviewed=Exists(open_review),
            is_held=Exists(open_after_sale),
            day=TruncDate("matures_at", tzinfo=BEIJING),
        )
        .order_by()
        .values_list("is_reviewed", "is_held", "day")
        .annotate(total=Sum("amount"), count=Count("pk"))
    )
    waiting = held = reviewed = ZERO
    by_day: dict[date, Unlock] = {}
    for is_reviewed, is_held, day, total, count in rows:
        if is_reviewed:
            reviewed += total
        elif is_held:
            held += total
        elif day is None:
            waiting += total
        else:
            by_day[day] = Unlock(day, total, count)
    return Pending(waiting, held, [by_day[day] for day in sorted(by_day)], reviewed)
