from celery import shared_task

from base.outbox import send_waiting_notices


@shared_task
def send_notices() -> None:
    """Send what waits in the outbox; run by beat and after each commit that queued something."""
    send_waiting_notices(within_seconds=60)
