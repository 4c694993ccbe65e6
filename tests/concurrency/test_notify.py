"""The same notice twice at once, as gateways do: one payment, one accrual."""

import json
from collections.abc import Callable
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from base.gateways import signing
from distribution.models import Commission, Policy
from orders import payments
from orders.models import GatewayNotice, Order, OrderEvent, Payment, Repayment
from orders.payments import start_payment
from orders.states import EventKind, OrderState, PaymentState
from tests.concurrency.racing import race
from tests.make import START, make_chain, make_order, make_rule, make_variant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def payment(db: None) -> Payment:
    """¥100.00 that A and B earn by."""
    Policy.objects.get_or_create(defaults={"valid_from": START})
    make_rule("0.10", "0.05")
    chain = make_chain()
    order = make_order(chain.c, {make_variant("100.00"): 1})
    return start_payment(order, "sandbox")


def tell(payment: Payment, notice_id: str = "n1") -> Callable[[], int]:
    said = {
        "notice_id": notice_id,
        "event": "paid",
        "number": payment.number,
        "trade_no": "T1",
        "amount": str(payment.amount),
        "currency": "CNY",
    }
    body = json.dumps(said).encode()
    headers = signing.signed_headers(body, settings.SANDBOX_KEY)
    # A client that raises would raise what crashed the other one beside it, too.
    return lambda: (
        Client(raise_request_exception=False)
        .post("/notify/sandbox/", body, content_type="application/json", headers=headers)
        .status_code
    )


def earned() -> list[tuple[int, Decimal]]:
    return list(Commission.objects.order_by("level", "pk").values_list("level", "amount"))


ONCE = [(1, Decimal("10.00")), (2, Decimal("5.00"))]


@pytest.mark.parametrize("ids", [["n1"] * 4, ["n1", "n1", "n2", "n3"]])
def test_however_often_it_is_told_it_is_paid_and_accrued_once(
    payment: Payment, ids: list[str]
) -> None:
    assert race([tell(payment, notice_id) for notice_id in ids]) == [204] * 4
    payment.refresh_from_db()
    assert (payment.state, Order.objects.get().state) == (PaymentState.PAID, OrderState.PAID)
    assert OrderEvent.objects.filter(kind=EventKind.PAID).count() == 1
    assert GatewayNotice.objects.count() == len(set(ids))
    assert not Repayment.objects.exists()
    assert earned() == ONCE


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory of notices, and locks that do not lock: everybody reads before anybody writes."""
    everybody_has_read = Barrier(2, timeout=20)

    def read(rows: Any) -> Any:
        found = rows.get()
        if isinstance(found, Payment):
            everybody_has_read.wait()
        return found

    monkeypatch.setattr("orders.sandbox.keep_notice", lambda *args: True)
    monkeypatch.setattr(payments, "lock_row", read)


def test_control_without_the_guards_the_second_runs_into_the_databases_last_wall(
    payment: Payment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not an order that was found paid, but a crash: the unique event is all that is left."""
    unguarded(monkeypatch)
    assert sorted(race([tell(payment), tell(payment)])) == [204, 500]
    (crash,) = [record.exc_info for record in caplog.records if record.exc_info]
    assert 'unique constraint "order_event_once"' in str(crash[1])


def test_control_without_that_wall_the_order_is_paid_twice(
    payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded(monkeypatch)
    (wall,) = [c for c in OrderEvent._meta.constraints if c.name == "order_event_once"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(OrderEvent, wall)
    try:
        assert race([tell(payment), tell(payment)]) == [204, 204]
        assert OrderEvent.objects.filter(kind=EventKind.PAID).count() == 2
    finally:
        OrderEvent.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(OrderEvent, wall)


def test_two_payments_of_one_order_at_once_keep_one_and_return_one(payment: Payment) -> None:
    payments.fail_payment(payment.number, method="sandbox")
    second = start_payment(payment.order, "sandbox")
    amounts = {"amount": payment.amount}
    race(
        [
            lambda: payments.confirm_payment(payment.number, gateway_no="T1", **amounts),
            lambda: payments.confirm_payment(second.number, gateway_no="T2", **amounts),
        ]
    )
    states = list(Payment.objects.values_list("state", flat=True))
    assert states == [PaymentState.PAID, PaymentState.PAID]
    assert Repayment.objects.get().refund is None
    assert OrderEvent.objects.filter(kind=EventKind.PAID).count() == 1
    assert earned() == ONCE
