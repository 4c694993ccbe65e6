"""The shop and the sandbox's gateway wired to each other inside one process: no network.

Calls go through the other side's views, signatures and all. What the gateway would do later in a
thread of its own is kept until a test lets it happen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client

from base.gateways import signed_http
from shop.sandbox import gateway, telling


@dataclass
class Wires:
    """`waiting`: the gateway's later work, with the seconds it would have waited."""

    waiting: list[tuple[Callable[[], object], float]] = field(default_factory=list)
    is_cut: bool = False

    def let_happen(self) -> None:
        """Do what waits, as often as it brings new work."""
        while self.waiting:
            work, _after = self.waiting.pop(0)
            work()

    def to_sandbox(self, request: httpx.Request) -> httpx.Response:
        if self.is_cut:
            raise httpx.ConnectTimeout("cut by the test")
        answer = Client().generic(
            request.method, request.url.path, request.content, headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    def to_shop(self, url: str, body: bytes, headers: dict[str, str]) -> str:
        content_type = headers["Content-Type"]
        path = urlsplit(url).path
        return str(Client().generic("POST", path, body, content_type, headers=headers).status_code)


def wire(monkeypatch: pytest.MonkeyPatch) -> Wires:
    wires = Wires()

    def later(work: Callable[[], object], *, after_seconds: float) -> None:
        wires.waiting.append((work, after_seconds))

    transport = httpx.MockTransport(wires.to_sandbox)
    monkeypatch.setattr(signed_http, "open_client", lambda: httpx.Client(transport=transport))
    monkeypatch.setattr(telling, "run_later", later)
    monkeypatch.setattr(gateway, "run_later", later)
    monkeypatch.setattr(telling, "_post", wires.to_shop)
    return wires
