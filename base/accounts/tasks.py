from celery import shared_task
from django.utils import timezone

from base.inbox import pass_on


@shared_task
def pass_on_messages() -> None:
    """Give messages of the inbox to the outbox for who also wants them by SMS or mail."""
    pass_on(timezone.now())
