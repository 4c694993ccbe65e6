from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from base.accounts.models import User
from catalog.models import Variant
from distribution.models import Commission
from orders.cancellation import cancel_order, expire_orders
from orders.models import Order, OrderEvent, Payment, Repayment
from orders.payments import (
    CannotPay,
    WrongNotice,
    confirm_payment,
    fail_payment,
    query_open_payments,
    query_payment,
    start_payment,
)
from orders.registries import Outcome, payment_methods
from orders.states import EventKind, OrderState, PaymentState
from tests.make import (
    make_chain,
    make_order,
    make_rule,
    make_variant,
    make_virtual,
    pay,
)


def confirm(payment: Payment, gateway_no: str = "G1") -> Payment:
    return confirm_payment(payment.number, amount=payment.amount, gateway_no=gateway_no)


def happened(order: Order) -> list[str]:
    return list(order.events.order_by("pk").values_list("kind", flat=True))


def stock_of(variant: Variant) -> int:
    variant.refresh_from_db()
    return variant.stock


def test_the_same_attempt_keeps_its_number_and_a_failed_one_makes_way(buyer: User) -> None:
    order = make_order(buyer)
    first = start_payment(order, "offline")
    assert start_payment(order, "offline") == first
    assert (first.amount, first.state) == (order.total, PaymentState.STARTED)
    fail_payment(first.number, method="offline")
    assert start_payment(order, "offline").number != first.number


def test_payment_is_not_started_for_a_method_or_an_order_that_is_not_there(buyer: User) -> None:
    order = make_order(buyer)
    with pytest.raises(CannotPay, match="支付方式"):
        start_payment(order, "barter")
    with pytest.raises(CannotPay, match="已过"):
        start_payment(order, "offline", at=order.expires_at)
    cancel_order(order, reason="不要了")
    with pytest.raises(CannotPay, match="已关闭"):
        start_payment(order, "offline")
    assert not Payment.objects.exists()


def test_money_makes_the_order_paid_once(buyer: User) -> None:
    order = make_order(buyer)
    payment = start_payment(order, "offline")
    first = confirm(payment)
    assert confirm(payment) == first
    order.refresh_from_db()
    assert (order.state, order.paid_at) == (OrderState.PAID, first.paid_at)
    assert happened(order) == [EventKind.PLACED, EventKind.PAID]
    assert not Repayment.objects.exists()


@pytest.mark.parametrize(
    ("number", "amount", "method"),
    [
        ("P0", "10.00", None),
        ("", "10.01", None),
        ("", "9.99", None),
        ("", "10.00", "sandbox"),
    ],
)
def test_a_notice_of_something_else_changes_nothing(
    buyer: User, number: str, amount: str, method: str | None
) -> None:
    payment = start_payment(make_order(buyer), "offline")
    with pytest.raises(WrongNotice):
        confirm_payment(
            number or payment.number, amount=Decimal(amount), gateway_no="G1", method=method
        )
    payment.refresh_from_db()
    assert (payment.state, payment.order.state) == (PaymentState.STARTED, OrderState.UNPAID)


def test_a_second_payment_for_the_same_order_goes_back(buyer: User) -> None:
    order = make_order(buyer)
    first = start_payment(order, "offline")
    fail_payment(first.number, method="offline")
    second = start_payment(order, "offline")
    confirm(second, "G2")
    confirm(first, "G1")  # the gateway had said no, and then it came after all
    confirm(first, "G1")
    back = Repayment.objects.get()
    assert (back.payment, back.refund, back.amount) == (first, None, order.total)
    order.refresh_from_db()
    assert (order.state, happened(order)) == (OrderState.PAID, [EventKind.PLACED, EventKind.PAID])


def test_money_that_comes_after_closing_goes_back_and_opens_nothing(buyer: User) -> None:
    nuts = make_variant(stock=3)
    order = make_order(buyer, {nuts: 1})
    payment = start_payment(order, "offline")
    cancel_order(order, reason="不要了")
    confirm(payment)
    order.refresh_from_db()
    assert (order.state, order.paid_at) == (OrderState.CLOSED, None)
    assert happened(order) == [EventKind.PLACED, EventKind.CANCELLED]
    assert Repayment.objects.get().amount == payment.amount
    assert stock_of(nuts) == 3


