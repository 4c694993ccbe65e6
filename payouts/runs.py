"""Runs: one per schedule and period, however often and by how many it is started.

A run goes through everybody with money in the programme in chunks of their own transactions,
under the run's lock and their balance locks: a payout is reserved, or a reason is written down.
An interrupted run goes on where it stopped.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from base.accounts.models import User
from base.locks import lock_row
from base.money import ZERO
from base.numbers import new_number
from distribution.money.balances import lock_balances
from distribution.money.reservations import Claim, reserve
from distribution.states import Status
from payouts.models import Payout, Run, Schedule, Skip
from payouts.schedules import due_period
from payouts.states import PayoutState, SkipReason

CHUNK = 2000


@dataclass(frozen=True)
class Candidate:
    """Somebody with money in the programme, as a run looks at them."""

    distributor_id: int
    member_no: str
    status: str
    available: Decimal
    reserved: Decimal
    pending: Decimal


def run_due(on: date, *, at: datetime | None = None, by: User | None = None) -> list[Run]:
    """Run every active schedule that is due on this Beijing day. Periods already run are returned
    as they are."""
    due = [
        (schedule, period)
        for schedule in Schedule.objects.filter(is_active=True).order_by("pk")
        if (period := due_period(schedule, on))
    ]
    return [run_period(schedule, period, at=at, by=by) for schedule, period in due]


def run_period(
    schedule: Schedule, period: date, *, at: datetime | None = None, by: User | None = None
) -> Run:
    """Run one period of a schedule to its end. Repeatable, and safe to start many times at once."""
    at = at or timezone.now()
    run, _created = Run.objects.get_or_create(
        schedule=schedule,
        period=period,
        defaults={
            "channel": schedule.channel,
            "minimum": floor_of(schedule),
            "auto_approve": schedule.auto_approve,
            "started_at": at,
            "started_by": by,
        },
    )
    while run.finished_at is None:
        run = _run_chunk(run, at)
    return run


def floor_of(schedule: Schedule) -> Decimal:
    """The smallest amount the schedule pays."""
    if schedule.kind == Schedule.Kind.THRESHOLD:
        return max(schedule.threshold, schedule.minimum)
    return schedule.minimum


@transaction.atomic
def _run_chunk(run: Run, at: datetime) -> Run:
    run = lock_row(Run.objects.filter(pk=run.pk))
    if run.finished_at is not None:
        return run
    found = candidates(after=run.cursor, limit=CHUNK)
    if not found:
        run.finished_at = at
        run.save(update_fields=["finished_at"])
        return run
    balances = lock_balances(candidate.distributor_id for candidate in found)
    is_threshold = run.schedule.kind == Schedule.Kind.THRESHOLD
    paid, skipped = [], []
    for candidate in found:
        balance = balances[candidate.distributor_id]
        fresh = replace(candidate, available=balance.available, reserved=balance.reserved)
        reason = skip_reason(fresh, minimum=run.minimum, is_threshold=is_threshold)
        if reason is None:
            paid.append(fresh)
        else:
            skipped.append(
                Skip(
                    run=run,
                    distributor_id=fresh.distributor_id,
                    reason=reason,
                    available=fresh.available,
                )
            )
    _create_payouts(run, paid, at)
    Skip.objects.bulk_create(skipped)
    run.cursor = found[-1].distributor_id
    run.save(update_fields=["cursor"])
    return run


def candidates(*, after: int, limit: int) -> list[Candidate]:
    """Everybody with an available or reserved balance, a debt or pending commissions, by id."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT balance.distributor_id, member.member_no, distributor.status, balance.available,
                   balance.reserved, coalesce(pending.amount, 0)
            FROM distribution_balance balance
            JOIN distribution_distributor distributor
                ON distributor.user_id = balance.distributor_id
            JOIN accounts_user member ON member.id = balance.distributor_id
            LEFT JOIN LATERAL (
                SELECT 1 AS amount FROM distribution_commission commission
                WHERE commission.payee_id = balance.distributor_id
                  AND commission.matured_at IS NULL AND commission.amount > 0
                LIMIT 1
            ) pending ON balance.available = 0 AND balance.reserved = 0
            WHERE balance.distributor_id > %s
              AND (balance.available <> 0 OR balance.reserved <> 0 OR pending.amount IS NOT NULL)
            ORDER BY balance.distributor_id LIMIT %s
            """,
            [after, limit],
        )
        return [Candidate(*row) for row in cursor.fetchall()]


def skip_reason(candidate: Candidate, *, minimum: Decimal, is_threshold: bool) -> SkipReason | None:
    """Why somebody is not paid in this run; None = they are."""
    if candidate.status == Status.FROZEN:
        return SkipReason.FROZEN
    if candidate.status == Status.BANNED:
        return SkipReason.BANNED
    return amount_reason(
        candidate.available, candidate.reserved, minimum=minimum, is_threshold=is_threshold
    )


def amount_reason(
    available: Decimal, reserved: Decimal, *, minimum: Decimal, is_threshold: bool
) -> SkipReason | None:
    """Why an available balance is not paid; None = it is."""
    if available < 0:
        return SkipReason.DEBT
    if available == ZERO:
        return SkipReason.IN_PAYOUT if reserved else SkipReason.NOTHING_MATURE
    if available < minimum:
        return SkipReason.BELOW_THRESHOLD if is_threshold else SkipReason.BELOW_MINIMUM
    return None


def _create_payouts(run: Run, paid: Sequence[Candidate], at: datetime) -> None:
    if not paid:
        return
    reservations = reserve(
        [Claim(new_number("J", at), c.distributor_id, c.available) for c in paid], at
    )
    Payout.objects.bulk_create(
        Payout(
            run=run,
            distributor_id=reservation.distributor_id,
            number=reservation.number,
            reservation=reservation,
            amount=reservation.amount,
            channel=run.channel,
            state=PayoutState.APPROVED if run.auto_approve else PayoutState.DRAFT,
            created_at=at,
            approved_at=at if run.auto_approve else None,
        )
        for reservation in reservations
    )


@dataclass(frozen=True)
class Preview:
    """What a run would do now."""

    schedule: Schedule
    period: date
    has_run: bool
    payouts: list[Candidate]
    skips: list[tuple[Candidate, SkipReason]]

    @property
    def total(self) -> Decimal:
        return sum((candidate.available for candidate in self.payouts), ZERO)


def preview_due(on: date) -> list[Preview]:
    """The dry run of `run_due`: the same candidates and reasons, nothing written."""
    previews: list[Preview] = []
    taken: set[int] = set()
    for schedule in Schedule.objects.filter(is_active=True).order_by("pk"):
        if period := due_period(schedule, on):
            preview = preview_period(schedule, period, taken=frozenset(taken))
            taken.update(candidate.distributor_id for candidate in preview.payouts)
            previews.append(preview)
    return previews


def preview_period(
    schedule: Schedule, period: date, *, taken: Collection[int] = frozenset()
) -> Preview:
    """`taken`: whose balance an earlier schedule of the same day would have reserved by then."""
    has_run = Run.objects.filter(schedule=schedule, period=period).exists()
    preview = Preview(schedule, period, has_run, [], [])
    if has_run:
        return preview
    after = 0
    is_threshold = schedule.kind == Schedule.Kind.THRESHOLD
    while found := candidates(after=after, limit=CHUNK):
        for row in found:
            candidate = _as_taken(row) if row.distributor_id in taken else row
            reason = skip_reason(candidate, minimum=floor_of(schedule), is_threshold=is_threshold)
            if reason is None:
                preview.payouts.append(candidate)
            else:
                preview.skips.append((candidate, reason))
        after = found[-1].distributor_id
    return preview


def _as_taken(candidate: Candidate) -> Candidate:
    reserved = candidate.reserved + candidate.available
    return replace(candidate, available=ZERO, reserved=reserved)
