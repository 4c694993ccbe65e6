"""Telling merchants what became of a payment: signed, under an id of its own, until they answer."""

import urllib.error
import urllib.request
from collections.abc import Iterable
from functools import partial
from time import sleep as pause
from urllib.parse import urlsplit

from django.db.models import F
from django.utils import timezone

from shop.sandbox.background import let_go, run_later
from shop.sandbox.envelope import seal
from shop.sandbox.models import SandboxTrade, SandboxTradeNotice

FIRST_AFTER = 0.2  # the payer's browser is answered first
WAITS = (1, 3, 10, 30, 60)  # between one attempt and the next
TIMEOUT = 5


def tell(trade: SandboxTrade, *, times: int = 1) -> SandboxTradeNotice:
    """Tell the merchant how the trade stands; more than once = the same notice, all at once."""
    notice = SandboxTradeNotice.objects.create(trade=trade, event=trade.state)
    for _ in range(times):
        run_later(partial(deliver, notice.pk), after_seconds=FIRST_AFTER)
    return notice


def deliver(notice_id: int, waits: Iterable[float] = WAITS) -> bool:
    """Send until the merchant takes it. No database connection is held while waiting."""
    for wait in (*waits, None):
        if attempt(notice_id):
            return True
        let_go()
        if wait is not None:
            pause(wait)
    return False


def attempt(notice_id: int) -> bool:
    """Send once and write down the answer; only 2xx is a yes."""
    notice = SandboxTradeNotice.objects.select_related("trade").get(pk=notice_id)
    body, headers = seal(content(notice))
    let_go()
    answer = _post(notice.trade.notify_url, body, headers)
    taken = answer.startswith("2")
    SandboxTradeNotice.objects.filter(pk=notice_id).update(
        attempts=F("attempts") + 1,
        answer=answer[:100],
        **({"delivered_at": timezone.now()} if taken else {}),
    )
    return taken


def content(notice: SandboxTradeNotice) -> dict[str, str]:
    """What a notice says; amounts are yuan with two places."""
    trade = notice.trade
    return {
        "notice_id": notice.notice_id,
        "event": notice.event,
        "number": trade.number,
        "trade_no": trade.trade_no,
        "amount": str(trade.amount),
        "currency": "CNY",
        "paid_at": trade.paid_at.isoformat() if trade.paid_at else "",
    }


def _post(url: str, body: bytes, headers: dict[str, str]) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        return "not an http address"
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310  # scheme checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  # the same
            return str(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return str(error.code)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
