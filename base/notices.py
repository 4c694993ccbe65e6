"""Messages to people, put into the outbox with the change that causes them.

Nothing is sent here: the row commits or disappears together with its reason, and a worker
sends it afterwards (`base.outbox`).
"""

import logging
from datetime import datetime

from django.db import connection, transaction
from kombu.exceptions import OperationalError

from base.models import Notice
from base.pages import shop_name
from base.tasks import send_notices

logger = logging.getLogger(__name__)


def queue_notice(
    channel: Notice.Channel,
    recipient: str,
    text: str,
    *,
    subject: str = "",
    expires_at: datetime | None = None,
) -> Notice:
    """Put a message into the outbox; it goes out within a second of the commit.

    A text message is signed with the shop's name in front, as operators demand; a mail without
    a subject has the name as its subject.

    `expires_at` is for messages that hold a code: afterwards they are not sent any more, and
    their text is wiped as soon as they are sent or given up.
    """
    shop = shop_name()
    notice = Notice.objects.create(
        channel=channel,
        recipient=recipient,
        subject=subject or shop,
        text=f"【{shop}】{text}" if channel == Notice.Channel.SMS else text,
        expires_at=expires_at,
    )
    if not any(entry[1] is _wake_worker for entry in connection.run_on_commit):
        transaction.on_commit(_wake_worker)
    return notice


def _wake_worker() -> None:
    """Ask a worker to send now; without a broker the next beat does it."""
    try:
        send_notices.apply_async(retry=False)
    except OperationalError:
        logger.warning("no broker to send notices at once; beat will")
