"""Where a debt comes from and how it is repaid: refunds that came after a commission was paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from base.money import ZERO
from distribution.models import Balance, Commission, Distributor


@dataclass(frozen=True)
class Overpaid:
    """A commission of which more went into payouts than is left of it after refunds."""

    commission: Commission
    repaid: Decimal

    @property
    def amount(self) -> Decimal:
        return self.commission.allocated - self.commission.amount

    @property
    def left(self) -> Decimal:
        return self.amount - self.repaid


@dataclass(frozen=True)
class Debt:
    """`total` was ever paid too much; `left` of it is still to be repaid by later earnings."""

    total: Decimal
    left: Decimal

    @property
    def repaid(self) -> Decimal:
        return self.total - self.left


def overpaid_of(distributor: Distributor) -> QuerySet[Commission]:
    """Their commissions that were paid before a refund took part of them back, oldest first."""
    return (
        Commission.objects.filter(payee=distributor, allocated__gt=F("amount"))
        .select_related("order", "line")
        .prefetch_related("reversals__refund")
        .order_by("accrued_at", "pk")
    )


def debt_of(distributor: Distributor) -> Debt:
    """Two queries."""
    over = Commission.objects.filter(payee=distributor, allocated__gt=F("amount")).aggregate(
        total=Sum(F("allocated") - F("amount"), default=ZERO)
    )
    available = Balance.objects.values_list("available", flat=True).get(pk=distributor.pk)
    return Debt(over["total"], max(ZERO, -available))


def shown_overpaid(rows: Sequence[Commission], *, repaid_before: Decimal) -> list[Overpaid]:
    """Rows of `overpaid_of` with what of each is repaid, the oldest first. `repaid_before` is what
    is left of the repaid amount for these rows."""
    found = []
    for commission in rows:
        over = commission.allocated - commission.amount
        part = min(over, max(ZERO, repaid_before))
        repaid_before -= part
        found.append(Overpaid(commission, part))
    return found
