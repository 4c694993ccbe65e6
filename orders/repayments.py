"""Sending money back through the gateway it came from.

The number is committed before the first call and never changes. A definite yes completes the
after-sale; a definite no waits for a person; anything else is asked again under the same number.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from base.transitions import require_transition
from catalog.stock import lock_variants
from orders.cancellation import quantities_of
from orders.models import Order, Repayment
from orders.news import tell_surplus
from orders.refunds import complete_refund
from orders.registries import Outcome, payment_methods
from orders.states import REPAYMENT_TRANSITIONS, RepaymentState

logger = logging.getLogger(__name__)

OPEN = (RepaymentState.WAITING, RepaymentState.SENT)


def send_repayments(at: datetime | None = None, limit: int = 100) -> int:
    """Send or ask again about what is due. Returns how many reached the buyer.

    One that cannot be sent is tried again in its turn and keeps nobody waiting.
    """
    at = at or timezone.now()
    due = Repayment.objects.filter(state__in=OPEN, next_attempt_at__lte=at)
    done = 0
    for repayment in due.order_by("next_attempt_at", "pk")[:limit]:
        try:
            done += send_repayment(repayment, at=at).state == RepaymentState.DONE
        except Exception:  # whatever is wrong with one, the others go out
            logger.exception("repayment %s could not be sent", repayment.number)
    return done


def send_repayment(repayment: Repayment, *, at: datetime | None = None) -> Repayment:
    """One attempt: claim and commit, call outside any transaction, then write what came of it."""
    at = at or timezone.now()
    with transaction.atomic():
        repayment = lock_row(
            Repayment.objects.filter(pk=repayment.pk).select_related("payment__order")
        )
        if repayment.state not in OPEN or repayment.next_attempt_at > at:
            return repayment
        repayment.state = RepaymentState.SENT
        repayment.attempts += 1
        wait = min(2**repayment.attempts, 60)
        repayment.next_attempt_at = at + timedelta(minutes=wait)
        repayment.save(update_fields=["state", "attempts", "next_attempt_at"])
    outcome = payment_methods[repayment.payment.method].repay(repayment)
    return record_outcome(repayment, outcome, at=at)


def retry_repayment(repayment: Repayment, *, at: datetime | None = None) -> Repayment:
    """The merchant tries a definite failure again: same number, now."""
    at = at or timezone.now()
    with transaction.atomic():
        repayment = lock_row(Repayment.objects.filter(pk=repayment.pk))
        require_transition(REPAYMENT_TRANSITIONS, repayment.state, RepaymentState.SENT)
        repayment.state, repayment.next_attempt_at, repayment.error = RepaymentState.SENT, at, ""
        repayment.save(update_fields=["state", "next_attempt_at", "error"])
    return send_repayment(repayment, at=at)


def confirm_by_hand(repayment: Repayment, *, by: User, reason: str, at: datetime) -> Repayment:
    """The merchant paid the buyer back outside the gateway: an offline payment, or a failure.

    Raises DomainError where the gateway itself may still do it.
    """
    is_offline = repayment.payment.method == "offline"
    if not is_offline and repayment.state != RepaymentState.FAILED:
        raise DomainError(_("该笔退款由网关处理，不能人工确认。"))
    with transaction.atomic():
        if repayment.state == RepaymentState.WAITING:
            Repayment.objects.filter(pk=repayment.pk).update(state=RepaymentState.SENT)
        repayment = record_outcome(repayment, Outcome("paid", detail=reason), at=at)
        record_audit("confirm_repayment", repayment, by=by, reason=reason)
    return repayment


def record_outcome(repayment: Repayment, outcome: Outcome, *, at: datetime) -> Repayment:
    """Write a definite answer once; an open or unknown one leaves the repayment to be asked about."""
    if outcome.state not in ("paid", "failed"):
        Repayment.objects.filter(pk=repayment.pk).update(error=outcome.detail[:200])
        repayment.refresh_from_db()
        return repayment
    with transaction.atomic():
        order = repayment.payment.order
        lock_variants(quantities_of(order))  # stock before order, as everywhere
        lock_row(Order.objects.filter(pk=order.pk))
        repayment = lock_row(Repayment.objects.filter(pk=repayment.pk))
        target = RepaymentState.DONE if outcome.state == "paid" else RepaymentState.FAILED
        if repayment.state in (RepaymentState.DONE, target):
            return repayment
        require_transition(REPAYMENT_TRANSITIONS, repayment.state, target)
        repayment.state, repayment.error = target, outcome.detail[:200]
        repayment.done_at = at if target == RepaymentState.DONE else None
        repayment.save(update_fields=["state", "error", "done_at"])
        if target == RepaymentState.DONE and repayment.refund is not None:
            complete_refund(repayment.refund, at=at)
        elif target == RepaymentState.DONE:
            tell_surplus(repayment, at=at)
    return repayment
