"""Setting available money aside, and what becomes of it: paid out or given back.

A reservation takes an amount of the available balance and is allocated to the oldest mature
commissions in rows of its own, from which "reserved" and "paid" are read. The caller holds the
balance locks (`distribution.money.balances.lock_balances`); ledger keys make each step happen once.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from base.money import ZERO
from base.transitions import require_transition
from distribution.models import Allocation, Reservation, Transfer
from distribution.money.balances import change_balances
from distribution.money.ledger import Posting, post
from distribution.states import RESERVATION_TRANSITIONS, Account, ReservationState


@dataclass(frozen=True)
class Claim:
    """Set `amount` of a distributor's available balance aside under `number`."""

    number: str
    distributor_id: int
    amount: Decimal


def reserve(claims: Sequence[Claim], at: datetime) -> list[Reservation]:
    """Reserve for many distributors at once, one claim each.

    Six statements for any number. The balances are locked and cover the claims; a number that
    exists already raises IntegrityError and nothing is reserved.
    """
    reservations = Reservation.objects.bulk_create(
        Reservation(
            number=claim.number,
            distributor_id=claim.distributor_id,
            amount=claim.amount,
            reserved_at=at,
        )
        for claim in claims
    )
    _allocate(reservations)
    postings = []
    for row in reservations:
        posting = Posting(Transfer.Kind.RESERVE, f"reserve:{row.number}", at)
        posting.move(
            Account.AVAILABLE, Account.RESERVED, row.amount, distributor_id=row.distributor_id
        )
        postings.append(posting)
    post(postings)
    change_balances(
        available={row.distributor_id: -row.amount for row in reservations},
        reserved={row.distributor_id: row.amount for row in reservations},
    )
    return reservations


def _allocate(reservations: Sequence[Reservation]) -> None:
    """Spread each reservation over the oldest mature commissions that are not yet allocated."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH wanted AS (
                SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[])
                    AS wanted(reservation_id, payee_id, amount)
            ), running AS (
                SELECT commission.id AS commission_id, wanted.reservation_id, wanted.amount,
                       commission.amount - commission.allocated AS free,
                       sum(commission.amount - commission.allocated) OVER (
                           PARTITION BY commission.payee_id
                           ORDER BY commission.matured_at, commission.id
                       ) AS reached
                FROM wanted JOIN distribution_commission commission
                    ON commission.payee_id = wanted.payee_id
                    AND commission.matured_at IS NOT NULL
                    AND commission.allocated < commission.amount
            ), taken AS (
                INSERT INTO distribution_allocation (reservation_id, commission_id, amount)
                SELECT reservation_id, commission_id, least(free, amount - (reached - free))
                FROM running WHERE reached - free < amount
                RETURNING commission_id, amount
            )
            UPDATE distribution_commission AS commission
            SET allocated = commission.allocated + taken.amount
            FROM taken WHERE commission.id = taken.commission_id
            """,
            [
                [row.pk for row in reservations],
                [row.distributor_id for row in reservations],
                [row.amount for row in reservations],
            ],
        )


def settle(reservation: Reservation, at: datetime) -> Reservation:
    """The money has left the shop. Repeatable; raises WrongState after a release."""
    if reservation.state == ReservationState.SETTLED:
        return reservation
    _close(reservation, ReservationState.SETTLED, at)
    posting = Posting(Transfer.Kind.SETTLE, f"settle:{reservation.number}", at)
    posting.move(
        Account.RESERVED,
        Account.CASH,
        reservation.amount,
        distributor_id=reservation.distributor_id,
    )
    post([posting])
    change_balances(reserved={reservation.distributor_id: -reservation.amount})
    return reservation


def release(reservation: Reservation, at: datetime) -> Reservation:
    """The money stays: back to available. Repeatable; raises WrongState after settlement."""
    if reservation.state == ReservationState.RELEASED:
        return reservation
    _close(reservation, ReservationState.RELEASED, at)
    _free(reservation)
    posting = Posting(Transfer.Kind.RELEASE, f"release:{reservation.number}", at)
    posting.move(
        Account.RESERVED,
        Account.AVAILABLE,
        reservation.amount,
        distributor_id=reservation.distributor_id,
    )
    post([posting])
    change_balances(
        available={reservation.distributor_id: reservation.amount},
        reserved={reservation.distributor_id: -reservation.amount},
    )
    return reservation


def _close(reservation: Reservation, state: ReservationState, at: datetime) -> None:
    reservation.refresh_from_db(fields=["state"])
    require_transition(RESERVATION_TRANSITIONS, reservation.state, state)
    reservation.state, reservation.closed_at = state, at
    reservation.save(update_fields=["state", "closed_at"])


def _free(reservation: Reservation) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE distribution_commission AS commission
            SET allocated = commission.allocated - allocation.amount
            FROM distribution_allocation allocation
            WHERE allocation.commission_id = commission.id AND allocation.reservation_id = %s
            """,
            [reservation.pk],
        )


def allocated_by_state(commission_ids: Collection[int]) -> dict[int, dict[str, Decimal]]:
    """Per commission: how much of it lies in reserved and in settled reservations. One query."""
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    rows = (
        Allocation.objects.filter(commission__in=commission_ids)
        .exclude(reservation__state=ReservationState.RELEASED)
        .values_list("commission_id", "reservation__state", "amount")
    )
    for commission_id, state, amount in rows:
        sums[commission_id][state] += amount
    return sums
