"""Setting commissions aside while they are looked at, and the decision on them.

A held commission does not mature. One that was mature goes back to pending, unless an approved
payout has it already. Nothing here touches the buyer, the order or any other commission. Many go
in a handful of statements; one is a batch of one.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audits
from base.errors import DomainError
from base.money import ZERO
from distribution.models import Commission, Hold, Reversal, Transfer
from distribution.money.balances import change_balances, lock_balances
from distribution.money.commissions import settle_fall, take_back
from distribution.money.ledger import Posting, post
from distribution.signals import commissions_held
from distribution.states import Account, HoldEnd


class CannotHold(DomainError):
    """The commission is out of reach, or there is nothing left of it."""


class _PaidAlready(Exception):
    """These of them an approved or paid payout has; what was begun is undone."""

    def __init__(self, ids: set[int]) -> None:
        self.ids = ids


@dataclass(frozen=True)
class Held:
    """What lies aside now, also what did before; `refused` says by id why the others do not."""

    holds: list[Hold]
    refused: dict[int, str]


def hold_commission(
    commission: Commission, *, by: User | None, reason: str, at: datetime | None = None
) -> Hold:
    """Keep one commission from maturing and from being paid, as `hold_commissions` does; raises
    CannotHold when it is refused."""
    held = hold_commissions([commission], by=by, reason=reason, at=at)
    for why in held.refused.values():
        raise CannotHold(why)
    (hold,) = held.holds
    return hold


def hold_commissions(
    commissions: Iterable[Commission],
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
) -> Held:
    """Keep these from maturing and from being paid until somebody decides.

    What of them lies in a draft payout leaves the draft, which is made smaller. Held already:
    returned as it is. Refused is what an approved or paid payout has (then only
    `revoke_commissions` takes it back) and what has nothing left. Raises DomainError without a
    reason. Locks the payees' balances.
    """
    _require_reason(reason)
    with transaction.atomic():
        fresh = _lock(commissions)
        holds = _open_holds(fresh)
        refused = {}
        wanted = []
        lying = {hold.commission_id for hold in holds}
        for commission in fresh:
            if commission.pk in lying:
                continue
            if commission.amount == ZERO:
                refused[commission.pk] = _("这笔佣金已全部撤回，没有可暂扣的金额。")
            else:
                wanted.append(commission)
        at = at or timezone.now()
        try:
            with transaction.atomic():
                new = _set_aside(wanted, by=by, reason=reason, at=at)
        except _PaidAlready as paid:
            why = _("这笔佣金已在审批通过的结算单里，不能暂扣；确有问题请直接撤回。")
            refused |= dict.fromkeys(sorted(paid.ids), why)
            within = _lock(one for one in wanted if one.pk not in paid.ids)
            new = _set_aside(within, by=by, reason=reason, at=at)
    return Held([*holds, *new], refused)


def release_commissions(
    commissions: Iterable[Commission],
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
) -> list[Commission]:
    """Nothing was wrong: they mature again as soon as they are due. Not held: nothing happens.
    Returns those that were held."""
    _require_reason(reason)
    with transaction.atomic():
        fresh = _lock(commissions)
        ended = _end(fresh, HoldEnd.RELEASED, by=by, reason=reason, at=at or timezone.now())
        released = [commission for commission in fresh if commission.pk in ended]
        record_audits("release_commission", ((one, {}) for one in released), by=by, reason=reason)
    return released


def release_commission(
    commission: Commission, *, by: User | None, reason: str, at: datetime | None = None
) -> Commission:
    """One of them; see `release_commissions`."""
    release_commissions([commission], by=by, reason=reason, at=at)
    return Commission.objects.get(pk=commission.pk)


def revoke_commissions(
    commissions: Iterable[Commission],
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
) -> list[Commission]:
    """Take them back for good and whole, held or not, even when paid already.

    From the available balance it may leave a debt that later earnings repay. Nothing left of one:
    nothing happens to it. No refund brings them back. Returns those that were taken back.
    """
    _require_reason(reason)
    with transaction.atomic():
        fresh = _lock(commissions)
        at = at or timezone.now()
        _end(fresh, HoldEnd.REVOKED, by=by, reason=reason, at=at)
        revoked = [commission for commission in fresh if commission.amount != ZERO]
        reversals = Reversal.objects.bulk_create(
            Reversal(commission=commission, amount=commission.amount, at=at, reason=reason[:200])
            for commission in revoked
        )
        Commission.objects.filter(pk__in=[one.pk for one in revoked]).update(amount=ZERO)
        postings = []
        for reversal in reversals:
            commission = reversal.commission
            commission.amount = ZERO
            posting = Posting(Transfer.Kind.REVOKE, f"revoke:{commission.pk}", at)
            take_back(posting, reversal)
            postings.append(posting)
        post(postings)
        settle_fall(reversals)
        deeds = ((reversal.commission, {"amount": reversal.amount}) for reversal in reversals)
        record_audits("revoke_commission", deeds, by=by, reason=reason)
    return revoked


def revoke_commission(
    commission: Commission, *, by: User | None, reason: str, at: datetime | None = None
) -> Commission:
    """One of them; see `revoke_commissions`."""
    revoke_commissions([commission], by=by, reason=reason, at=at)
    return Commission.objects.get(pk=commission.pk)


def open_hold(commission: Commission) -> Hold | None:
    return Hold.objects.filter(commission=commission, ended_at=None).first()


def _open_holds(commissions: Iterable[Commission]) -> list[Hold]:
    ids = [commission.pk for commission in commissions]
    return list(Hold.objects.filter(commission__in=ids, ended_at=None).order_by("commission_id"))


def _lock(commissions: Iterable[Commission]) -> list[Commission]:
    """Fresh, under their payees' balance locks."""
    found = list(commissions)
    lock_balances({commission.payee_id for commission in found})
    return list(Commission.objects.filter(pk__in=[one.pk for one in found]).order_by("pk"))


