"""What beat does for orders. Each is safe to run twice and at the same time."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from base.errors import DomainError
from orders import cancellation, events, payments, receipt, repayments, sales
from orders.models import Order, Payment

logger = logging.getLogger(__name__)


@shared_task
def expire_orders() -> int:
    return cancellation.expire_orders()


@shared_task
def close_overdue(number: str) -> None:
    """Close an order whose buyer wants it no more; without a gateway's answer beat tries again."""
    try:
        cancellation.close_overdue(Order.objects.get(number=number))
    except DomainError as no:
        logger.info("order %s stays as it is: %s", number, no)


@shared_task
def receive_overdue_orders() -> int:
    return receipt.receive_overdue_orders()


@shared_task
def send_repayments() -> int:
    return repayments.send_repayments()


@shared_task
def query_payments() -> int:
    return payments.query_open_payments()


@shared_task
def ask_payment(number: str) -> None:
    """Ask the gateway about one payment, for the buyer who has just come back from it."""
    payments.query_payment(Payment.objects.get(number=number))


@shared_task
def replay_events() -> tuple[int, int]:
    return events.replay_events()


@shared_task
def refresh_sold() -> int:
    return sales.refresh_sold(timezone.now() - timedelta(hours=2))
