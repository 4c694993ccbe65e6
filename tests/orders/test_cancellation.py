from datetime import timedelta

import pytest
from django.test import Client

from base.accounts.models import User
from base.errors import WrongState
from catalog.models import Variant
from orders import tasks
from orders.cancellation import (
    WAIT_FOR_GATEWAY,
    NoAnswer,
    cancel_order,
    close_overdue,
    expire_orders,
)
from orders.models import Order, Payment, Repayment
from orders.payments import CannotPay, confirm_payment, start_payment
from orders.registries import Outcome, payment_methods
from orders.states import EventKind, OrderState, PaymentState
from shop.sandbox import gateway
from shop.sandbox.models import SandboxTrade
from tests.make import make_order, make_variant, pay
from tests.wires import Wires


@pytest.fixture
def nuts(db: None) -> Variant:
    return make_variant(stock=5)


def stock_of(variant: Variant) -> int:
    variant.refresh_from_db()
    return variant.stock


def test_closing_gives_the_stock_back_once(buyer: User, nuts: Variant) -> None:
    order = make_order(buyer, {nuts: 2})
    assert stock_of(nuts) == 3
    first = cancel_order(order, reason="不要了")
    again = cancel_order(order, reason="还是不要")
    assert (first.state, again.close_reason) == (OrderState.CLOSED, "不要了")
    assert again.closed_at == first.closed_at
    assert stock_of(nuts) == 5
    kinds = order.events.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [EventKind.PLACED, EventKind.CANCELLED]


def test_a_paid_order_is_not_closed_this_way(buyer: User, nuts: Variant) -> None:
    order = make_order(buyer, {nuts: 2})
    pay(order)
    with pytest.raises(WrongState, match="申请退款"):
        cancel_order(order, reason="不要了")
    order.refresh_from_db()
    assert (order.state, stock_of(nuts)) == (OrderState.PAID, 3)


def test_orders_close_by_themselves_when_their_time_is_up(buyer: User, nuts: Variant) -> None:
    overdue, paid = make_order(buyer, {nuts: 1}), make_order(buyer, {nuts: 1})
    pay(paid)
    before = overdue.expires_at - timedelta(seconds=1)
    younger = make_order(buyer, {nuts: 1}, at=overdue.placed_at + timedelta(minutes=5))
    assert expire_orders(at=before) == 0
    assert expire_orders(at=overdue.expires_at) == 1
    assert expire_orders(at=overdue.expires_at) == 0
    states = {order.pk: order.state for order in Order.objects.all()}
    assert states == {
        overdue.pk: OrderState.CLOSED,
        paid.pk: OrderState.PAID,
        younger.pk: OrderState.UNPAID,
    }
    assert stock_of(nuts) == 3
    overdue.refresh_from_db()
    assert overdue.close_reason == "超时未付款"


