"""What the sandbox's gateway tells the shop, and what somebody else may try to tell it."""

import json
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from base.accounts.models import User
from base.gateways import signing
from orders.models import GatewayNotice, Order, Payment, Repayment
from orders.payments import start_payment
from orders.states import EventKind, OrderState, PaymentState
from tests.make import make_order

URL = "/notify/sandbox/"


@pytest.fixture
def payment(buyer: User) -> Payment:
    return start_payment(make_order(buyer), "sandbox")


def said(payment: Payment, **changes: Any) -> bytes:
    told = {
        "notice_id": "n1",
        "event": "paid",
        "number": payment.number,
        "trade_no": "T1",
        "amount": str(payment.amount),
        "currency": "CNY",
    }
    return json.dumps(told | changes).encode()


def tell(body: bytes, headers: dict[str, str] | None = None) -> int:
    signed = signing.signed_headers(body, settings.SANDBOX_KEY) if headers is None else headers
    client = Client(enforce_csrf_checks=True)
    return client.post(URL, body, content_type="application/json", headers=signed).status_code


def state() -> tuple[str, str, int]:
    return Order.objects.get().state, Payment.objects.get().state, GatewayNotice.objects.count()


UNTOUCHED = (OrderState.UNPAID, PaymentState.STARTED, 0)


def test_a_signed_notice_makes_the_order_paid_and_is_kept_as_it_came(payment: Payment) -> None:
    body = said(payment)
    assert tell(body) == 204
    assert state() == (OrderState.PAID, PaymentState.PAID, 1)
    assert GatewayNotice.objects.get().body == body.decode()
    payment.refresh_from_db()
    assert payment.gateway_no == "T1"


def test_the_same_notice_again_is_a_yes_and_nothing_more(payment: Payment) -> None:
    assert [tell(said(payment)) for _ in range(3)] == [204, 204, 204]
    assert state() == (OrderState.PAID, PaymentState.PAID, 1)
    kinds = Order.objects.get().events.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [EventKind.PLACED, EventKind.PAID]


def test_another_notice_of_the_same_payment_pays_once(payment: Payment) -> None:
    assert tell(said(payment)) == 204
    assert tell(said(payment, notice_id="n2")) == 204
    assert state() == (OrderState.PAID, PaymentState.PAID, 2)
    assert not Repayment.objects.exists()


def test_a_failure_leaves_the_order_open_and_success_may_still_follow(payment: Payment) -> None:
    assert tell(said(payment, event="failed")) == 204
    assert state() == (OrderState.UNPAID, PaymentState.FAILED, 1)
    assert tell(said(payment, notice_id="n2")) == 204
    assert state() == (OrderState.PAID, PaymentState.PAID, 2)


def test_a_failure_told_too_late_undoes_nothing(payment: Payment) -> None:
    tell(said(payment))
    assert tell(said(payment, event="failed", notice_id="n2")) == 204
    assert state() == (OrderState.PAID, PaymentState.PAID, 2)


def forged(body: bytes, **changes: str) -> dict[str, str]:
    return signing.signed_headers(body, settings.SANDBOX_KEY) | changes


def test_what_is_not_signed_by_the_gateway_changes_nothing(payment: Payment) -> None:
    body = said(payment)
    stale = str(int(time.time()) - 301)
    attempts = [
        {},
        forged(body, **{"X-Signature": "0" * 64}),
        signing.signed_headers(body, "another key"),
        forged(said(payment, amount="0.01")),
        {
            "X-Timestamp": stale,
            "X-Signature": signing.sign(body, settings.SANDBOX_KEY, int(stale)),
        },
    ]
    assert [tell(body, headers) for headers in attempts] == [401] * 5
    assert state() == UNTOUCHED


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "P0"},
        {"amount": "9.99"},
        {"amount": "NaN"},
        {"amount": "viel"},
        {"currency": "USD"},
        {"event": "refunded"},
        {"notice_id": ""},
        {"notice_id": "n" * 65},
    ],
)
def test_a_signed_notice_of_something_else_is_refused(
    payment: Payment, changes: dict[str, str]
) -> None:
    assert tell(said(payment, **changes)) == 422
    assert state() == UNTOUCHED


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b"{}", b'{"notice_id": 1}', b"\xff\xfe"])
def test_a_signed_message_that_makes_no_sense_is_refused(payment: Payment, body: bytes) -> None:
    assert tell(body) == 422
    assert state() == UNTOUCHED


def test_a_notice_about_another_methods_payment_is_refused(buyer: User) -> None:
    payment = start_payment(make_order(buyer), "offline")
    assert tell(said(payment)) == 422
    assert tell(said(payment, event="failed")) == 204  # told, and nothing of ours failed
    assert state() == (OrderState.UNPAID, PaymentState.STARTED, 1)


def test_a_crash_halfway_keeps_neither_the_notice_nor_the_payment(
    payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **options: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr("orders.payments._mark_paid", crash)
        tell(said(payment))
    assert state() == UNTOUCHED
    assert tell(said(payment)) == 204
    assert state() == (OrderState.PAID, PaymentState.PAID, 1)


def test_it_listens_to_posts_only(client: Client) -> None:
    assert client.get(URL).status_code == 405
