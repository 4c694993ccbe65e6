"""A distributor's commissions as lists: their state in bulk, and what the ledger says of one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from base.clock import within_days
from base.money import ZERO
from distribution.desk.team import masked_name
from distribution.models import (
    Allocation,
    Commission,
    Distributor,
    Entry,
    Hold,
    Reversal,
    Transfer,
)
from distribution.money.explanations import commission_state
from distribution.money.forfeits import forfeits_of
from distribution.money.set_offs import SetOff, set_offs_of
from distribution.states import Account, CommissionState, ReservationState
from orders.models import Order

# A limit nothing reaches makes the database read an inner query once, by its own index, instead of
# asking it for each of a star's commissions.
EVERYTHING = 10**9


def earnings_of(distributor: Distributor) -> QuerySet[Commission]:
    """Their commissions, newest first, as `with_payouts` gives them."""
    rows = with_payouts(Commission.objects.filter(payee=distributor))
    return rows.select_related("order", "line", "buyer").order_by("-accrued_at", "-pk")


def with_payouts(rows: QuerySet[Commission]) -> QuerySet[Commission]:
    """Each with what of it lies in payouts (`in_payout`), what was paid (`paid_out`), and whether
    the merchant looks into it (`is_held`)."""
    open_holds = Hold.objects.filter(commission=OuterRef("pk"), ended_at=None)
    return rows.annotate(
        in_payout=_allocated(ReservationState.RESERVED),
        paid_out=_allocated(ReservationState.SETTLED),
        is_held=Exists(open_holds),
    )


def _allocated(state: ReservationState) -> Coalesce:
    allocations = Allocation.objects.filter(commission=OuterRef("pk"), reservation__state=state)
    total = allocations.order_by().values("commission").annotate(t=Sum("amount")).values("t")
    return Coalesce(Subquery(total), ZERO, output_field=DecimalField())


def in_state(
    earnings: QuerySet[Commission], distributor: Distributor, state: CommissionState
) -> QuerySet[Commission]:
    """Those of `earnings_of(distributor)` that are in a state, by the same words as `state_of`.

    What is stored narrows the rows first, so that sums are read for few of them.
    """
    in_payouts = Allocation.objects.filter(
        reservation__distributor=distributor, reservation__state=ReservationState.RESERVED
    )
    reserved = Q(pk__in=in_payouts.values("commission")[:EVERYTHING])
    # Only what is allocated beyond its amount, after a refund, may be paid and in a payout at once.
    not_paid_before = Q(allocated__lte=F("amount")) | Q(paid_out__lt=F("amount"))
    mature = Q(matured_at__isnull=False, amount__gt=0)
    free = mature & Q(allocated__lt=F("amount")) & ~reserved
    asks_about_debt = state in (CommissionState.AVAILABLE, CommissionState.SET_OFF)
    set_offs = set_offs_of(distributor.pk) if asks_about_debt else {}
    repays = Q(pk__in=[pk for pk, part in set_offs.items() if part.is_whole])
    return earnings.filter(
        {
            CommissionState.REVERSED: Q(amount=0),
            CommissionState.PENDING: Q(matured_at=None, amount__gt=0),
            CommissionState.AVAILABLE: free & ~repays,
            CommissionState.SET_OFF: free & repays,
            CommissionState.RESERVED: mature & reserved & not_paid_before,
            CommissionState.PAID: mature & Q(allocated__gte=F("amount"), paid_out__gte=F("amount")),
        }[state]
    )


def state_of(commission: Commission, set_off: SetOff | None = None) -> CommissionState:
    """The state of a row of `earnings_of`: no query."""
    return commission_state(
        commission,
        reserved=commission.in_payout,  # type: ignore[attr-defined]  # annotated by earnings_of
        paid=commission.paid_out,  # type: ignore[attr-defined]  # annotated by earnings_of
        set_off=set_off,
    )


@dataclass(frozen=True)
class Earning:
    """A commission as a list shows it; `set_off` of it is mature and repays a debt."""

    commission: Commission
    state: CommissionState
    set_off: Decimal = ZERO

    @property
    def is_held(self) -> bool:
        return self.commission.is_held  # type: ignore[attr-defined]  # annotated by earnings_of


def with_states(
    rows: Iterable[Commission], set_offs: Mapping[int, SetOff] | None = None
) -> list[Earning]:
    """Rows of `earnings_of` with their states; `set_offs` are their payee's, where it matters."""
    parts = set_offs or {}
    return [_earning(row, parts.get(row.pk)) for row in rows]


