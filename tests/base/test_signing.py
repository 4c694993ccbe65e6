"""The envelope between shop and sandbox: two implementations that must agree."""

import json
import time
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from base.gateways import signing
from shop.sandbox.envelope import BrokenSeal, seal, unseal

KEY = "a-key-of-the-tests"


@pytest.fixture(autouse=True)
def sandbox_key(settings: Settings) -> None:
    settings.SANDBOX_KEY = KEY


def incoming(body: bytes, headers: dict[str, str]) -> HttpRequest:
    return RequestFactory().post(
        "/sandbox/sms/", data=body, content_type="application/json", headers=headers
    )


def test_what_the_shop_signs_the_sandbox_opens() -> None:
    body = json.dumps({"to": "13800138000", "text": "你好"}).encode()
    request = incoming(body, signing.signed_headers(body, KEY))
    assert unseal(request) == {"to": "13800138000", "text": "你好"}


def test_what_the_sandbox_seals_the_shop_verifies() -> None:
    body, headers = seal({"状态": "成功"})
    signing.verify(body, headers, KEY)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda h: {**h, "X-Signature": "0" * 64},
        lambda h: {**h, "X-Signature": "签名"},
        lambda h: {**h, "X-Timestamp": str(int(h["X-Timestamp"]) + 1)},
        lambda h: {"X-Timestamp": h["X-Timestamp"]},
        lambda h: {"X-Signature": h["X-Signature"]},
        lambda h: {**h, "X-Timestamp": "²"},
        lambda h: {**h, "X-Timestamp": "9" * 400},
    ],
)
def test_a_spoiled_envelope_is_refused_on_both_sides(spoil: Any) -> None:
    body = b'{"to":"13800138000"}'
    headers = spoil(signing.signed_headers(body, KEY))
    with pytest.raises(signing.BadSignature):
        signing.verify(body, headers, KEY)
    request = RequestFactory().post("/sandbox/sms/", data=body, content_type="application/json")
    for name, value in headers.items():
        request.META["HTTP_" + name.upper().replace("-", "_")] = value
    with pytest.raises(BrokenSeal):
        unseal(request)


def test_an_altered_body_or_another_key_is_refused() -> None:
    headers = signing.signed_headers(b"{}", KEY)
    with pytest.raises(signing.BadSignature):
        signing.verify(b"{ }", headers, KEY)
    with pytest.raises(signing.BadSignature):
        signing.verify(b"{}", headers, "another key")
    with pytest.raises(BrokenSeal):
        unseal(incoming(b"{ }", headers))


@pytest.mark.parametrize(("offset", "accepted"), [(-299, True), (-302, False), (302, False)])
def test_the_clock_may_differ_by_five_minutes(
    offset: int, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time()
    monkeypatch.setattr(signing.time, "time", lambda: real + offset)
    headers = signing.signed_headers(b"{}", KEY)
    monkeypatch.setattr(signing.time, "time", lambda: real)
    request = incoming(b"{}", headers)
    if accepted:
        signing.verify(b"{}", headers, KEY)
        assert unseal(request) == {}
        return
    with pytest.raises(signing.BadSignature):
        signing.verify(b"{}", headers, KEY)
    with pytest.raises(BrokenSeal):
        unseal(request)


def test_a_body_that_is_no_json_object_is_refused() -> None:
    for body in (b"[]", b"nonsense", b""):
        with pytest.raises(BrokenSeal):
            unseal(incoming(body, signing.signed_headers(body, KEY)))
