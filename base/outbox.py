"""Sending what waits in the outbox.

One message at a time: claim it in a short transaction (SKIP LOCKED, so any number of workers
share the work), call the transport outside any transaction, write down how it went. A worker
that dies in between loses nothing: the claim runs out and the message is sent again under the
same reference, by which the other side knows it.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from base.models import Notice

logger = logging.getLogger(__name__)

CLAIM = timedelta(seconds=60)  # longer than any transport may take
MAX_ATTEMPTS = 12
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 3600


class Refused(Exception):
    """The other side will never take this message; trying again is pointless."""


class Transport(Protocol):
    """Takes a message to its recipient. Returns when it was accepted, raises Refused when it
    never will be, and anything else when it may be tried again. Knows a `reference` it has
    already taken."""

    def __call__(self, recipient: str, subject: str, text: str, *, reference: str) -> None: ...


def send_waiting_notices(*, within_seconds: float) -> int:
    """Send what is due; returns how many were accepted. Stops taking new ones after the time."""
    stop_at = time.monotonic() + within_seconds
    return sum(_deliver(notice) for notice in _claimed_until(stop_at))


def _claimed_until(stop_at: float) -> Iterator[Notice]:
    while time.monotonic() < stop_at:
        notice = _claim(timezone.now())
        if notice is None:
            return
        yield notice


def _claim(at: datetime) -> Notice | None:
    """Take one due notice for CLAIM; codes first, they are waited for."""
    due = Notice.objects.filter(sent_at=None, given_up_at=None, next_attempt_at__lte=at)
    with transaction.atomic():
        notice = (
            due.order_by(F("expires_at").asc(nulls_last=True), "next_attempt_at", "pk")
            .select_for_update(skip_locked=True, no_key=True)
            .first()
        )
        if notice is not None:
            notice.attempts += 1
            notice.next_attempt_at = at + CLAIM
            notice.save(update_fields=["attempts", "next_attempt_at"])
    return notice


def _deliver(notice: Notice) -> bool:
    at = timezone.now()
    if notice.expires_at is not None and notice.expires_at <= at:
        return _end(notice, given_up_at=at, error="expired before it could be sent")
    transport: Transport = import_string(settings.NOTICE_TRANSPORTS[notice.channel])
    try:
        transport(notice.recipient, notice.subject, notice.text, reference=f"N{notice.pk}")
    except Refused as refusal:
        return _end(notice, given_up_at=at, error=str(refusal))
    except Exception as failure:  # noqa: BLE001  # whatever happened to one message, the others must go out
        logger.warning("notice %s not sent: %s", notice.pk, type(failure).__name__)
        return _postpone(notice, at, failure)
    return _end(notice, sent_at=at, error="")


def _end(notice: Notice, *, error: str, **ended: datetime) -> bool:
    """It is over, one way or the other; the text of a code goes."""
    text = notice.text if notice.expires_at is None else ""
    _mine(notice).update(error=error[:200], text=text, **ended)
    return "sent_at" in ended


def _postpone(notice: Notice, at: datetime, failure: Exception) -> bool:
    error = f"{type(failure).__name__}: {failure}"
    if notice.attempts >= MAX_ATTEMPTS:
        return _end(notice, given_up_at=at, error=error)
    wait = min(FIRST_WAIT_SECONDS * 2 ** (notice.attempts - 1), LONGEST_WAIT_SECONDS)
    _mine(notice).update(next_attempt_at=at + timedelta(seconds=wait), error=error[:200])
    return False


def _mine(notice: Notice) -> QuerySet[Notice]:
    """The row, as long as nobody else has claimed it since."""
    return Notice.objects.filter(pk=notice.pk, attempts=notice.attempts, sent_at=None)
