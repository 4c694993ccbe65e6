"""From approval to money out: approve, send, ask, and write down what came of it.

The number is committed before the first call. A call is made outside any transaction; a definite
yes settles the reservation, a definite no releases it, anything else is asked about again under
the same number. Whoever changes a payout holds its distributor's balance lock first.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from base.transitions import require_transition
from distribution.models import Distributor
from distribution.money.balances import lock_balances
from distribution.money.forfeits import take_late
from distribution.money.reservations import release, settle
from distribution.states import Status
from orders.registries import Outcome
from payouts.channels import channels
from payouts.models import Payout, PayoutAttempt
from payouts.news import tell_payout
from payouts.states import PAYOUT_TRANSITIONS, PayoutState

logger = logging.getLogger(__name__)

APPROVED_ALREADY = (
    PayoutState.APPROVED,
    PayoutState.SENDING,
    PayoutState.AWAITING,
    PayoutState.PAID,
)

# Nothing is sent to them; what is under way is only asked about.
HELD = (Status.FROZEN, Status.BANNED)

# A channel that takes longer to answer is asked by the next round.
CLAIM_MINUTES = 2


class CannotPayOut(DomainError):
    """The payout may not be changed like this."""


def lock_payout(payout: Payout) -> Payout:
    """The distributor's balance, then the payout: fresh and ours until the transaction ends."""
    lock_balances([payout.distributor_id])
    return lock_row(Payout.objects.filter(pk=payout.pk).select_related("reservation"))


def approve_payout(payout: Payout, *, by: User | None, at: datetime | None = None) -> Payout:
    """Let a draft go out. Approved already: nothing happens."""
    with transaction.atomic():
        payout = lock_payout(payout)
        if payout.state in APPROVED_ALREADY:
            return payout
        _change(payout, PayoutState.APPROVED)
        payout.approved_at, payout.approved_by = at or timezone.now(), by
        payout.save(update_fields=["state", "approved_at", "approved_by"])
        record_audit("approve_payout", payout, by=by, amount=payout.amount)
    return payout


def cancel_payout(
    payout: Payout, *, by: User | None, reason: str, at: datetime | None = None
) -> Payout:
    """Give the money back before it was sent. Raises WrongState once it is on its way."""
    if not reason.strip():
        raise CannotPayOut(_("请填写原因。"))
    at = at or timezone.now()
    with transaction.atomic():
        payout = lock_payout(payout)
        if payout.state == PayoutState.CANCELLED:
            return payout
        _close(payout, PayoutState.CANCELLED, at, failure=reason)
        release(payout.reservation, at)
        record_audit("cancel_payout", payout, by=by, reason=reason, amount=payout.amount)
    return payout


def send_payouts(at: datetime | None = None, limit: int = 200) -> int:
    """Send what is approved and ask about what is open. Returns how many were paid.

    Frozen distributors' payouts stay where they are.
    """
    at = at or timezone.now()
    due = Payout.objects.filter(
        Q(state=PayoutState.APPROVED) & ~Q(distributor__status__in=HELD)
        | Q(state__in=[PayoutState.SENDING, PayoutState.AWAITING], next_query_at__lte=at)
    ).order_by("pk")
    return sum(send_payout(payout, at=at).state == PayoutState.PAID for payout in due[:limit])


def send_payout(payout: Payout, *, at: datetime | None = None) -> Payout:
    """One step with the channel: send an approved payout, or ask about an open one.

    Claimed and committed first, so that two senders at once make one call.
    """
    at = at or timezone.now()
    attempt = _claim(payout, at)
    if attempt is None:
        payout.refresh_from_db()
        return payout
    payout = Payout.objects.select_related("distributor__user").get(pk=payout.pk)
    return record_outcome(payout, _call(payout, attempt.action), at=at, attempt=attempt)


