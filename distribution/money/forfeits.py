"""What a ban takes: all that is pending and what is left of the available balance, back to the shop.

Also what comes later, and would never be paid: an order that was placed before the ban and paid
after it, a payout that was on its way and came back.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from base.audit import record_audit
from base.money import ZERO
from distribution.models import Balance, Commission, Distributor, Reversal, Standing, Transfer
from distribution.money.balances import lock_balances
from distribution.money.commissions import settle_fall, take_back
from distribution.money.ledger import Posting, post
from distribution.states import Status


def forfeit_unpaid(distributor: Distributor, *, reason: str, at: datetime) -> Decimal:
    """Take what no payout has; a debt stays. Returns how much. The caller holds the balance lock.

    Nothing left: nothing happens.
    """
    balance = Balance.objects.get(pk=distributor.pk)
    unpaid = Commission.objects.filter(payee=distributor, amount__gt=0)
    reversals = [
        Reversal(commission=commission, amount=commission.amount, at=at, reason=reason[:200])
        for commission in unpaid.filter(matured_at=None).order_by("pk")
    ]
    left = max(ZERO, balance.available)
    for commission in unpaid.filter(matured_at__isnull=False).order_by("-matured_at", "-pk"):
        part: Decimal = min(left, commission.amount - commission.allocated)
        if part > 0:
            reversals.append(
                Reversal(commission=commission, amount=part, at=at, reason=reason[:200])
            )
            left -= part
    posting = Posting(Transfer.Kind.FORFEIT, _next_key(distributor), at)
    for reversal in reversals:
        reversal.commission.amount -= reversal.amount
        take_back(posting, reversal)
    Reversal.objects.bulk_create(reversals)
    Commission.objects.bulk_update([r.commission for r in reversals], ["amount"], batch_size=1000)
    post([posting])
    settle_fall(reversals)
    return sum((reversal.amount for reversal in reversals), ZERO)


def forfeits_of(distributor_id: int) -> Q:
    """The transfers that took something from somebody who is banned."""
    key = f"forfeit:{distributor_id}"
    return Q(key=key) | Q(key__startswith=f"{key}:")


def _next_key(distributor: Distributor) -> str:
    before = Transfer.objects.filter(forfeits_of(distributor.pk)).count()
    return f"forfeit:{distributor.pk}" + (f":{before + 1}" if before else "")


def forfeit_late(at: datetime) -> int:
    """Take what came to people after they were banned. Returns from how many.

    Each in a transaction of their own. An accrual takes no lock, so that this looks after it.
    """
    banned = Standing.objects.filter(
        distributor=OuterRef("pk"), status=Status.BANNED, since__lte=at
    )
    pending = Commission.objects.filter(payee=OuterRef("pk"), matured_at=None, amount__gt=0)
    late = Distributor.objects.filter(
        Exists(banned), Q(balance__available__gt=0) | Exists(pending), status=Status.BANNED
    )
    return sum(take_late(distributor, at=at) > ZERO for distributor in late.order_by("pk"))


def take_late(distributor: Distributor, *, at: datetime) -> Decimal:
    """The same for one, who is banned, by the reason they were banned for. Returns how much."""
    with transaction.atomic():
        lock_balances([distributor.pk])
        standing = distributor.standings.filter(status=Status.BANNED).latest("pk")
        taken = forfeit_unpaid(distributor, reason=standing.reason, at=at)
        if taken:
            record_audit("forfeit_late", distributor, by=None, amount=taken)
    return taken
