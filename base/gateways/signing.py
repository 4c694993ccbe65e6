"""The sandbox gateways' envelope: HMAC-SHA256 over `timestamp.body`, in two headers.

Both directions use it: `signed_headers` for what we send, `verify` for what comes in (answers
and notifications). The time is signed as well, so an old message cannot be played again later
than five minutes; inside them the receiver's own idempotence answers.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping

SIGNATURE_HEADER = "X-Signature"
TIMESTAMP_HEADER = "X-Timestamp"
CLOCK_TOLERANCE_SECONDS = 300


class BadSignature(Exception):
    """The message is not from who it claims to be, was altered, or is too old."""


def sign(body: bytes, key: str, timestamp: int) -> str:
    """The hexadecimal signature of `body` sent at `timestamp` (Unix seconds)."""
    message = f"{timestamp}.".encode() + body
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def signed_headers(body: bytes, key: str) -> dict[str, str]:
    """Headers to send with `body` now."""
    timestamp = int(time.time())
    return {SIGNATURE_HEADER: sign(body, key, timestamp), TIMESTAMP_HEADER: str(timestamp)}


def verify(body: bytes, headers: Mapping[str, str], key: str) -> None:
    """Raise BadSignature unless `headers` sign `body` with `key` within ±5 minutes of now.

    `headers` must look names up without regard to case, as Django's and httpx's do.
    """
    stamp = headers.get(TIMESTAMP_HEADER, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise BadSignature("no timestamp")
    timestamp = int(stamp)
    if abs(time.time() - timestamp) > CLOCK_TOLERANCE_SECONDS:
        raise BadSignature("the timestamp is more than five minutes off")
    given = headers.get(SIGNATURE_HEADER, "").encode()
    if not hmac.compare_digest(sign(body, key, timestamp).encode(), given):
        raise BadSignature("the signature does not match")