def test_a_payment_between_the_look_and_the_lock_stands(
    buyer: User, nuts: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order(buyer, {nuts: 1})

    def pay_first(late: Order, **options: object) -> Order:
        pay(order)
        return close_overdue(late)

    monkeypatch.setattr("orders.cancellation.close_overdue", pay_first)
    assert expire_orders(at=order.expires_at) == 0
    order.refresh_from_db()
    assert (order.state, stock_of(nuts)) == (OrderState.PAID, 4)


class Gateway:
    """A payment method that answers what it is told to; an exception is a crash on our side."""

    code = "played"
    is_offered = has_gateway = True
    label = "played"

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def start(self, payment: Payment, return_url: str) -> str:
        return "/"

    def query(self, payment: Payment) -> Outcome:
        return self._answer("query")

    def close(self, payment: Payment) -> Outcome:
        return self._answer("close")

    def repay(self, repayment: Repayment) -> Outcome:
        raise NotImplementedError

    def _answer(self, question: str) -> Outcome:
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Outcome(answer, reference="G1" if answer == "paid" else "")


def play(monkeypatch: pytest.MonkeyPatch, *answers: str | Exception) -> Gateway:
    played = Gateway(*answers)
    monkeypatch.setitem(payment_methods, "played", played)
    return played


def begun(buyer: User, nuts: Variant) -> tuple[Order, Payment]:
    """An order somebody has begun to pay at the played gateway."""
    order = make_order(buyer, {nuts: 1})
    return order, start_payment(order, "played")


class TestGatewayFirst:
    """Query, close, and only then the stock."""

    @pytest.mark.parametrize(
        ("answers", "asked", "payment_state"),
        [
            (["open", "closed"], ["query", "close"], PaymentState.CLOSED),
            (["missing", "missing"], ["query", "close"], PaymentState.CLOSED),
            (["failed", "closed"], ["query", "close"], PaymentState.CLOSED),
            (["closed"], ["query"], PaymentState.CLOSED),
            (["unknown", "closed"], ["query", "close"], PaymentState.CLOSED),
        ],
    )
    def test_nobody_has_paid(
        self,
        buyer: User,
        nuts: Variant,
        monkeypatch: pytest.MonkeyPatch,
        answers: list[str],
        asked: list[str],
        payment_state: str,
    ) -> None:
        played = play(monkeypatch, *answers)
        order, payment = begun(buyer, nuts)
        assert expire_orders(at=order.expires_at) == 1
        order.refresh_from_db()
        payment.refresh_from_db()
        assert (order.state, payment.state, stock_of(nuts)) == (
            OrderState.CLOSED,
            payment_state,
            5,
        )
        assert played.asked == asked

    @pytest.mark.parametrize("answers", [["paid"], ["open", "paid", "paid"]])
    def test_a_payment_whose_notice_was_lost_keeps_the_order(
        self, buyer: User, nuts: Variant, monkeypatch: pytest.MonkeyPatch, answers: list[str]
    ) -> None:
        play(monkeypatch, *answers)
        order, payment = begun(buyer, nuts)
        assert expire_orders(at=order.expires_at) == 0
        order.refresh_from_db()
        payment.refresh_from_db()
        assert (order.state, payment.state, stock_of(nuts)) == (
            OrderState.PAID,
            PaymentState.PAID,
            4,
        )
        assert not Repayment.objects.exists()

    @pytest.mark.parametrize("silence", ["unknown", "open", RuntimeError("crash")])
    def test_without_a_definite_answer_the_stock_waits_but_not_for_ever(
        self,
        buyer: User,
        nuts: Variant,
        monkeypatch: pytest.MonkeyPatch,
        silence: str | Exception,
    ) -> None:
        play(monkeypatch, *[silence] * 9)
        order, payment = begun(buyer, nuts)
        with pytest.raises(NoAnswer):
            close_overdue(order, at=order.expires_at)
        latest = order.expires_at + WAIT_FOR_GATEWAY
        assert expire_orders(at=latest - timedelta(seconds=1)) == 0
        order.refresh_from_db()
        assert (order.state, stock_of(nuts)) == (OrderState.UNPAID, 4)
        assert expire_orders(at=latest) == 1
        payment.refresh_from_db()
        assert (payment.state, stock_of(nuts)) == (PaymentState.STARTED, 5)
        confirm_payment(payment.number, amount=payment.amount, gateway_no="G1")
        assert Repayment.objects.get().payment == payment

    def test_a_silent_gateway_keeps_nobody_else_waiting(
        self, buyer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        played = play(monkeypatch, *["unknown"] * 40)
        nuts = make_variant(stock=20)
        for _ in range(8):
            begun(buyer, nuts)
        last = make_order(buyer, {nuts: 1})
        assert expire_orders(at=last.expires_at) == 1
        last.refresh_from_db()
        assert (last.state, len(played.asked)) == (OrderState.CLOSED, 10)  # five, twice each

    def test_cancelling_closes_the_door_at_once_and_the_order_when_it_is_sure(
        self, buyer: User, nuts: Variant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        played = play(monkeypatch, "open", "closed")
        order, _payment = begun(buyer, nuts)
        waiting = cancel_order(order, reason="不要了")
        again = cancel_order(order, reason="还是不要")
        assert (waiting.state, again.close_reason, stock_of(nuts)) == (
            OrderState.UNPAID,
            "不要了",
            4,
        )
        with pytest.raises(CannotPay, match="已过"):
            start_payment(order, "offline")
        assert played.asked == []
        tasks.close_overdue(order.number)
        order.refresh_from_db()
        assert (order.state, order.close_reason, stock_of(nuts)) == (
            OrderState.CLOSED,
            "不要了",
            5,
        )
        tasks.close_overdue(order.number)  # beat was quicker
        assert stock_of(nuts) == 5

    def test_money_that_came_before_the_cancelling_keeps_the_order(
        self, buyer: User, nuts: Variant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        play(monkeypatch, "paid")
        order, _payment = begun(buyer, nuts)
        cancel_order(order, reason="不要了")
        tasks.close_overdue(order.number)
        order.refresh_from_db()
        assert (order.state, order.close_reason, stock_of(nuts)) == (OrderState.PAID, "", 4)


class TestAtTheSandbox:
    """The same through the real client and the sandbox's own books."""

    @pytest.fixture
    def order(self, member: Client, buyer: User, nuts: Variant, wires: Wires) -> Order:
        order = make_order(buyer, {nuts: 1})
        member.post(f"/orders/{order.number}/payment/", {"method": "sandbox"}, follow=True)
        return order

    def cancel(self, member: Client, order: Order) -> str:
        address = f"/orders/{order.number}/cancellation/"
        page = member.post(address, follow=True).content.decode()
        tasks.close_overdue(order.number)
        order.refresh_from_db()
        return page

    def test_a_closed_trade_takes_no_money(
        self, member: Client, order: Order, wires: Wires, nuts: Variant
    ) -> None:
        page = self.cancel(member, order)
        assert "正在取消" in page
        assert 'popovertarget="cancel"' not in page
        trade = SandboxTrade.objects.get()
        assert (order.state, trade.state, stock_of(nuts)) == (OrderState.CLOSED, "closed", 5)
        cashier = f"/sandbox/cashier/{trade.number}/"
        assert 'value="pay"' not in member.get(cashier).content.decode()
        for outcome in ("pay", "twice", "late", "fail"):
            member.post(f"{cashier}payment/", {"outcome": outcome})
        wires.let_happen()
        trade.refresh_from_db()
        assert (trade.state, Repayment.objects.count()) == ("closed", 0)
        result = f"/orders/{order.number}/payment/{trade.number}/"
        assert "这笔支付已关闭" in member.get(result).content.decode()
        polled = member.get(f"{result}?seen=closed", headers={"HX-Request": "true"})
        assert polled.status_code == 204

    def test_money_on_its_way_when_the_order_closes_goes_back(
        self, member: Client, order: Order, wires: Wires
    ) -> None:
        number = SandboxTrade.objects.get().number
        gateway.pay_late(number)
        self.cancel(member, order)
        assert order.state == OrderState.CLOSED
        SandboxTrade.objects.update(pays_at=order.placed_at)
        wires.let_happen()
        assert SandboxTrade.objects.get().state == "paid"
        assert Repayment.objects.get().amount == order.total

    def test_paid_without_a_notice_and_then_cancelled(
        self, member: Client, order: Order, nuts: Variant
    ) -> None:
        gateway.pay(SandboxTrade.objects.get().number)  # what it would tell waits in the wires
        self.cancel(member, order)
        assert (order.state, stock_of(nuts)) == (OrderState.PAID, 4)

    def test_an_order_nobody_began_to_pay_closes_in_the_same_moment(
        self, member: Client, buyer: User, nuts: Variant
    ) -> None:
        order = make_order(buyer, {nuts: 1})
        page = member.post(f"/orders/{order.number}/cancellation/", follow=True)
        assert "订单已取消。" in page.content.decode()
        order.refresh_from_db()
        assert (order.state, stock_of(nuts)) == (OrderState.CLOSED, 5)
