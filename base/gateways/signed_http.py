"""A signed call to a gateway of the sandbox: JSON out, JSON back, both in the envelope."""

import json
from typing import Any

import httpx
from django.conf import settings

from base.gateways.signing import BadSignature, signed_headers, verify


class Unknown(Exception):
    """No answer that can be believed: it may have happened or not. Ask again, never assume."""


def open_client() -> httpx.Client:
    """One connection with a time limit; tests put a transport without a network in its place."""
    return httpx.Client(timeout=settings.GATEWAY_TIMEOUT_SECONDS)


def post_signed(path: str, payload: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Post to `SANDBOX_BASE_URL` + path; the status (below 500) and the answer.

    Raises Unknown after a time-out, a lost connection, a server error, or an answer that is
    not signed by the other side.
    """
    body = json.dumps(payload, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", **signed_headers(body, settings.SANDBOX_KEY)}
    try:
        with open_client() as client:
            answer = client.post(
                f"{settings.SANDBOX_BASE_URL}{path}", content=body, headers=headers
            )
        if answer.status_code >= 500:
            raise Unknown(f"status {answer.status_code}")
        verify(answer.content, answer.headers, settings.SANDBOX_KEY)
        return answer.status_code, answer.json()
    except (httpx.HTTPError, BadSignature, ValueError) as error:
        raise Unknown(f"{type(error).__name__}: {error}") from error