def _set_aside(
    commissions: list[Commission], *, by: User | None, reason: str, at: datetime
) -> list[Hold]:
    """Hold what is not held. Raises _PaidAlready for what no draft can give back."""
    holds = Hold.objects.bulk_create(
        Hold(
            commission=commission,
            held_at=at,
            held_by=by,
            reason=reason[:200],
            amount=ZERO if commission.matured_at is None else commission.amount,
            matured_before=commission.matured_at,
        )
        for commission in commissions
    )
    if mature := [hold for hold in holds if hold.amount]:
        _unmature(mature, at)
    deeds = ((commission, {"amount": commission.amount}) for commission in commissions)
    record_audits("hold_commission", deeds, by=by, reason=reason)
    return holds


def _unmature(holds: list[Hold], at: datetime) -> None:
    """Back from available to pending; drafts that had them are rebuilt without them."""
    rows = Commission.objects.filter(pk__in=[hold.commission_id for hold in holds])
    rows.update(matured_at=None)
    sums: dict[int, Decimal] = defaultdict(lambda: ZERO)
    postings = []
    for hold in holds:
        commission = hold.commission
        commission.matured_at = None
        posting = Posting(Transfer.Kind.HOLD, f"hold:{hold.pk}", at)
        posting.move(
            Account.AVAILABLE, Account.PENDING, hold.amount, distributor_id=commission.payee_id
        )
        postings.append(posting)
        sums[commission.payee_id] -= hold.amount
    post(postings)
    change_balances(available=sums)
    commissions_held.send(sender=Commission, commissions=[hold.commission for hold in holds], at=at)
    if paid := set(rows.filter(allocated__gt=ZERO).values_list("pk", flat=True)):
        raise _PaidAlready(paid)


def _end(
    commissions: Iterable[Commission], end: HoldEnd, *, by: User | None, reason: str, at: datetime
) -> set[int]:
    """End what holds them. Returns the ids of those that were held."""
    holds = _open_holds(commissions)
    Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(
        end=end, ended_at=at, ended_by=by, end_reason=reason[:200]
    )
    return {hold.commission_id for hold in holds}


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
