"""The sandbox's transfer gateway and its channel: one number, one payment, whatever gets lost."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.conf import settings as shop_settings
from django.test import Client
from django.utils import timezone

from base.clock import beijing_date
from base.gateways import signed_http
from base.gateways.sandbox_transfer import Answer, Transfer, query_transfer, send_transfer
from base.gateways.signing import signed_headers
from distribution.money.balances import balance_of
from distribution.money.commissions import mature_commissions
from payouts.books import check_books
from payouts.channels import channels
from payouts.models import Payout, Schedule
from payouts.runs import run_period
from payouts.sending import send_payout, send_payouts
from payouts.states import PayoutState
from shop.sandbox.models import SandboxTransfer
from shop.sandbox.transfers import Mode, wish_transfers
from tests.make import make_chain, make_order, make_rule, make_variant, pay, receive
from tests.wires import Wires, wire

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOW = timezone.now()
TRANSFER = Transfer("J1", Decimal("12.34"), "U1", "阿珍")


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> Wires:
    return wire(monkeypatch)


def booked() -> list[tuple[str, str, str, int]]:
    """What the gateway has in its own books: number, amount, state, how often asked."""
    rows = SandboxTransfer.objects.order_by("pk")
    return [(row.number, str(row.amount), row.state, row.asked) for row in rows]


@pytest.fixture
def payout() -> Payout:
    """¥10.00 of B's, approved, to be carried by the sandbox."""
    chain = make_chain()
    make_rule("0.10", None)
    at = NOW - 20 * DAY
    order = make_order(chain.c, {make_variant("100.00"): 1}, at=at)
    pay(order, at=at)
    receive(order, at=at)
    mature_commissions(NOW)
    Schedule.objects.update(channel="sandbox", auto_approve=True)
    run = run_period(Schedule.objects.get(), beijing_date(NOW), at=NOW)
    return run.payouts.get()


class TestTheGateway:
    def test_paid_at_once(self, wires: Wires) -> None:
        answer = send_transfer(TRANSFER)
        transfer = SandboxTransfer.objects.get()
        assert answer == Answer("paid", transfer.transfer_no)
        assert (transfer.payee, transfer.payee_name) == ("U1", "阿珍")
        assert query_transfer(TRANSFER) == answer
        assert booked() == [("J1", "12.34", "paid", 2)]

    def test_accepted_and_paid_when_asked(self, wires: Wires) -> None:
        wish_transfers(Mode.LATER)
        assert send_transfer(TRANSFER).state == "open"
        assert send_transfer(TRANSFER).state == "open"
        assert booked() == [("J1", "12.34", "accepted", 2)]
        assert query_transfer(TRANSFER).state == "paid"

    def test_failed_for_good(self, wires: Wires) -> None:
        wish_transfers(Mode.FAIL)
        answer = send_transfer(TRANSFER)
        assert (answer.state, answer.detail) == ("failed", "the payee's account does not take it")
        wish_transfers(Mode.OK)
        assert send_transfer(TRANSFER).state == "failed", "the same number is the same transfer"
        assert booked() == [("J1", "12.34", "failed", 2)]

    def test_paid_and_the_answer_lost(self, wires: Wires) -> None:
        wish_transfers(Mode.UNKNOWN)
        assert send_transfer(TRANSFER).state == "unknown"
        assert booked() == [("J1", "12.34", "paid", 1)]
        assert send_transfer(TRANSFER).state == "paid"
        assert booked() == [("J1", "12.34", "paid", 2)]

    def test_a_number_it_never_heard_of(self, wires: Wires) -> None:
        assert query_transfer(TRANSFER).state == "missing"
        assert booked() == []

    @pytest.mark.parametrize(
        "other",
        [
            Transfer("J1", Decimal("99.00"), "U1", "阿珍"),
            Transfer("J1", Decimal("12.34"), "U2", "别人"),
        ],
    )
    def test_a_number_used_for_something_else_is_in_doubt(
        self, wires: Wires, other: Transfer
    ) -> None:
        """Never "failed": under this number money has gone out."""
        send_transfer(TRANSFER)
        assert send_transfer(other).state == "unknown"
        assert booked() == [("J1", "12.34", "paid", 1)]

    @pytest.mark.parametrize(
        "nonsense",
        [
            Transfer("J1", Decimal("0.00"), "U1", "阿珍"),
            Transfer("J1", Decimal("-1.00"), "U1", "阿珍"),
            Transfer("J1", Decimal("1.001"), "U1", "阿珍"),
            Transfer("J" * 33, Decimal("1.00"), "U1", "阿珍"),
            Transfer("J1", Decimal("1.00"), "", "阿珍"),
        ],
    )
    def test_nonsense_is_refused(self, wires: Wires, nonsense: Transfer) -> None:
        assert send_transfer(nonsense).state == "failed"
        assert booked() == []

    def test_only_signed_calls(self, client: Client) -> None:
        body = json.dumps({"number": "J1", "amount": "1.00", "currency": "CNY", "payee": "U1"})
        for path in ("/sandbox/transfers/send/", "/sandbox/transfers/query/"):
            assert client.post(path, body, content_type="application/json").status_code == 401
            assert client.get(path).status_code == 405
        assert booked() == []


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], Any]) -> None:
    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(signed_http, "open_client", lambda: httpx.Client(transport=transport))


def signed(status: int, **said: Any) -> httpx.Response:
    body = json.dumps(said).encode()
    headers = signed_headers(body, shop_settings.SANDBOX_KEY)
    return httpx.Response(status, content=body, headers=headers)


