"""The sandbox's transfer gateway, spoken to as to a real one: money to one person under our number.

What is not a definite, signed answer about exactly this transfer is "unknown".
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from base.gateways.signed_http import Unknown, post_signed

CURRENCY = "CNY"
STATES = {"paid": "paid", "failed": "failed", "accepted": "open"}


@dataclass(frozen=True)
class Transfer:
    """What to pay to whom. The number is committed on our side before the first call."""

    number: str
    amount: Decimal
    payee: str
    payee_name: str


@dataclass(frozen=True)
class Answer:
    """`state` is paid, failed, open (accepted, not yet there), missing or unknown."""

    state: str
    reference: str = ""
    detail: str = ""


def send_transfer(transfer: Transfer) -> Answer:
    """Ask for the transfer; asking again under the same number never pays twice."""
    return _ask(
        "/transfers/send/",
        transfer,
        {
            "amount": str(transfer.amount),
            "currency": CURRENCY,
            "payee": transfer.payee,
            "payee_name": transfer.payee_name,
        },
    )


def query_transfer(transfer: Transfer) -> Answer:
    """What became of the transfer; "missing" when the gateway never heard of it."""
    return _ask("/transfers/query/", transfer, {})


def _ask(path: str, transfer: Transfer, more: dict[str, str]) -> Answer:
    try:
        status, answer = post_signed(path, {"number": transfer.number, **more})
    except Unknown as error:
        return Answer("unknown", detail=str(error))
    if answer.get("number") != transfer.number:
        return Answer("unknown", detail=f"status {status}, an answer about another number")
    if status == 404:
        return Answer("missing")
    if status == 422:
        return Answer("failed", detail=str(answer.get("error", "")))
    return _read(status, answer, transfer.amount)


def _read(status: int, answer: dict[str, Any], amount: Decimal) -> Answer:
    state = STATES.get(str(answer.get("state")))
    if status != 200 or state is None:
        return Answer("unknown", detail=f"status {status}, state {answer.get('state')}")
    try:
        said = Decimal(str(answer.get("amount")))
    except InvalidOperation:
        return Answer("unknown", detail="no amount")
    if said != amount or answer.get("currency") != CURRENCY:
        return Answer("unknown", detail=f"amount {said} instead of {amount}")
    return Answer(state, str(answer.get("transfer_no", "")), str(answer.get("detail", "")))
