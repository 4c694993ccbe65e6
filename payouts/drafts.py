"""Drafts follow the balance: when a refund or a hold takes money back, what is not approved is
rebuilt.

An approved payout is never touched: the debt is carried and later earnings repay it. Called in
the transaction of the change, with the balance locks held.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Exists, F, Q

from base.accounts.models import User
from base.locks import lock_rows
from base.numbers import new_number
from distribution.models import Allocation, Balance, Commission, Distributor
from distribution.money.reservations import Claim, release, reserve
from payouts.models import Payout, Schedule, Skip
from payouts.news import tell_shrunk_away
from payouts.runs import amount_reason
from payouts.sending import cancel_payout
from payouts.states import UNSENT, PayoutState


def rebuild_drafts(distributor_ids: Iterable[int], at: datetime) -> None:
    """Rebuild the drafts that hold more of a commission than is left of it, and make those of
    distributors with a negative balance smaller, or cancel them, until it is no longer negative.
    """
    ids = list(distributor_ids)
    gone = Payout.objects.filter(
        distributor__in=ids,
        state=PayoutState.DRAFT,
        reservation__allocations__commission__allocated__gt=F(
            "reservation__allocations__commission__amount"
        ),
    )
    short = Balance.objects.filter(pk__in=ids, available__lt=0)
    drafts = Payout.objects.filter(
        Q(pk__in=gone.values("pk")) | Q(distributor__in=short.values("pk")),
        state=PayoutState.DRAFT,
    ).select_related("reservation", "run__schedule")
    for draft in lock_rows(drafts):
        if _is_outdated(draft):
            _rebuild(draft, at)


def _is_outdated(draft: Payout) -> bool:
    """Drafts rebuilt before this one may have settled it. One query."""
    return (
        Balance.objects.filter(pk=draft.distributor_id)
        .filter(
            Q(available__lt=0)
            | Exists(
                draft.reservation.allocations.filter(
                    commission__allocated__gt=F("commission__amount")
                )
            )
        )
        .exists()
    )


def rebuild_without(commissions: Collection[Commission], at: datetime) -> None:
    """Rebuild the drafts that hold commissions which are no longer mature, and whatever the
    balances no longer cover."""
    payees = {commission.payee_id for commission in commissions}
    holding = Allocation.objects.filter(commission__in=[one.pk for one in commissions])
    drafts = Payout.objects.filter(
        distributor__in=payees,
        state=PayoutState.DRAFT,
        reservation__in=holding.values("reservation"),
    ).select_related("reservation", "run__schedule")
    for draft in lock_rows(drafts):
        _rebuild(draft, at)
    rebuild_drafts(payees, at)


def _rebuild(draft: Payout, at: datetime) -> None:
    """Give the draft's money back and draw it up again from what is available, never larger."""
    balance = Balance.objects.get(pk=draft.distributor_id)
    release(draft.reservation, at)
    left = min(draft.amount, balance.available + draft.amount)
    reason = amount_reason(
        left,
        balance.reserved - draft.amount,
        minimum=draft.run.minimum,
        is_threshold=draft.run.schedule.kind == Schedule.Kind.THRESHOLD,
    )
    if reason is not None:
        draft.state, draft.closed_at = PayoutState.CANCELLED, at
        draft.save(update_fields=["state", "closed_at"])
        Skip.objects.get_or_create(
            run=draft.run,
            distributor_id=draft.distributor_id,
            defaults={"reason": reason, "available": left},
        )
        tell_shrunk_away(draft, left=left, at=at)
        return
    (reservation,) = reserve([Claim(new_number("J", at), draft.distributor_id, left)], at)
    draft.reservation, draft.number, draft.amount = reservation, reservation.number, left
    draft.save(update_fields=["reservation", "number", "amount"])


def return_unsent(distributor: Distributor, *, by: User | None, at: datetime, reason: str) -> None:
    """Cancel what was not sent yet: the distributor is about to be banned."""
    unsent = Payout.objects.filter(distributor=distributor, state__in=UNSENT)
    for payout in unsent.order_by("pk"):
        cancel_payout(payout, by=by, reason=reason, at=at)
