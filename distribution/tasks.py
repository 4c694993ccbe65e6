"""What beat does for distribution. Safe to run twice and at the same time."""

from celery import shared_task
from django.utils import timezone

from distribution import commissions


@shared_task
def mature_commissions() -> int:
    return commissions.mature_commissions(timezone.now())
