"""The gateway's own books, told to do things and asked by signed calls."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from base.gateways import sandbox_pay, signing
from shop.sandbox import gateway
from shop.sandbox.models import (
    SandboxRepayment,
    SandboxTrade,
    SandboxTradeNotice,
    SandboxWish,
)
from tests.wires import Wires, wire

pytestmark = pytest.mark.django_db


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> Wires:
    return wire(monkeypatch)


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "number": "P1",
        "order_no": "D1",
        "subject": "坚果",
        "amount": "12.50",
        "notify_url": "http://testserver/notify/sandbox/",
        "return_url": "http://testserver/",
    } | changes


@pytest.fixture
def trade(wires: Wires) -> SandboxTrade:
    return gateway.open_trade(asked())


def notices() -> list[str]:
    return [notice.event for notice in SandboxTradeNotice.objects.all()]


def test_a_number_is_one_trade_with_one_amount(trade: SandboxTrade) -> None:
    assert gateway.open_trade(asked(subject="别的")) == trade
    with pytest.raises(gateway.Refused, match="another amount"):
        gateway.open_trade(asked(amount="12.51"))
    assert SandboxTrade.objects.count() == 1


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "NaN", "Infinity", "x", ""])
def test_amounts_are_yuan_with_two_places(amount: str) -> None:
    with pytest.raises(gateway.Refused, match="not an amount"):
        gateway.open_trade(asked(amount=amount))


def test_a_link_that_lacks_something_opens_nothing() -> None:
    payload = asked()
    del payload["return_url"]
    with pytest.raises(gateway.Refused, match="return_url"):
        gateway.open_trade(payload)


def test_paying_twice_is_paid_once_and_told_again(trade: SandboxTrade) -> None:
    first = gateway.pay("P1")
    again = gateway.pay("P1")
    assert (again.state, again.paid_at) == ("paid", first.paid_at)
    assert notices() == ["paid", "paid"]


def test_the_same_notice_can_be_sent_twice_at_once(trade: SandboxTrade, wires: Wires) -> None:
    gateway.pay("P1", notices=2)
    assert (notices(), len(wires.waiting)) == (["paid"], 2)


def test_failing_and_paying_after_all(trade: SandboxTrade) -> None:
    assert gateway.fail("P1").state == "failed"
    assert gateway.pay("P1").state == "paid"
    assert gateway.fail("P1").state == "paid"
    assert notices() == ["failed", "paid"]


def test_a_late_payment_comes_when_its_time_has_come(trade: SandboxTrade, wires: Wires) -> None:
    gateway.pay_late("P1")
    gateway.pay_late("P1")
    assert [after for _work, after in wires.waiting] == [61]
    assert gateway.pay_if_due("P1").state == "open"
    SandboxTrade.objects.update(pays_at=timezone.now() - timedelta(seconds=1))
    assert sandbox_pay.query_trade("P1").state == "paid"
    assert notices() == ["paid"]


def test_a_query_tells_how_it_stands(trade: SandboxTrade) -> None:
    assert sandbox_pay.query_trade("P1") == sandbox_pay.Answer(
        "open", trade.trade_no, Decimal("12.50")
    )
    gateway.fail("P1")
    assert sandbox_pay.query_trade("P1").state == "failed"
    assert sandbox_pay.query_trade("P2").state == "missing"


def test_a_closed_trade_is_not_paid_but_money_on_its_way_still_comes(
    trade: SandboxTrade, wires: Wires
) -> None:
    assert sandbox_pay.close_trade("P9").state == "missing"
    gateway.pay_late("P1")
    assert [sandbox_pay.close_trade("P1").state for _ in range(2)] == ["closed", "closed"]
    assert [gateway.pay("P1").state, gateway.fail("P1").state] == ["closed", "closed"]
    SandboxTrade.objects.update(pays_at=timezone.now() - timedelta(seconds=1))
    assert gateway.pay_if_due("P1").state == "paid"
    assert (sandbox_pay.close_trade("P1").state, notices()) == ("paid", ["paid"])


def test_without_a_connection_nothing_is_known(trade: SandboxTrade, wires: Wires) -> None:
    wires.is_cut = True
    back = sandbox_pay.repay_trade(number="R1", trade="P1", amount=Decimal(1), reason="")
    assert (sandbox_pay.query_trade("P1").state, back.state) == ("unknown", "unknown")


def repay(number: str = "R1", amount: str = "12.50", trade: str = "P1") -> sandbox_pay.Answer:
    return sandbox_pay.repay_trade(number=number, trade=trade, amount=Decimal(amount), reason="D1")


def given() -> list[tuple[str, str, Decimal, int]]:
    rows = SandboxRepayment.objects.order_by("pk")
    return [(row.number, row.state, row.amount, row.asked) for row in rows]


def test_the_same_number_gives_back_once(trade: SandboxTrade) -> None:
    gateway.pay("P1")
    assert [repay().state, repay().state] == ["paid", "paid"]
    assert given() == [("R1", "done", Decimal("12.50"), 2)]


def test_parts_add_up_to_what_was_paid_and_no_further(trade: SandboxTrade) -> None:
    gateway.pay("P1")
    answers = [repay("R1", "10.00"), repay("R2", "2.51"), repay("R3", "2.50"), repay("R4", "0.01")]
    assert [answer.state for answer in answers] == ["paid", "failed", "paid", "failed"]


def test_what_was_not_paid_is_not_given_back(trade: SandboxTrade) -> None:
    assert repay().state == "failed"


def test_a_number_used_for_something_else_and_strangers_trades_fail(trade: SandboxTrade) -> None:
    gateway.pay("P1")
    repay("R1", "1.00")
    answers = [repay("R1", "2.00"), repay("R2", "1.00", trade="P9"), repay("R" * 33, "1.00")]
    assert [answer.state for answer in answers] == ["failed"] * 3
    assert given() == [("R1", "done", Decimal("1.00"), 1)]


def test_it_behaves_as_wished(trade: SandboxTrade) -> None:
    gateway.pay("P1")
    gateway.wish_repayments(SandboxWish.Mode.FAIL)
    assert repay().state == "failed"
    gateway.wish_repayments(SandboxWish.Mode.UNKNOWN)
    assert repay().state == "unknown"
    assert given() == [("R1", "done", Decimal("12.50"), 2)]
    gateway.wish_repayments(SandboxWish.Mode.OK)
    assert repay().state == "paid"


@pytest.mark.parametrize(
    "path", ["/sandbox/trades/query/", "/sandbox/trades/close/", "/sandbox/repayments/"]
)
def test_unsigned_calls_are_refused_and_change_nothing(trade: SandboxTrade, path: str) -> None:
    gateway.pay("P1")
    body = json.dumps({"number": "R1", "trade": "P1", "amount": "1.00"})
    assert Client().post(path, body, content_type="application/json").status_code == 401
    assert Client().get(path).status_code == 405
    assert given() == []


def test_an_answer_about_something_else_is_no_answer(
    trade: SandboxTrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = {"number": "P1", "state": "paid", "amount": "1.00", "currency": "CNY"}
    for wrong in ({"number": "P2"}, {"state": "?"}, {"amount": None}, {"currency": "USD"}):
        monkeypatch.setattr(
            sandbox_pay, "post_signed", lambda path, payload, w=wrong: (200, right | w)
        )
        assert sandbox_pay.query_trade("P1").state == "unknown"


class TestTelling:
    """Notices to the merchant."""

    def test_they_go_out_signed_until_they_are_taken(
        self, trade: SandboxTrade, wires: Wires, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        posts: list[tuple[str, bytes]] = []
        answers = ["503", "TimeoutError: slow", "204"]

        def post(url: str, body: bytes, headers: dict[str, str]) -> str:
            signing.verify(body, headers, settings.SANDBOX_KEY)
            posts.append((url, body))
            return answers.pop(0)

        monkeypatch.setattr("shop.sandbox.telling._post", post)
        monkeypatch.setattr("shop.sandbox.telling.pause", lambda seconds: None)
        gateway.pay("P1")
        wires.let_happen()
        notice = SandboxTradeNotice.objects.get()
        assert (notice.attempts, notice.answer, len({body for _url, body in posts})) == (
            3,
            "204",
            1,
        )
        assert notice.delivered_at is not None
        said = json.loads(posts[0][1])
        assert (said["notice_id"], said["number"], said["amount"], said["event"]) == (
            notice.notice_id,
            "P1",
            "12.50",
            "paid",
        )

    def test_a_merchant_who_never_answers_is_given_up(
        self, trade: SandboxTrade, wires: Wires, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shop.sandbox.telling._post", lambda *args: "500")
        paused: list[float] = []
        monkeypatch.setattr("shop.sandbox.telling.pause", paused.append)
        gateway.pay("P1")
        wires.let_happen()
        notice = SandboxTradeNotice.objects.get()
        assert (notice.attempts, notice.delivered_at) == (6, None)
        assert paused == [1, 3, 10, 30, 60]
