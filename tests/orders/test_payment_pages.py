from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from base.accounts.models import User
from orders import tasks
from orders.cancellation import cancel_order
from orders.models import Order, Payment
from orders.payments import confirm_payment, fail_payment
from orders.registries import payment_methods
from orders.repayments import send_repayments
from orders.states import OrderState, PaymentState
from shop.sandbox import gateway
from shop.sandbox.models import SandboxTrade
from tests.make import make_order, make_user, pay
from tests.wires import Wires

HTMX = {"HX-Request": "true"}


@pytest.fixture
def order(buyer: User) -> Order:
    return make_order(buyer)


def url_of(order: Order) -> str:
    return f"/orders/{order.number}/payment/"


def result_url(payment: Payment) -> str:
    return f"{url_of(payment.order)}{payment.number}/"


def go(member: Client, order: Order) -> Payment:
    """Start with the sandbox and arrive at its cashier."""
    answer = member.post(url_of(order), {"method": "sandbox"}, follow=True)
    payment = Payment.objects.get(order=order, state=PaymentState.STARTED)
    assert answer.redirect_chain[-1][0] == f"/sandbox/cashier/{payment.number}/"
    return payment


class TestChoosing:
    def test_it_shows_the_amount_the_time_left_and_the_methods_offered(
        self, member: Client, order: Order
    ) -> None:
        text = member.get(url_of(order)).content.decode()
        assert "沙箱支付" in text
        assert "线下付款" not in text
        assert 'data-countdown="1799"' in text
        assert "29:59" in text

    def test_strangers_and_guests_see_nothing(self, order: Order, client: Client) -> None:
        assert client.get(url_of(order)).status_code == 302
        client.force_login(make_user("别人"))
        for answer in (
            client.get(url_of(order)),
            client.post(url_of(order), {"method": "sandbox"}),
        ):
            assert answer.status_code == 404
        assert not Payment.objects.exists()

    def test_starting_leads_to_the_gateway_with_one_number(
        self, member: Client, order: Order, wires: Wires
    ) -> None:
        assert go(member, order) == go(member, order)

    @pytest.mark.parametrize("method", ["", "offline", "barter"])
    def test_only_what_is_offered_can_be_chosen(
        self, member: Client, order: Order, method: str
    ) -> None:
        answer = member.post(url_of(order), {"method": method}, follow=True)
        assert "请选择支付方式。" in answer.content.decode()
        assert not Payment.objects.exists()

    def test_without_any_method_it_says_so(
        self, member: Client, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(payment_methods, "sandbox")
        assert "暂时没有可用的支付方式" in member.get(url_of(order)).content.decode()

    def test_when_the_time_is_up_nothing_can_be_started(self, member: Client, order: Order) -> None:
        Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert "付款时间已过" in member.get(url_of(order)).content.decode()
        answer = member.post(url_of(order), {"method": "sandbox"}, follow=True)
        assert "付款时间已过，请重新下单。" in answer.content.decode()
        assert not Payment.objects.exists()

    def test_an_order_that_is_paid_or_closed_shows_itself(
        self, member: Client, order: Order, buyer: User
    ) -> None:
        closed = make_order(buyer)
        cancel_order(closed, reason="不要了")
        pay(order)
        for found in (order, closed):
            answer = member.get(url_of(found))
            assert answer.headers["Location"] == f"/orders/{found.number}/"

    def test_queries(
        self, member: Client, order: Order, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(3):
            member.get(url_of(order))
        with django_assert_num_queries(9):
            member.post(url_of(order), {"method": "sandbox"})


class TestComingBack:
    def test_it_proves_nothing_until_the_gateway_has_spoken(
        self, member: Client, order: Order, wires: Wires
    ) -> None:
        payment = go(member, order)
        gateway.pay(payment.number)
        text = member.get(result_url(payment)).content.decode()
        assert "正在确认支付结果" in text
        assert 'hx-trigger="every 2s"' in text
        order.refresh_from_db()
        assert order.state == OrderState.UNPAID
        polled = f"{result_url(payment)}?seen=started"
        assert f'hx-get="{polled}"' in text
        assert member.get(polled, headers=HTMX).status_code == 204
        wires.let_happen()
        text = member.get(polled, headers=HTMX).content.decode()
        assert "支付成功" in text
        assert "hx-trigger" not in text
        assert "<html" not in text

    def test_a_worker_asks_the_gateway_when_the_notice_is_lost(
        self,
        member: Client,
        order: Order,
        wires: Wires,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        payment = go(member, order)
        gateway.pay(payment.number)
        asked: list[tuple[str, ...]] = []
        monkeypatch.setattr(
            tasks.ask_payment, "apply_async", lambda args, **options: asked.append(args)
        )
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(3):  # a page that polls does not ask every time
                member.get(result_url(payment))
        assert asked == [(payment.number,)]
        tasks.ask_payment(payment.number)
        assert "支付成功" in member.get(result_url(payment)).content.decode()

    def test_without_a_broker_the_page_still_shows(
        self,
        member: Client,
        order: Order,
        wires: Wires,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        from kombu.exceptions import OperationalError

        def refuse(args: object, **options: object) -> None:
            raise OperationalError("no broker")

        monkeypatch.setattr(tasks.ask_payment, "apply_async", refuse)
        payment = go(member, order)
        with django_capture_on_commit_callbacks(execute=True):
            assert member.get(result_url(payment)).status_code == 200

    def test_a_failed_payment_can_be_tried_again(
        self, member: Client, order: Order, wires: Wires
    ) -> None:
        payment = go(member, order)
        gateway.fail(payment.number)
        wires.let_happen()
        text = member.get(result_url(payment)).content.decode()
        assert "支付没有成功" in text
        assert "重新付款" in text
        polled = f"{result_url(payment)}?seen=failed"
        assert member.get(polled, headers=HTMX).status_code == 204
        gateway.pay(payment.number)  # they try once more on the gateway's page
        wires.let_happen()
        assert "支付成功" in member.get(polled, headers=HTMX).content.decode()

    def test_another_try_has_another_number(
        self, member: Client, order: Order, wires: Wires
    ) -> None:
        first = go(member, order)
        gateway.fail(first.number)
        wires.let_happen()
        assert go(member, order) != first

    def test_paying_late_sends_the_money_back(
        self, member: Client, order: Order, wires: Wires
    ) -> None:
        payment = go(member, order)
        gateway.pay_late(payment.number)
        cancel_order(order, reason="不要了")
        tasks.close_overdue(order.number)
        SandboxTrade.objects.update(pays_at=order.placed_at)
        wires.let_happen()
        assert "款项正在原路退回" in member.get(result_url(payment)).content.decode()
        assert "正在原路退回" in member.get(f"/orders/{order.number}/").content.decode()
        send_repayments()
        assert "款项已原路退回" in member.get(result_url(payment)).content.decode()
        assert "已原路退回" in member.get(f"/orders/{order.number}/").content.decode()

    def test_paying_two_payments_of_one_order_sends_the_second_back(
        self, member: Client, order: Order, wires: Wires
    ) -> None:
        first = go(member, order)
        gateway.fail(first.number)
        wires.let_happen()
        second = go(member, order)
        gateway.pay(second.number)
        gateway.pay(first.number)
        wires.let_happen()
        assert "支付成功" in member.get(result_url(second)).content.decode()
        assert "正在原路退回" in member.get(result_url(first)).content.decode()

    def test_strangers_payments_and_other_orders_payments_are_not_found(
        self, member: Client, order: Order, buyer: User
    ) -> None:
        other = make_order(buyer)
        foreign = make_order(make_user("别人"))
        payments = [
            Payment.objects.create(
                order=found,
                number=f"P{found.pk}",
                method="sandbox",
                amount=found.total,
                created_at=found.placed_at,
            )
            for found in (other, foreign)
        ]
        assert member.get(f"{url_of(order)}{payments[0].number}/").status_code == 404
        assert member.get(result_url(payments[1])).status_code == 404

    def test_queries(
        self,
        member: Client,
        order: Order,
        wires: Wires,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        payment = go(member, order)
        url = f"{result_url(payment)}?seen=started"
        with django_assert_num_queries(4):
            member.get(url, headers=HTMX)
        fail_payment(payment.number, method="sandbox")
        confirm_payment(payment.number, amount=payment.amount, gateway_no="G1")
        with django_assert_num_queries(5):
            member.get(url, headers=HTMX)