def test_expiry_and_payment_whoever_is_first_wins(buyer: User) -> None:
    late, early = make_order(buyer), make_order(buyer)
    payment = start_payment(late, "offline")
    pay(early)
    assert expire_orders(at=late.expires_at) == 1
    confirm(payment)
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.state, early.state) == (OrderState.CLOSED, OrderState.PAID)
    assert [back.payment for back in Repayment.objects.all()] == [payment]


def test_what_was_paid_does_not_fail_afterwards(buyer: User) -> None:
    payment = start_payment(make_order(buyer), "offline")
    confirm(payment)
    fail_payment(payment.number, method="offline")
    payment.refresh_from_db()
    assert payment.state == PaymentState.PAID


def test_another_methods_failure_is_not_ours(buyer: User) -> None:
    payment = start_payment(make_order(buyer), "offline")
    fail_payment(payment.number, method="sandbox")
    payment.refresh_from_db()
    assert payment.state == PaymentState.STARTED


def test_virtual_goods_are_delivered_with_the_payment(buyer: User) -> None:
    order = make_order(buyer, {make_virtual(): 1})
    pay(order)
    assert order.state == OrderState.RECEIVED
    assert happened(order) == [EventKind.PLACED, EventKind.PAID, EventKind.RECEIVED]


def test_a_mixed_order_waits_for_what_is_sent(buyer: User) -> None:
    card = make_virtual()
    order = make_order(buyer, {card: 1, make_variant(): 1})
    pay(order)
    delivered = order.lines.filter(received_at__isnull=False)
    assert (order.state, [line.variant_id for line in delivered]) == (OrderState.PAID, [card.pk])


class Gateway:
    """A payment method that answers what it is told to."""

    code = "played"
    is_offered = True
    has_gateway = True
    label = "played"

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def start(self, payment: Payment, return_url: str) -> str:
        return "/"

    def query(self, payment: Payment) -> Outcome:
        self.asked.append(payment.number)
        return self.answers.pop(0)

    def close(self, payment: Payment) -> Outcome:
        return Outcome("closed")

    def repay(self, repayment: Repayment) -> Outcome:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "payment_state", "order_state"),
    [
        ("paid", PaymentState.PAID, OrderState.PAID),
        ("failed", PaymentState.FAILED, OrderState.UNPAID),
        ("open", PaymentState.STARTED, OrderState.UNPAID),
        ("missing", PaymentState.STARTED, OrderState.UNPAID),
        ("unknown", PaymentState.STARTED, OrderState.UNPAID),
    ],
)
def test_a_query_believes_only_definite_answers(
    buyer: User,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    payment_state: str,
    order_state: str,
) -> None:
    monkeypatch.setitem(payment_methods, "played", Gateway(Outcome(answer, "G1")))
    payment = start_payment(make_order(buyer), "played")
    assert query_payment(payment).state == payment_state
    assert Order.objects.get().state == order_state


def test_open_payments_are_asked_about_soon_then_ever_more_seldom_for_a_day(
    buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(*[Outcome("unknown")] * 50)
    monkeypatch.setitem(payment_methods, "played", gateway)
    begun = timezone.now()
    start_payment(make_order(buyer, at=begun), "played", at=begun)
    asked_after = []
    for minutes in range(2 * 24 * 60):
        before = len(gateway.asked)
        query_open_payments(at=begun + timedelta(minutes=minutes))
        if len(gateway.asked) > before:
            asked_after.append(minutes)
    assert asked_after[:6] == [2, 3, 5, 8, 12, 18]
    assert (len(asked_after), asked_after[-1] > 24 * 60, asked_after[-1] < 36 * 60) == (
        17,
        True,
        True,
    )


def test_one_payment_that_cannot_be_asked_about_keeps_no_other_waiting(
    buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    gateway = Gateway(Outcome("paid", "G1"))
    monkeypatch.setitem(payment_methods, "played", gateway)
    monkeypatch.setitem(payment_methods, "broken", Gateway())  # has no answer: raises
    begun = now - timedelta(minutes=3)
    for method in ("broken", "played"):
        start_payment(make_order(buyer, at=begun), method, at=begun)
    assert query_open_payments(at=now) == 1


def test_payment_with_both_levels_accrued_asks_the_database_so_often(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_rule()
    chain = make_chain()
    order = make_order(chain.c, {make_variant("10.00"): 1, make_variant("20.00"): 2})
    payment = start_payment(order, "offline")
    with django_assert_num_queries(23):
        confirm(payment)
    assert Commission.objects.count() == 4
    assert OrderEvent.objects.filter(handled_at=None).count() == 0
