"""Setting one commission aside while it is looked at, and the decision on it.

A held commission does not mature. One that was mature goes back to pending, unless an approved
payout has it already. Nothing here touches the buyer, the order or any other commission.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.money import ZERO
from distribution.models import Commission, Hold, Reversal, Transfer
from distribution.money.balances import change_balances, lock_balances
from distribution.money.commissions import settle_fall, take_back
from distribution.money.ledger import Posting, post
from distribution.signals import commission_held
from distribution.states import Account, HoldEnd


class CannotHold(DomainError):
    """The commission is out of reach, or there is nothing left of it."""


def hold_commission(
    commission: Commission, *, by: User | None, reason: str, at: datetime | None = None
) -> Hold:
    """Keep one commission from maturing and from being paid until somebody decides.

    What of it lies in a draft payout leaves the draft, which is made smaller. Held already:
    returned as it is. Raises CannotHold when an approved or paid payout has it (then only
    `revoke_commission` takes it back) or when nothing is left of it, and DomainError without a
    reason. Locks the payee's balance.
    """
    _require_reason(reason)
    with transaction.atomic():
        commission = _lock(commission)
        at = at or timezone.now()
        if hold := open_hold(commission):
            return hold
        if commission.amount == ZERO:
            raise CannotHold(_("这笔佣金已全部撤回，没有可暂扣的金额。"))
        hold = Hold.objects.create(
            commission=commission,
            held_at=at,
            held_by=by,
            reason=reason[:200],
            amount=ZERO if commission.matured_at is None else commission.amount,
            matured_before=commission.matured_at,
        )
        if hold.amount:
            _unmature(commission, hold)
        record_audit("hold_commission", commission, by=by, reason=reason, amount=commission.amount)
    return hold


def release_commission(
    commission: Commission, *, by: User | None, reason: str, at: datetime | None = None
) -> Commission:
    """Nothing was wrong: it matures again as soon as it is due. Not held: nothing happens."""
    _require_reason(reason)
    with transaction.atomic():
        commission = _lock(commission)
        if hold := open_hold(commission):
            _end(hold, HoldEnd.RELEASED, by=by, reason=reason, at=at or timezone.now())
            record_audit("release_commission", commission, by=by, reason=reason)
    return commission


def revoke_commission(
    commission: Commission, *, by: User | None, reason: str, at: datetime | None = None
) -> Commission:
    """Take the whole commission back for good, held or not, even when it was paid already.

    From the available balance it may leave a debt that later earnings repay. Nothing left of it:
    nothing happens. No refund brings it back.
    """
    _require_reason(reason)
    with transaction.atomic():
        commission = _lock(commission)
        at = at or timezone.now()
        if hold := open_hold(commission):
            _end(hold, HoldEnd.REVOKED, by=by, reason=reason, at=at)
        if commission.amount == ZERO:
            return commission
        reversal = Reversal.objects.create(
            commission=commission, amount=commission.amount, at=at, reason=reason[:200]
        )
        commission.amount = ZERO
        commission.save(update_fields=["amount"])
        posting = Posting(Transfer.Kind.REVOKE, f"revoke:{commission.pk}", at)
        take_back(posting, reversal)
        post([posting])
        settle_fall([reversal])
        record_audit("revoke_commission", commission, by=by, reason=reason, amount=reversal.amount)
    return commission


def open_hold(commission: Commission) -> Hold | None:
    return Hold.objects.filter(commission=commission, ended_at=None).first()


def _lock(commission: Commission) -> Commission:
    """Fresh, under its payee's balance lock."""
    lock_balances([commission.payee_id])
    return Commission.objects.get(pk=commission.pk)


def _unmature(commission: Commission, hold: Hold) -> None:
    """Back from available to pending; drafts that had it are rebuilt without it."""
    commission.matured_at = None
    commission.save(update_fields=["matured_at"])
    posting = Posting(Transfer.Kind.HOLD, f"hold:{hold.pk}", hold.held_at)
    posting.move(
        Account.AVAILABLE, Account.PENDING, hold.amount, distributor_id=commission.payee_id
    )
    post([posting])
    change_balances(available={commission.payee_id: -hold.amount})
    commission_held.send(sender=Commission, commission=commission, at=hold.held_at)
    commission.refresh_from_db(fields=["allocated"])
    if commission.allocated:
        raise CannotHold(_("这笔佣金已在审批通过的结算单里，不能暂扣；确有问题请直接撤回。"))


def _end(hold: Hold, end: HoldEnd, *, by: User | None, reason: str, at: datetime) -> None:
    hold.end, hold.ended_at, hold.ended_by, hold.end_reason = end, at, by, reason[:200]
    hold.save(update_fields=["end", "ended_at", "ended_by", "end_reason"])


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
