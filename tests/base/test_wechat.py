"""Speaking to WeChat: the published signature, one shared ticket, and what becomes of silence.

The client is the real one; behind it is the sandbox's WeChat, which shares nothing with it.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import requests
from django.conf import LazySettings
from django.test import Client as Browser

from base.gateways import wechat
from base.gateways.wechat import NoTicket, jsapi_ticket, sign_page, signed


class Wire(requests.adapters.BaseAdapter):
    """Takes requests to the sandbox inside this process, and notes them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.timeouts: set[Any] = set()
        self.broken: Exception | None = None

    def send(self, request: Any, timeout: Any = None, **kwargs: Any) -> requests.Response:
        self.asked.append(urlsplit(request.url).path.rsplit("/", 1)[1])
        self.timeouts.add(timeout)
        if self.broken is not None:
            raise self.broken
        parts = urlsplit(request.url)
        found = Browser().get(f"{parts.path}?{parts.query}")
        answer = requests.Response()
        answer.status_code, answer._content, answer.url = (
            found.status_code,
            found.content,
            request.url,
        )
        answer.request = request
        return answer

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def nothing_kept(settings: LazySettings) -> Iterator[None]:
    server = redis.Redis.from_url(settings.REDIS_URL)

    def forget() -> None:
        for key in server.scan_iter("wechat:*"):
            server.delete(key)

    forget()
    yield
    forget()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: wire)
    return wire


def test_the_published_signature() -> None:
    found = signed(
        "http://mp.weixin.qq.com?params=value",
        ticket="sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
        nonce="Wm3WZYTPz0wzccnW",
        timestamp=1414587457,
    )
    assert found.signature == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_one_token_and_one_ticket_for_everybody(wire: Wire, settings: LazySettings) -> None:
    first = jsapi_ticket()
    assert [jsapi_ticket() for _ in range(3)] == [first] * 3
    assert wire.asked == ["token", "getticket"]
    assert wire.timeouts == {settings.GATEWAY_TIMEOUT_SECONDS}
    server = redis.Redis.from_url(settings.REDIS_URL)
    assert 0 < server.ttl("wechat:wxsandbox:ticket") <= 3600 - 300


@pytest.mark.parametrize("url", ["http://testserver/p/nuts/", "http://testserver/?a=1&b=%E6%9E%9C"])
def test_the_other_side_takes_the_signature(wire: Wire, url: str) -> None:
    signature = sign_page(url)
    asked = {
        "appId": signature.app_id,
        "timestamp": signature.timestamp,
        "nonceStr": signature.nonce,
        "signature": signature.signature,
        "url": url,
    }
    check = "/sandbox/wechat/check/"
    assert Browser().get(check, asked).status_code == 200
    for wrong in (
        {"url": "http://elsewhere/"},
        {"nonceStr": "x"},
        {"timestamp": 1},
        {"appId": "wx"},
    ):
        assert Browser().get(check, asked | wrong).status_code == 403


@pytest.mark.parametrize(
    "failure", [requests.Timeout("slow"), requests.ConnectionError("away"), ValueError("no JSON")]
)
def test_silence_is_no_ticket_and_keeps_nobody_else_waiting(wire: Wire, failure: Exception) -> None:
    wire.broken = failure
    for _ in range(3):
        with pytest.raises(NoTicket):
            jsapi_ticket()
    assert wire.asked == ["token"]


def test_a_wrong_secret_is_no_ticket(wire: Wire, settings: LazySettings) -> None:
    settings.WECHAT_APP_SECRET = "wrong"
    with pytest.raises(NoTicket):
        jsapi_ticket()


def test_a_token_that_has_died_is_fetched_anew(wire: Wire, settings: LazySettings) -> None:
    server = redis.Redis.from_url(settings.REDIS_URL)
    server.set("wechat:wxsandbox:wxsandbox_access_token", '"dead"')
    assert jsapi_ticket()
    assert wire.asked == ["getticket", "token", "getticket"]


def test_while_one_fetches_the_others_wait(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several at once ask WeChat once: the second finds what the first has brought."""
    fetch = wechat._fetch

    def somebody_was_quicker(server: redis.Redis, key: str) -> str:
        monkeypatch.setattr(wechat, "_fetch", lambda *_: pytest.fail("fetched twice"))
        assert server.exists(f"{key}:lock")
        return fetch(server, key)

    monkeypatch.setattr(wechat, "_fetch", somebody_was_quicker)
    assert jsapi_ticket() == jsapi_ticket()
