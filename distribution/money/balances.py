"""Balances and their lock.

The Balance row is the lock of a distributor's money: whoever changes a balance, or a commission
after it was accrued, holds it. Accrual only inserts and takes no lock, so that a distributor with
many buyers never makes their payments wait for each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from base.locks import lock_rows
from base.money import ZERO
from distribution.models import Balance, Commission, Distributor, Reservation
from distribution.states import ReservationState


def lock_balances(distributor_ids: Iterable[int]) -> dict[int, Balance]:
    """Lock the balances of these distributors, in id order, and return them fresh by id."""
    wanted = set(distributor_ids)
    locked = lock_rows(Balance.objects.filter(pk__in=wanted))
    if len(locked) != len(wanted):
        raise Balance.DoesNotExist(f"no balance for {wanted - {b.pk for b in locked}}")
    return {balance.pk: balance for balance in locked}


def change_balances(
    *, available: Mapping[int, Decimal] | None = None, reserved: Mapping[int, Decimal] | None = None
) -> None:
    """Add to locked balances, in one statement. The caller holds their locks."""
    available, reserved = available or {}, reserved or {}
    touched = sorted(available.keys() | reserved.keys())
    if not touched:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE distribution_balance AS balance
            SET available = balance.available + change.available,
                reserved = balance.reserved + change.reserved
            FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[])
                AS change(distributor_id, available, reserved)
            WHERE balance.distributor_id = change.distributor_id
            """,
            [
                touched,
                [available.get(pk, ZERO) for pk in touched],
                [reserved.get(pk, ZERO) for pk in touched],
            ],
        )


@dataclass(frozen=True)
class Money:
    """A distributor's money, as shown to them and exported."""

    pending: Decimal
    balance: Decimal
    reserved: Decimal
    paid: Decimal

    @property
    def available(self) -> Decimal:
        return max(ZERO, self.balance)

    @property
    def debt(self) -> Decimal:
        return max(ZERO, -self.balance)

    @property
    def total(self) -> Decimal:
        """All that was ever earned and kept. The ledger moves it on and never loses any."""
        return self.pending + self.balance + self.reserved + self.paid


def balance_of(distributor: Distributor) -> Money:
    """Pending, available, reserved, paid and debt of one distributor: three queries."""
    pending = Commission.objects.filter(payee=distributor, matured_at=None).aggregate(
        total=Sum("amount", default=ZERO)
    )["total"]
    paid = Reservation.objects.filter(
        distributor=distributor, state=ReservationState.SETTLED
    ).aggregate(total=Sum("amount", default=ZERO))["total"]
    balance = Balance.objects.get(pk=distributor.pk)
    return Money(pending, balance.available, balance.reserved, paid)
