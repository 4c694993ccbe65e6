from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from base.accounts.models import User
from orders.cancellation import cancel_order, close_overdue
from orders.models import Order, Payment, Repayment
from orders.payments import confirm_payment, start_payment
from orders.refunds import cancel_paid_order
from orders.registries import Outcome, payment_methods
from orders.repayments import record_outcome, retry_repayment, send_repayment, send_repayments
from orders.states import OrderState, RefundState, RepaymentState
from shop.sandbox import gateway
from shop.sandbox.models import SandboxRepayment, SandboxTrade, SandboxWish
from tests.make import make_order, pay
from tests.wires import Wires


class Gateway:
    """A payment method whose repayments go as told; an exception is a crash on our side."""

    code = "played"
    is_offered = True
    has_gateway = True
    label = "played"

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Decimal]] = []

    def start(self, payment: Payment, return_url: str) -> str:
        return "/"

    def query(self, payment: Payment) -> Outcome:
        return Outcome("unknown")

    def close(self, payment: Payment) -> Outcome:
        return Outcome("closed")

    def repay(self, repayment: Repayment) -> Outcome:
        self.asked.append((repayment.number, repayment.amount))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def order(buyer: User, monkeypatch: pytest.MonkeyPatch) -> Order:
    monkeypatch.setitem(payment_methods, "played", Gateway())
    order = make_order(buyer)
    pay(order, method="played")
    return order


def play(monkeypatch: pytest.MonkeyPatch, *answers: Outcome | Exception) -> Gateway:
    gateway = Gateway(*answers)
    monkeypatch.setitem(payment_methods, "played", gateway)
    return gateway


def states(repayment: Repayment) -> tuple[str, str, str]:
    repayment.refresh_from_db()
    assert repayment.refund is not None
    return repayment.state, repayment.refund.state, Order.objects.get().state


def test_a_definite_yes_completes_the_after_sale(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = play(monkeypatch, Outcome("paid"))
    back = cancel_paid_order(order).repayment
    assert send_repayments() == 1
    assert send_repayments() == 0
    assert gateway.asked == [(back.number, order.total)]
    assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)


def test_an_unknown_answer_is_asked_again_later_under_the_same_number(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = play(
        monkeypatch, Outcome("unknown", detail="time-out"), Outcome("open"), Outcome("paid")
    )
    back = cancel_paid_order(order).repayment
    now = back.next_attempt_at
    for expected, minutes in (("time-out", 2), ("", 4)):
        assert send_repayments(at=now) == 0
        assert states(back) == (RepaymentState.SENT, RefundState.APPROVED, OrderState.PAID)
        assert (back.error, back.next_attempt_at - now) == (expected, timedelta(minutes=minutes))
        assert send_repayments(at=now) == 0  # not yet
        now = back.next_attempt_at
    assert send_repayments(at=now) == 1
    assert gateway.asked == [(back.number, order.total)] * 3
    assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)


def test_a_definite_no_waits_for_a_person_and_is_tried_again_under_the_same_number(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = play(monkeypatch, Outcome("failed", detail="余额不足"), Outcome("paid"))
    back = cancel_paid_order(order).repayment
    send_repayments()
    assert states(back) == (RepaymentState.FAILED, RefundState.APPROVED, OrderState.PAID)
    assert back.error == "余额不足"
    assert send_repayments(at=timezone.now() + timedelta(days=1)) == 0
    retry_repayment(back)
    assert [number for number, _amount in gateway.asked] == [back.number] * 2
    assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)


def test_a_crash_during_the_call_leaves_the_number_to_be_asked_about(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = play(monkeypatch, RuntimeError("power cut"), Outcome("paid"))
    back = cancel_paid_order(order).repayment
    assert send_repayments() == 0
    assert states(back) == (RepaymentState.SENT, RefundState.APPROVED, OrderState.PAID)
    assert send_repayments(at=back.next_attempt_at) == 1
    assert [number for number, _amount in gateway.asked] == [back.number] * 2


def test_one_that_cannot_be_sent_keeps_no_other_waiting(
    buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch, Outcome("paid"))
    backs = []
    for method in ("offline", "played"):
        order = make_order(buyer)
        pay(order, method=method)
        backs.append(cancel_paid_order(order).repayment)
    monkeypatch.delitem(payment_methods, "offline")  # a gateway the shop no longer has
    assert send_repayments() == 1
    for back, state in zip(backs, (RepaymentState.SENT, RepaymentState.DONE), strict=True):
        back.refresh_from_db()
        assert back.state == state


def test_a_late_second_answer_changes_nothing(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch, Outcome("paid"))
    back = send_repayment(cancel_paid_order(order).repayment)
    record_outcome(back, Outcome("paid"), at=timezone.now() + timedelta(days=1))
    record_outcome(back, Outcome("failed"), at=timezone.now() + timedelta(days=1))
    done_at = back.done_at
    assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)
    assert back.done_at == done_at


