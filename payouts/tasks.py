"""What beat does for payouts. Safe to run twice and at the same time."""

from celery import shared_task
from django.utils import timezone

from base.clock import beijing_date
from payouts import runs, sending


@shared_task
def run_payouts() -> int:
    """Run what is due today. Returns how many periods were looked at."""
    return len(runs.run_due(beijing_date(timezone.now())))


@shared_task
def send_payouts() -> int:
    return sending.send_payouts()
