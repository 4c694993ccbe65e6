"""The gateways' own side of the envelope: HMAC-SHA256 over `timestamp.body`, in two headers.

Written again from the description, on the standard library alone: a simulator that used the
shop's own signing code would agree with its mistakes.
"""

import base64
import hmac
import json
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

WINDOW = 5 * 60


class BrokenSeal(Exception):
    """An incoming message that is unsigned, altered, stale or no JSON object."""


def _mac(stamp: str, body: bytes) -> str:
    mac = hmac.new(settings.SANDBOX_KEY.encode("utf-8"), digestmod="sha256")
    mac.update(stamp.encode("ascii"))
    mac.update(b".")
    mac.update(body)
    return mac.hexdigest()


def seal(payload: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a message to the shop."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Timestamp": stamp,
        "X-Signature": _mac(stamp, body),
    }
    return body, headers


def sealed_answer(payload: dict[str, Any], status: int = 200) -> HttpResponse:
    """An HTTP answer the shop can check came from us."""
    body, headers = seal(payload)
    return HttpResponse(body, status=status, headers=headers)


def unseal(request: HttpRequest) -> dict[str, Any]:
    """The payload of a message from the shop; raises BrokenSeal."""
    stamp = request.headers.get("X-Timestamp", "")
    return _open(request.body, stamp, request.headers.get("X-Signature", ""))


def unseal_link(request: HttpRequest) -> dict[str, Any]:
    """The payload of a link the shop sent somebody's browser to; raises BrokenSeal."""
    try:
        body = base64.urlsafe_b64decode(request.GET.get("payload", ""))
    except ValueError:
        raise BrokenSeal("not base64") from None
    return _open(body, request.GET.get("timestamp", ""), request.GET.get("signature", ""))


def _open(body: bytes, stamp: str, given: str) -> dict[str, Any]:
    if not stamp.isdecimal() or not stamp.isascii():
        raise BrokenSeal("no timestamp")
    if not -WINDOW <= time.time() - float(stamp) <= WINDOW:
        raise BrokenSeal("stale timestamp")
    if not hmac.compare_digest(_mac(stamp, body).encode("ascii"), given.encode("utf-8")):
        raise BrokenSeal("wrong signature")
    try:
        payload = json.loads(body)
    except ValueError:
        raise BrokenSeal("not JSON") from None
    if not isinstance(payload, dict):
        raise BrokenSeal("not a JSON object")
    return payload