def own_earnings(distributor: Distributor, rows: Iterable[Commission]) -> list[Earning]:
    """Rows of `earnings_of(distributor)` with their states: one more query where one of them would
    be to be paid, and may repay a debt instead."""
    found = with_states(rows)
    if all(earning.state != CommissionState.AVAILABLE for earning in found):
        return found
    return with_states([earning.commission for earning in found], set_offs_of(distributor.pk))


def _earning(commission: Commission, set_off: SetOff | None) -> Earning:
    return Earning(commission, state_of(commission, set_off), set_off.amount if set_off else ZERO)


@dataclass(frozen=True)
class EarningOrder:
    """An order as its distributor may see it, with what it earns them now."""

    order: Order
    buyer: str
    earnings: list[Earning]

    @property
    def amount(self) -> Decimal:
        return sum((earning.commission.amount for earning in self.earnings), ZERO)

    @property
    def levels(self) -> list[int]:
        return sorted({earning.commission.level for earning in self.earnings})


def of_orders(
    rows: QuerySet[Commission],
    *,
    level: int | None = None,
    search: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Commission]:
    """Of one level, of orders whose number begins so, paid in these days; both days count."""
    if level:
        rows = rows.filter(level=level)
    if search:
        rows = rows.filter(order__number__startswith=search)
    return rows.filter(within_days("accrued_at", since, until))


def orders_earning_for(distributor: Distributor, **wanted: Any) -> QuerySet[Commission, int]:
    """The ids of orders with a commission of theirs, newest payment first; wanted as `of_orders`
    knows it."""
    rows = of_orders(Commission.objects.filter(payee=distributor), **wanted)
    # The commissions of one order share their time, so the index by time needs no sorting.
    newest = rows.order_by("-accrued_at", "-order").distinct("accrued_at", "order")
    return newest.values_list("order", flat=True)


def shown_orders(
    distributor: Distributor, order_ids: Collection[int], *, level: int | None = None
) -> list[EarningOrder]:
    """These orders with their earnings, in the order given: one query, or two."""
    rows = earnings_of(distributor).filter(order__in=list(order_ids))
    if level:
        rows = rows.filter(level=level)
    by_order: dict[int, list[Earning]] = {pk: [] for pk in order_ids}
    for earning in own_earnings(distributor, rows.order_by("line", "level")):
        by_order[earning.commission.order_id].append(earning)
    return [
        EarningOrder(
            order=earnings[0].commission.order,
            buyer=masked_name(earnings[0].commission.buyer),
            earnings=earnings,
        )
        for earnings in by_order.values()
    ]


@dataclass(frozen=True)
class Movement:
    """One ledger transfer that moved a commission: how much of it was this commission's."""

    kind: Transfer.Kind
    at: datetime
    key: str
    source: Account
    target: Account
    amount: Decimal

    @property
    def payout(self) -> str:
        """The number of the payout it is about; other keys say nothing to people."""
        return self.key.partition(":")[2] if self.kind in OF_PAYOUTS else ""


OF_PAYOUTS = (Transfer.Kind.RESERVE, Transfer.Kind.RELEASE, Transfer.Kind.SETTLE)

WAYS = {
    Transfer.Kind.ACCRUE: (Account.EXPENSE, Account.PENDING),
    Transfer.Kind.MATURE: (Account.PENDING, Account.AVAILABLE),
    Transfer.Kind.HOLD: (Account.AVAILABLE, Account.PENDING),
    Transfer.Kind.RESERVE: (Account.AVAILABLE, Account.RESERVED),
    Transfer.Kind.RELEASE: (Account.RESERVED, Account.AVAILABLE),
    Transfer.Kind.SETTLE: (Account.RESERVED, Account.CASH),
}

