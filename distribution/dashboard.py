"""The figures a distributor sees first, each from one set-based query.

Pending, available, reserved, paid and debt are the ledger's; what was earned on a day is what its
commissions are worth now, after refunds.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate

from base.clock import BEIJING, beijing_date, day_start, month_start
from base.money import ZERO
from distribution.balances import Money
from distribution.models import Binding, Commission, Distributor, Recruitment, Reservation
from distribution.relations import in_force
from distribution.states import ReservationState
from orders.models import RefundLine
from orders.states import OPEN_REFUNDS

TREND_DAYS = 30


@dataclass(frozen=True)
class Unlock:
    """What becomes available on a day, if no after-sale comes in between."""

    day: date
    amount: Decimal
    count: int


@dataclass(frozen=True)
class Pending:
    """Commissions that are not mature: waiting for receipt, held by an after-sale, or counting
    down to a day."""

    waiting: Decimal
    held: Decimal
    unlocks: list[Unlock]

    @property
    def total(self) -> Decimal:
        return self.waiting + self.held + sum((unlock.amount for unlock in self.unlocks), ZERO)

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
class Day:
    day: date
    level1: Decimal
    level2: Decimal
    orders: int

    @property
    def amount(self) -> Decimal:
        return self.level1 + self.level2


@dataclass(frozen=True)
class Earned:
    """Sums of what commissions are worth now, by the Beijing day of their payment."""

    today: Decimal
    month: Decimal
    days: list[Day]

    @property
    def last_days(self) -> Decimal:
        return sum((day.amount for day in self.days), ZERO)


@dataclass(frozen=True)
class Position:
    """Everything above the fold: money and team in one query, pending in another."""

    money: Money
    pending: Pending
    team: Team

    @property
    def total(self) -> Decimal:
        """All that was ever earned and kept. The ledger moves it on and never loses any."""
        return self.money.pending + self.money.balance + self.money.reserved + self.money.paid


def position_of(distributor: Distributor, *, at: datetime) -> Position:
    """Money and team of one distributor: two queries."""
    pending = pending_of(distributor)
    settled = Reservation.objects.filter(distributor=OuterRef("pk"), state=ReservationState.SETTLED)
    row = (
        _with_team(distributor, at)
        .annotate(paid=_sum_of(settled, "distributor"))
        .values(
            "paid", "customers", "distributors", "second", "balance__available", "balance__reserved"
        )
        .get()
    )
    return Position(
        Money(pending.total, row["balance__available"], row["balance__reserved"], row["paid"]),
        pending,
        Team(row["customers"], row["distributors"], row["second"]),
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
    rows = (
        Commission.objects.filter(payee=distributor, matured_at=None, amount__gt=0)
        .annotate(is_held=Exists(open_after_sale), day=TruncDate("matures_at", tzinfo=BEIJING))
        .order_by()
        .values_list("is_held", "day")
        .annotate(total=Sum("amount"), count=Count("pk"))
    )
    waiting = held = ZERO
    unlocks = []
    for is_held, day, total, count in rows:
        if is_held:
            held += total
        elif day is None:
            waiting += total
        else:
            unlocks.append(Unlock(day, total, count))
    return Pending(waiting, held, sorted(unlocks, key=lambda unlock: unlock.day))


def earned_by(distributor: Distributor, *, at: datetime) -> Earned:
    """Today, this month, and each of the last days: one query over their index by time."""
    today = beijing_date(at)
    first_day = today - timedelta(days=TREND_DAYS - 1)
    start = min(day_start(first_day), month_start(at))
    rows = (
        Commission.objects.filter(payee=distributor, accrued_at__gte=start, accrued_at__lte=at)
        .annotate(day=TruncDate("accrued_at", tzinfo=BEIJING))
        .order_by()
        .values("day")
        .annotate(
            level1=Sum("amount", filter=Q(level=1), default=ZERO),
            level2=Sum("amount", filter=Q(level=2), default=ZERO),
            orders=Count("order", distinct=True),
        )
    )
    by_day = {row["day"]: Day(**row) for row in rows}
    days = [first_day + timedelta(days=number) for number in range(TREND_DAYS)]
    month = [day.amount for day in by_day.values() if day.day >= today.replace(day=1)]
    none = Day(today, ZERO, ZERO, 0)
    return Earned(
        today=by_day.get(today, none).amount,
        month=sum(month, ZERO),
        days=[by_day.get(day, Day(day, ZERO, ZERO, 0)) for day in days],
    )