def _call(payout: Payout, action: str) -> Outcome:
    """What the channel says. Whatever goes wrong on the way, the outcome is unknown, not failed."""
    try:
        channel = channels[payout.channel]
        if action == "send":
            return channel.send(payout)
        outcome = channel.query(payout)
        if outcome.state == "missing" and payout.distributor.status not in HELD:
            # It never heard of the number: the identical request may go out again.
            return channel.send(payout)
    except Exception as error:  # one channel in trouble must not hold back the others
        logger.exception("channel %s failed with payout %s", payout.channel, payout.number)
        return Outcome("unknown", detail=f"{type(error).__name__}: {error}")
    return outcome


def _claim(payout: Payout, at: datetime) -> PayoutAttempt | None:
    with transaction.atomic():
        payout = lock_payout(payout)
        if payout.state == PayoutState.APPROVED:
            if Distributor.objects.get(pk=payout.distributor_id).status in HELD:
                return None
            _change(payout, PayoutState.SENDING)
            payout.sent_at = at
            action = "send"
        elif payout.state in (PayoutState.SENDING, PayoutState.AWAITING) and (
            payout.next_query_at is not None and payout.next_query_at <= at
        ):
            action = "query"
        else:
            return None
        tries = payout.attempts.count()
        payout.next_query_at = at + timedelta(minutes=min(CLAIM_MINUTES * 2**tries, 120))
        payout.save(update_fields=["state", "sent_at", "next_query_at"])
        return PayoutAttempt.objects.create(payout=payout, action=action, at=at)


def record_outcome(
    payout: Payout, outcome: Outcome, *, at: datetime, attempt: PayoutAttempt | None = None
) -> Payout:
    """Write down what a channel, or the merchant for a manual one, says. Repeatable.

    Paid settles and failed releases, each once, to somebody banned for the shop to take; open waits
    for the payee; unknown stays.
    """
    if attempt is not None:
        attempt.outcome, attempt.detail = outcome.state, outcome.detail[:200]
        attempt.save(update_fields=["outcome", "detail"])
    with transaction.atomic():
        payout = lock_payout(payout)
        if outcome.state == "paid" and payout.state != PayoutState.PAID:
            payout.reference = outcome.reference[:64]
            _close(payout, PayoutState.PAID, at)
            settle(payout.reservation, at)
        elif outcome.state == "failed" and payout.state != PayoutState.FAILED:
            _close(payout, PayoutState.FAILED, at, failure=outcome.detail)
            release(payout.reservation, at)
            if payout.distributor.status == Status.BANNED:
                take_late(payout.distributor, at=at)
        elif outcome.state == "open" and payout.state == PayoutState.SENDING:
            _change(payout, PayoutState.AWAITING)
            payout.save(update_fields=["state"])
    return payout


def confirm_by_hand(
    payout: Payout, outcome: Outcome, *, by: User, at: datetime | None = None
) -> Payout:
    """The merchant says what became of a payout made by hand: paid with a voucher, or failed."""
    if payout.channel != "manual":
        raise CannotPayOut(_("只有线下打款可以人工确认。"))
    if outcome.state == "paid" and not outcome.reference.strip():
        raise CannotPayOut(_("请填写凭证号。"))
    if outcome.state == "failed" and not outcome.detail.strip():
        raise CannotPayOut(_("请填写原因。"))
    with transaction.atomic():
        payout = record_outcome(payout, outcome, at=at or timezone.now())
        record_audit("confirm_payout", payout, by=by, outcome=outcome.state, reason=outcome.detail)
    return payout


def _change(payout: Payout, state: PayoutState) -> None:
    require_transition(PAYOUT_TRANSITIONS, payout.state, state)
    payout.state = state


def _close(payout: Payout, state: PayoutState, at: datetime, failure: str = "") -> None:
    _change(payout, state)
    payout.closed_at, payout.failure, payout.next_query_at = at, failure[:200], None
    payout.save(update_fields=["state", "closed_at", "failure", "next_query_at", "reference"])
    tell_payout(payout, at=at)
