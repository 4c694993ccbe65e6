"""Paying everybody what is available, by hand, at a moment of the past."""

from datetime import datetime

from base.clock import beijing_date
from orders.registries import Outcome
from payouts.models import Schedule
from payouts.runs import run_period
from payouts.sending import approve_payout, confirm_by_hand, send_payout
from tests.make import make_user


def pay_out_by_hand(*, at: datetime) -> int:
    """A run of that day, approved, sent by hand and confirmed. Returns how many were paid."""
    Schedule.objects.update(channel="manual")
    run = run_period(Schedule.objects.get(), beijing_date(at), at=at)
    merchant = make_user("出纳")
    for payout in run.payouts.order_by("pk"):
        approve_payout(payout, by=merchant, at=at)
        sent = send_payout(payout, at=at)
        confirm_by_hand(sent, Outcome("paid", reference="B1"), by=merchant, at=at)
    return run.payouts.count()
