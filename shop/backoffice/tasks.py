"""What the worker does for the back office. Safe to run twice and at the same time."""

from celery import shared_task
from django.utils import timezone

from shop.backoffice import packs

LONG = 3600


@shared_task(time_limit=LONG)
def prepare_pack(pack_id: int) -> None:
    """Sent when a pack is asked for; beat makes up for one that was lost."""
    packs.prepare_pack(pack_id)


@shared_task(time_limit=LONG)
def prepare_waiting() -> int:
    return packs.prepare_waiting()


@shared_task
def forget_packs() -> int:
    return packs.forget_packs(timezone.now())