class TestAnyDoubtIsUnknown:
    PAID: dict[str, Any] = {
        "number": "J1",
        "state": "paid",
        "amount": "12.34",
        "currency": "CNY",
        "transfer_no": "F1",
    }

    def test_the_answer_it_doubts_nothing_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answering(monkeypatch, lambda _request: signed(200, **self.PAID))
        assert send_transfer(TRANSFER) == Answer("paid", "F1")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"number": "J2"},
            {"amount": "12.33"},
            {"amount": None},
            {"currency": "USD"},
            {"state": "done"},
            {"state": None},
        ],
    )
    def test_about_another_transfer(
        self, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
    ) -> None:
        answering(monkeypatch, lambda _request: signed(200, **self.PAID | wrong))
        assert send_transfer(TRANSFER).state == "unknown"

    @pytest.mark.parametrize("status", [201, 202, 302, 400, 401, 409, 429, 500, 502, 504])
    def test_with_another_status(self, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
        answering(monkeypatch, lambda _request: signed(status, **self.PAID))
        assert send_transfer(TRANSFER).state == "unknown"

    @pytest.mark.parametrize("status", [404, 422])
    def test_a_refusal_that_names_another_number(
        self, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        answering(monkeypatch, lambda _request: signed(status, error="no", number="J2"))
        assert send_transfer(TRANSFER).state == "unknown"

    def test_unsigned(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answering(monkeypatch, lambda _request: httpx.Response(200, json=self.PAID))
        assert send_transfer(TRANSFER).state == "unknown"

    def test_none_at_all(self, wires: Wires) -> None:
        wires.is_cut = True
        assert send_transfer(TRANSFER).state == "unknown"
        assert query_transfer(TRANSFER).state == "unknown"
        assert booked() == []


class TestTheChannel:
    def state(self, payout: Payout) -> tuple[str, str]:
        payout.refresh_from_db()
        return payout.state, payout.reference

    def test_it_is_there_in_the_demo(self) -> None:
        assert channels["sandbox"].label == "沙箱转账"

    def test_money_goes_out(self, wires: Wires, payout: Payout) -> None:
        assert send_payouts(NOW) == 1
        transfer = SandboxTransfer.objects.get()
        assert self.state(payout) == (PayoutState.PAID, transfer.transfer_no)
        assert (transfer.number, transfer.amount) == (payout.number, payout.amount)
        assert transfer.payee == payout.distributor.user.member_no
        assert balance_of(payout.distributor).paid == Decimal("10.00")
        assert check_books() == []

    def test_success_then_a_lost_answer_is_one_payment(self, wires: Wires, payout: Payout) -> None:
        """Peers' fault 2: a timeout taken for a failure, retried under a new number."""
        wish_transfers(Mode.UNKNOWN)
        number = payout.number
        assert send_payouts(NOW) == 0
        assert self.state(payout) == (PayoutState.SENDING, "")
        assert balance_of(payout.distributor).reserved == Decimal("10.00")
        assert send_payouts(NOW + HOUR) == 1
        payout.refresh_from_db()
        assert (payout.state, payout.number) == (PayoutState.PAID, number)
        assert booked() == [(number, "10.00", "paid", 2)]
        assert [row.outcome for row in payout.attempts.order_by("pk")] == ["unknown", "paid"]
        assert check_books() == []

    def test_a_call_that_never_arrived_is_made_again_under_its_number(
        self, wires: Wires, payout: Payout
    ) -> None:
        wires.is_cut = True
        send_payouts(NOW)
        assert self.state(payout) == (PayoutState.SENDING, "")
        wires.is_cut = False
        assert send_payouts(NOW + HOUR) == 1
        assert [row[0] for row in booked()] == [payout.number]
        assert check_books() == []

    def test_accepted_waits_and_arrives(self, wires: Wires, payout: Payout) -> None:
        wish_transfers(Mode.LATER)
        send_payouts(NOW)
        assert self.state(payout) == (PayoutState.AWAITING, "")
        assert send_payouts(NOW) == 0, "not asked again at once"
        assert send_payouts(NOW + HOUR) == 1

    def test_failed_gives_the_money_back_with_the_reason(
        self, wires: Wires, payout: Payout
    ) -> None:
        wish_transfers(Mode.FAIL)
        send_payouts(NOW)
        payout.refresh_from_db()
        assert payout.state == PayoutState.FAILED
        assert payout.failure == "the payee's account does not take it"
        assert balance_of(payout.distributor).available == Decimal("10.00")
        assert check_books() == []

    def test_pressed_twice_it_is_sent_once(self, wires: Wires, payout: Payout) -> None:
        for _ in range(3):
            send_payout(payout, at=NOW)
        assert booked() == [(payout.number, "10.00", "paid", 1)]


class TestThePage:
    PAGE = "/sandbox/transfers/"

    def test_what_was_paid_and_how_the_next_ones_go(self, wires: Wires, client: Client) -> None:
        send_transfer(TRANSFER)
        html = client.get(self.PAGE).content.decode()
        assert "阿珍" in html and "¥12.34" in html and "被请求 1 次" in html
        answer = client.post(f"{self.PAGE}wish/", {"mode": "fail"})
        assert (answer.status_code, answer["Location"]) == (302, self.PAGE)
        assert 'value="fail" checked' in client.get(self.PAGE).content.decode()
        client.post(f"{self.PAGE}wish/", {"mode": "nonsense"})
        assert 'value="fail" checked' in client.get(self.PAGE).content.decode()

    def test_empty(self, client: Client) -> None:
        assert "还没有转账" in client.get(self.PAGE).content.decode()


def test_times_are_the_callers(wires: Wires, payout: Payout) -> None:
    at: datetime = NOW + 3 * HOUR
    send_payouts(at)
    payout.refresh_from_db()
    assert (payout.sent_at, payout.closed_at) == (at, at)
