from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client

from base.gateways.sandbox_pay import Trade, cashier_address
from shop.sandbox import gateway
from shop.sandbox.models import SandboxTrade, SandboxWish
from tests.wires import Wires, wire

pytestmark = pytest.mark.django_db

PLAIN = "/sandbox/cashier/P1/"


@pytest.fixture(autouse=True)
def wires(monkeypatch: pytest.MonkeyPatch) -> Wires:
    return wire(monkeypatch)


def link(**changes: object) -> str:
    fields = {
        "number": "P1",
        "order_no": "D1",
        "amount": Decimal("12.50"),
        "subject": "邻里好物订单 D1",
        "notify_url": f"{settings.BASE_URL}/notify/sandbox/",
        "return_url": "http://testserver/orders/D1/payment/P1/",
        "language": "zh-hans",
    }
    return cashier_address(Trade(**fields | changes))  # type: ignore[arg-type]  # fields of Trade


@pytest.fixture
def trade(client: Client) -> SandboxTrade:
    assert client.get(link()).status_code == 302
    return SandboxTrade.objects.get()


def test_a_signed_link_opens_the_trade_and_leads_to_its_plain_address(client: Client) -> None:
    answer = client.get(link())
    assert (answer.status_code, answer.headers["Location"]) == (302, PLAIN)
    page = client.get(PLAIN)
    assert page.status_code == 200
    assert "沙箱收银台" in page.text
    assert "邻里好物订单 D1" in page.text
    assert SandboxTrade.objects.get().amount == Decimal("12.50")


def test_it_speaks_the_buyers_language(client: Client) -> None:
    assert client.get(link(language="en")).headers["Location"] == f"/en{PLAIN}"


def test_a_link_for_another_host_is_a_whole_address(settings: "pytest.FixtureRequest") -> None:
    assert link().startswith("/sandbox/cashier/P1/?")
    settings.SANDBOX_BASE_URL = "https://pay.example/sandbox"  # type: ignore[attr-defined]  # pytest-django's settings
    assert link().startswith("https://pay.example/sandbox/cashier/P1/?")


def test_a_link_that_was_changed_opens_nothing(client: Client) -> None:
    good = link()
    swapped = good.replace("/cashier/P1/", "/cashier/P2/")
    for bad in (good[:-1], good.replace("payload=ey", "payload=eZ"), f"{PLAIN}?payload=x", swapped):
        assert client.get(bad).status_code == 400
    assert client.get(PLAIN).status_code == 404
    assert not SandboxTrade.objects.exists()


@pytest.mark.parametrize(
    ("outcome", "state", "later"),
    [("pay", "paid", 1), ("twice", "paid", 2), ("fail", "failed", 1), ("late", "open", 1)],
)
def test_however_it_goes_the_buyer_is_sent_back_and_the_shop_is_told_later(
    client: Client, trade: SandboxTrade, wires: Wires, outcome: str, state: str, later: int
) -> None:
    answer = client.post(f"{PLAIN}payment/", {"outcome": outcome})
    assert (answer.status_code, answer.headers["Location"]) == (302, trade.return_url)
    trade.refresh_from_db()
    assert (trade.state, len(wires.waiting)) == (state, later)


def test_an_unknown_outcome_or_trade_changes_nothing(client: Client, trade: SandboxTrade) -> None:
    assert client.post(f"{PLAIN}payment/", {"outcome": "steal"}).status_code == 404
    assert client.get(f"{PLAIN}payment/").status_code == 405
    assert client.post("/sandbox/cashier/P9/payment/", {"outcome": "pay"}).status_code == 404
    trade.refresh_from_db()
    assert trade.state == "open"


def test_another_payment_of_the_same_order_is_one_touch_away(
    client: Client, trade: SandboxTrade
) -> None:
    gateway.fail("P1")
    client.get(link(number="P2"))
    page = client.get("/sandbox/cashier/P2/").text
    assert f'href="{PLAIN}"' in page


def test_the_counter_shows_the_books_and_takes_a_wish(client: Client, trade: SandboxTrade) -> None:
    gateway.pay("P1")
    gateway.repay({"number": "R1", "trade": "P1", "amount": "1.00"})
    page = client.get("/sandbox/cashier/").text
    assert all(text in page for text in ("P1", "D1", "R1", "¥12.50", "¥1.00"))
    assert client.post("/sandbox/cashier/wish/", {"mode": "unknown"}).status_code == 302
    assert SandboxWish.objects.get().mode == "unknown"
    assert client.post("/sandbox/cashier/wish/", {"mode": "steal"}).status_code == 404
