"""The sandbox's payment gateway, spoken to as to a real one.

Nothing here knows orders: a trade has our number, an amount, and addresses to come back to and
to be told at. What is not a definite, signed answer is "unknown".
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from base.gateways.signed_http import Unknown, post_signed
from base.gateways.signing import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    signed_headers,
    verify,
)

CURRENCY = "CNY"
REPAYMENT_STATES = {"done": "paid", "failed": "failed"}
TRADE_STATES = {"paid": "paid", "failed": "failed", "open": "open", "closed": "closed"}


@dataclass(frozen=True)
class Trade:
    """A payment we ask for."""

    number: str
    order_no: str
    amount: Decimal
    subject: str
    notify_url: str
    return_url: str
    language: str


@dataclass(frozen=True)
class Answer:
    """`state` is paid, failed, open, closed, missing or unknown; `amount` only where the gateway
    says one."""

    state: str
    reference: str = ""
    amount: Decimal | None = None
    detail: str = ""


@dataclass(frozen=True)
class Told:
    """A verified notice. `event` is paid or failed."""

    notice_id: str
    event: str
    number: str
    reference: str
    amount: Decimal


class BadNotice(Exception):
    """The notice is signed but does not say what a notice must say."""


def cashier_address(trade: Trade) -> str:
    """Where to send the buyer; signed, good for five minutes. No call is made.

    On our own host it is a path, so that the buyer stays on the host name they came by.
    """
    body = json.dumps(
        {
            "number": trade.number,
            "order_no": trade.order_no,
            "amount": str(trade.amount),
            "currency": CURRENCY,
            "subject": trade.subject,
            "notify_url": trade.notify_url,
            "return_url": trade.return_url,
            "language": trade.language,
        },
        ensure_ascii=False,
    ).encode()
    seal = signed_headers(body, settings.SANDBOX_KEY)
    query = urlencode(
        {
            "payload": base64.urlsafe_b64encode(body).decode(),
            "timestamp": seal[TIMESTAMP_HEADER],
            "signature": seal[SIGNATURE_HEADER],
        }
    )
    base = settings.SANDBOX_BASE_URL.removeprefix(settings.BASE_URL)
    return f"{base}/cashier/{trade.number}/?{query}"


def query_trade(number: str) -> Answer:
    """What became of a payment."""
    return _about_trade("/trades/query/", number)


def close_trade(number: str) -> Answer:
    """Ask for a payment to be closed; the answer is how it stands then. Repeatable."""
    return _about_trade("/trades/close/", number)


def _about_trade(path: str, number: str) -> Answer:
    try:
        status, answer = post_signed(path, {"number": number})
    except Unknown as error:
        return Answer("unknown", detail=str(error))
    if status == 404:
        return Answer("missing")
    return _read(status, answer, number, TRADE_STATES)


def repay_trade(*, number: str, trade: str, amount: Decimal, reason: str) -> Answer:
    """Give money back under `number`; asking again under it never pays twice."""
    asked = {"number": number, "trade": trade, "amount": str(amount), "reason": reason}
    try:
        status, answer = post_signed("/repayments/", asked)
    except Unknown as error:
        return Answer("unknown", detail=str(error))
    if status == 422:
        return Answer("failed", detail=str(answer.get("error", "")))
    return _read(status, answer, number, REPAYMENT_STATES)


def _read(status: int, answer: dict[str, Any], number: str, states: Mapping[str, str]) -> Answer:
    """A signed answer about `number`; anything out of place is unknown."""
    state = states.get(str(answer.get("state")))
    if status != 200 or state is None or answer.get("number") != number:
        return Answer("unknown", detail=f"status {status}, state {answer.get('state')}")
    if answer.get("currency", CURRENCY) != CURRENCY:
        return Answer("unknown", detail="another currency")
    try:
        amount = Decimal(str(answer.get("amount")))
    except InvalidOperation:
        return Answer("unknown", detail="no amount")
    return Answer(state, str(answer.get("trade_no", "")), amount, str(answer.get("detail", "")))


def read_notice(body: bytes, headers: Mapping[str, str]) -> Told:
    """Check who signed the raw body and when, then what it says.

    Raises BadSignature, and BadNotice for a signed message that makes no sense.
    """
    verify(body, headers, settings.SANDBOX_KEY)
    try:
        said = json.loads(body)
        told = Told(
            notice_id=str(said["notice_id"]),
            event=str(said["event"]),
            number=str(said["number"]),
            reference=str(said["trade_no"]),
            amount=Decimal(str(said["amount"])),
        )
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise BadNotice(f"{type(error).__name__}: {error}") from None
    if said.get("currency") != CURRENCY or told.event not in ("paid", "failed"):
        raise BadNotice("another currency or event")
    if not (0 < len(told.notice_id) <= 64 and len(told.reference) <= 64):
        raise BadNotice("an id of the wrong length")
    return told
