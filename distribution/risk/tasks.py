"""What beat does for this room. Safe to run twice and at the same time."""

from celery import shared_task
from django.utils import timezone

from distribution.risk import findings, footprints


@shared_task
def find_risks() -> int:
    return findings.find_risks(timezone.now())


@shared_task
def prune_footprints() -> int:
    return footprints.prune_footprints(timezone.now())