TAKING_BACK = (Transfer.Kind.REVERSE, Transfer.Kind.FORFEIT, Transfer.Kind.REVOKE)


def movements_of(commission: Commission) -> list[Movement]:
    """The way of a commission's money through the books, oldest first: four queries, one more when
    it is or was mature, and one when a ban or a decision took something.

    A transfer may move many commissions at once; `amount` is this one's part of it.
    """
    reversals = list(commission.reversals.order_by("at", "pk"))
    holds = list(commission.holds.filter(amount__gt=0).order_by("held_at", "pk"))
    parts = _parts_by_key(commission, reversals, holds)
    found = Q(key__in=parts) | Q(pk__in=_maturings(commission, holds))
    movements: dict[str, Movement] = {}
    for transfer in Transfer.objects.filter(found).order_by("at", "pk"):
        # The chunks of one maturing share their time; one of them stands for all.
        is_maturing = transfer.kind == Transfer.Kind.MATURE
        name = f"mature:{transfer.at}" if is_maturing else transfer.key
        was_mature = _is_mature_at(transfer.at, commission, holds)
        movements.setdefault(name, _movement(transfer, commission, reversals, parts, was_mature))
    return [movement for movement in movements.values() if movement.amount]


def _maturings(commission: Commission, holds: list[Hold]) -> list[int]:
    """Transfers by which money of the payee matured when this did. Read apart: asked for in one
    breath with the keys, the database would look through all transfers there are."""
    times = {hold.matured_before for hold in holds} | {commission.matured_at}
    entries = Entry.objects.filter(
        distributor=commission.payee_id,
        account=Account.AVAILABLE,
        kind=Transfer.Kind.MATURE,
        at__in=[at for at in times if at is not None],
    )
    return list(entries.values_list("transfer", flat=True))


def _is_mature_at(at: datetime, commission: Commission, holds: list[Hold]) -> bool:
    """Mature from one maturing until a hold took that back."""
    if any(hold.matured_before <= at < hold.held_at for hold in holds if hold.matured_before):
        return True
    return commission.matured_at is not None and commission.matured_at <= at


def _parts_by_key(
    commission: Commission, reversals: list[Reversal], holds: list[Hold]
) -> dict[str, Decimal]:
    """This commission's part of each transfer that names it, its order, refund or reservation."""
    parts = {f"accrue:{commission.order_id}": commission.amount_at_payment}
    parts |= {f"hold:{hold.pk}": hold.amount for hold in holds}
    parts |= {f"reverse:{r.refund_id}": r.amount for r in reversals if r.refund_id}
    parts |= _taken_for_good(commission, [r for r in reversals if not r.refund_id])
    for allocation in commission.allocations.select_related("reservation"):
        for step in ("reserve", "release", "settle"):
            parts[f"{step}:{allocation.reservation.number}"] = allocation.amount
    return parts


def _taken_for_good(commission: Commission, reversals: list[Reversal]) -> dict[str, Decimal]:
    """By a ban, by what it took later, then by a decision: each has its transfer's time."""
    if not reversals:
        return {}
    named = Q(key=f"revoke:{commission.pk}") | forfeits_of(commission.payee_id)
    taking = Transfer.objects.filter(named, at__in=[reversal.at for reversal in reversals])
    keys = taking.order_by("at", "pk").values_list("key", flat=True)
    return dict(zip(keys, [reversal.amount for reversal in reversals], strict=True))


def _movement(
    transfer: Transfer,
    commission: Commission,
    reversals: list[Reversal],
    parts: dict[str, Decimal],
    was_mature: bool,
) -> Movement:
    kind = Transfer.Kind(transfer.kind)
    if kind in TAKING_BACK:
        way = (Account.AVAILABLE if was_mature else Account.PENDING, Account.EXPENSE)
    else:
        way = WAYS[kind]
    amount = parts.get(transfer.key)
    if amount is None:
        before = [r.amount for r in reversals if r.at < transfer.at]
        amount = commission.amount_at_payment - sum(before, ZERO)
    if amount < ZERO:  # a later refund left more of it earned
        way, amount = (way[1], way[0]), -amount
    return Movement(kind, transfer.at, transfer.key, *way, amount)