def test_surplus_money_goes_back_without_an_after_sale(
    buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch, Outcome("paid"))
    order = make_order(buyer)
    payment = start_payment(order, "played")
    cancel_order(order, reason="不要了")
    close_overdue(order)
    confirm_payment(payment.number, amount=payment.amount, gateway_no="G1")
    assert send_repayments() == 1
    assert Repayment.objects.get().state == RepaymentState.DONE
    order.refresh_from_db()
    assert order.refunded_amount == Decimal("0.00")


class TestThroughTheSandboxGateway:
    """The whole way: our client, the gateway's own books, the answer that gets lost."""

    @pytest.fixture
    def paid(self, buyer: User, wires: Wires) -> Order:
        order = make_order(buyer)
        payment = start_payment(order, "sandbox")
        gateway.open_trade(
            {
                "number": payment.number,
                "order_no": order.number,
                "subject": "坚果",
                "amount": str(payment.amount),
                "notify_url": "http://testserver/notify/sandbox/",
                "return_url": "/",
            }
        )
        gateway.pay(payment.number)
        wires.let_happen()
        order.refresh_from_db()
        return order

    def test_it_pays_back_once(self, paid: Order) -> None:
        back = cancel_paid_order(paid).repayment
        assert send_repayments() == 1
        assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)
        there = SandboxRepayment.objects.get()
        assert (there.number, there.amount, there.state) == (back.number, paid.total, "done")

    def test_a_lost_answer_is_asked_for_again_and_pays_once(self, paid: Order) -> None:
        gateway.wish_repayments(SandboxWish.Mode.UNKNOWN)
        back = cancel_paid_order(paid).repayment
        send_repayments()
        assert states(back) == (RepaymentState.SENT, RefundState.APPROVED, OrderState.PAID)
        assert "500" in back.error
        gateway.wish_repayments(SandboxWish.Mode.OK)
        send_repayments(at=back.next_attempt_at)
        assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)
        there = SandboxRepayment.objects.get()
        assert (there.number, there.asked) == (back.number, 2)

    def test_a_crash_before_the_answer_is_written_down_pays_once(
        self, paid: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        back = cancel_paid_order(paid).repayment
        with monkeypatch.context() as patch, pytest.raises(RuntimeError):
            patch.setattr("orders.repayments.record_outcome", _crash)
            send_repayment(back)
        back.refresh_from_db()
        assert send_repayments(at=back.next_attempt_at) == 1
        assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)
        assert SandboxRepayment.objects.get().asked == 2

    def test_a_failure_is_definite_and_a_retry_may_work(self, paid: Order) -> None:
        gateway.wish_repayments(SandboxWish.Mode.FAIL)
        back = cancel_paid_order(paid).repayment
        send_repayments()
        assert states(back) == (RepaymentState.FAILED, RefundState.APPROVED, OrderState.PAID)
        gateway.wish_repayments(SandboxWish.Mode.OK)
        retry_repayment(back)
        assert states(back) == (RepaymentState.DONE, RefundState.DONE, OrderState.CLOSED)

    def test_no_connection_is_no_answer(self, paid: Order, wires: Wires) -> None:
        wires.is_cut = True
        back = cancel_paid_order(paid).repayment
        send_repayments()
        assert states(back) == (RepaymentState.SENT, RefundState.APPROVED, OrderState.PAID)

    def test_the_gateway_never_gives_back_more_than_it_took(self, paid: Order) -> None:
        trade = SandboxTrade.objects.get()
        request = {"trade": trade.number, "amount": str(trade.amount)}
        assert gateway.repay({"number": "R1", **request}).repayment.state == "done"
        assert gateway.repay({"number": "R2", **request}).repayment.state == "failed"


def _crash(*args: object, **options: object) -> None:
    raise RuntimeError("power cut")
