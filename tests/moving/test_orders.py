from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from catalog.models import Product, Variant
from distribution.models import Commission, Entry, LineTerms, OrderTerms, Transfer
from distribution.rules import publish_rule
from orders.models import LineDiscount, Order, OrderEvent, OrderLine, Payment
from orders.receipt import receive_overdue_orders
from orders.states import EventKind, OrderState
from payouts.books import check_books
from tests import make
from tests.moving.folders import MEMBERS, ORDERS, errors_of, make_folder, move_in, where

pytestmark = pytest.mark.django_db

PLACED = datetime.fromisoformat("2026-02-01T08:00:00+08:00")
HEADER = ORDERS.splitlines()[0]


def bring_in(tmp_path: Path, *rows: str, accrue: bool = True) -> None:
    orders = "\n".join([HEADER, *rows]) if rows else ORDERS
    options = ["--accrue"] if accrue else []
    move_in(make_folder(tmp_path, orders=orders, refunds=None), *options)


def row(
    order: str = "N1",
    sku: str = "NUT",
    *,
    paid: str = "2026-02-01T08:05:00+08:00",
    received: str = "2026-02-04T08:00:00+08:00",
    what: str = "1,10.00,,",
    placed: str = "2026-02-01T08:00:00+08:00",
    member: str = "C",
    province: str = "浙江省",
) -> str:
    return f"{order},{member},{placed},{paid},{received},{sku},{what},{province}"


def kinds(number: str) -> list[str]:
    events = OrderEvent.objects.filter(order__number=number).order_by("pk")
    assert not events.filter(handled_at=None).exists()
    return list(events.values_list("kind", flat=True))


def test_an_order_comes_as_it_was(tmp_path: Path) -> None:
    bring_in(tmp_path)
    order = Order.objects.get(number="N1")
    assert (order.state, order.user.member_no, order.province) == (
        OrderState.RECEIVED,
        "C",
        "浙江省",
    )
    assert (order.goods_amount, order.discount_amount, order.shipping_amount, order.total) == (
        Decimal("48.00"),
        Decimal("2.00"),
        Decimal("8.00"),
        Decimal("56.00"),
    )
    assert order.placed_at == PLACED
    assert order.paid_at == PLACED + timedelta(minutes=5)
    assert order.received_at == PLACED + timedelta(days=3)
    nut, tea = order.lines.all()
    assert (nut.sku, nut.paid, nut.cost, nut.discount) == (
        "NUT",
        Decimal("30.00"),
        Decimal("4.00"),
        Decimal("0.00"),
    )
    assert (tea.sku, tea.paid, tea.cost) == ("TEA", Decimal("18.00"), None)
    assert nut.category_path == nut.product.category.path
    assert LineDiscount.objects.get().line == tea
    payment = Payment.objects.get(order=order)
    assert (payment.method, payment.amount, payment.state) == ("offline", order.total, "paid")
    assert kinds("N1") == [EventKind.PLACED, EventKind.PAID, EventKind.RECEIVED]
    assert check_books() == []


def test_history_takes_no_stock_but_counts_as_sold(tmp_path: Path) -> None:
    bring_in(tmp_path)
    assert Variant.objects.get(sku="NUT").stock == 100
    assert Product.objects.get(variants__sku="NUT").sold == 4


def test_what_was_not_received_is_on_its_way_from_now(tmp_path: Path) -> None:
    bring_in(tmp_path)
    order = Order.objects.get(number="N2")
    assert (order.state, order.received_at) == (OrderState.SHIPPED, None)
    assert kinds("N2") == [EventKind.PLACED, EventKind.PAID]
    assert set(Commission.objects.filter(order=order).values_list("matures_at", flat=True)) == {
        None
    }
    assert receive_overdue_orders(timezone.now() + timedelta(days=1)) == 0
    assert receive_overdue_orders(timezone.now() + timedelta(days=11)) == 1


def test_what_was_never_paid_is_closed_and_owes_nothing(tmp_path: Path) -> None:
    bring_in(tmp_path, row(paid="", received=""))
    order = Order.objects.get()
    assert (order.state, order.paid_at) == (OrderState.CLOSED, None)
    assert not Payment.objects.exists()
    assert kinds("N1") == [EventKind.PLACED, EventKind.CANCELLED]
    assert not Commission.objects.exists()
    assert Variant.objects.get(sku="NUT").stock == 100


def test_virtual_goods_are_received_at_payment(tmp_path: Path) -> None:
    bring_in(
        tmp_path,
        row("N1", "CODE", received=""),
        row("N2", "CODE", received=""),
        row("N2", "NUT", received=""),
    )
    assert Order.objects.get(number="N1").state == OrderState.RECEIVED
    assert Order.objects.get(number="N2").state == OrderState.SHIPPED
    due = PLACED + timedelta(days=7, minutes=5)
    dates = Commission.objects.filter(level=1).values_list("line__sku", "matures_at")
    assert sorted(dates, key=str) == [("CODE", due), ("CODE", due), ("NUT", None)]


def test_parcels_of_one_order_arrive_one_by_one(tmp_path: Path) -> None:
    bring_in(tmp_path, row("N1", "NUT"), row("N1", "TEA", received=""))
    assert Order.objects.get().state == OrderState.SHIPPED
    dates = dict(Commission.objects.filter(level=1).values_list("line__sku", "matures_at"))
    assert dates == {"NUT": PLACED + timedelta(days=10), "TEA": None}


def test_rows_of_one_order_may_lie_apart(tmp_path: Path) -> None:
    bring_in(tmp_path, row("N1", "NUT"), row("N2", "NUT"), row("N1", "TEA", province=""))
    assert Order.objects.get(number="N1").lines.count() == 2


def test_an_order_that_cost_nothing(tmp_path: Path) -> None:
    bring_in(tmp_path, row(what="2,10.00,20.00,"))
    assert Order.objects.get().state == OrderState.RECEIVED
    assert not Payment.objects.exists()
    assert check_books() == []


def test_moved_in_is_as_live(tmp_path: Path) -> None:
    """The same purchase through checkout and gateway leaves the same rows in distribution."""
    bring_in(tmp_path, row("N1", "NUT", what="3,10.00,0.00,0.00"))
    moved = Order.objects.get()
    live = make.make_order(moved.user, {Variant.objects.get(sku="NUT"): 3}, at=moved.placed_at)
    make.pay(live, at=moved.paid_at)
    make.receive(live, at=moved.received_at)
    for model, path, skipped in (
        (OrderTerms, "order", {"order_id"}),
        (LineTerms, "line__order", {"id", "line_id"}),
        (Commission, "order", {"id", "order_id", "line_id"}),
    ):
        fields = [f.attname for f in model._meta.concrete_fields if f.attname not in skipped]
        one, other = (
            list(model._default_manager.filter(**{path: order}).order_by("pk").values_list(*fields))
            for order in (moved, live)
        )
        assert one == other
        assert one
    entries = [
        list(
            Entry.objects.filter(transfer__key=f"accrue:{order.pk}")
            .order_by("pk")
            .values_list("transfer__kind", "transfer__at", "account", "distributor", "amount")
        )
        for order in (moved, live)
    ]
    assert entries[0] == entries[1]
    assert Transfer.objects.count() == 2


def test_only_new_orders_come_in_again_and_late_receipts(tmp_path: Path) -> None:
    bring_in(tmp_path)
    before = list(Order.objects.order_by("pk").values("pk", "state", "received_at"))
    arrived = ORDERS.replace("08:05:00+08:00,,NUT", "08:05:00+08:00,2026-02-09T08:00:00+08:00,NUT")
    bring_in(tmp_path, *arrived.splitlines()[1:], row("N3", "TEA"))
    assert Order.objects.count() == 3
    second = Order.objects.get(number="N2")
    assert second.state == OrderState.RECEIVED
    assert kinds("N2") == [EventKind.PLACED, EventKind.PAID, EventKind.RECEIVED]
    due = {row.matures_at for row in Commission.objects.filter(order=second)}
    assert due == {datetime.fromisoformat("2026-02-16T08:00:00+08:00")}
    assert (
        list(Order.objects.filter(number="N1").values("pk", "state", "received_at")) == before[:1]
    )


def test_a_receipt_known_before_the_order_was_accrued(tmp_path: Path) -> None:
    bring_in(tmp_path, row(received=""), accrue=False)
    bring_in(tmp_path, row(), accrue=False)
    bring_in(tmp_path, row())
    assert sorted(kinds("N1")) == [EventKind.PAID, EventKind.PLACED, EventKind.RECEIVED]
    assert {c.matures_at for c in Commission.objects.all()} == {PLACED + timedelta(days=10)}


def test_a_rule_that_counts_earlier_orders_sees_them_one_by_one(tmp_path: Path) -> None:
    """The fourth order of the month and the first of the next, all in one file."""
    move_in(make_folder(tmp_path, orders=None, refunds=None))
    publish_rule(by=None, at=make.START, scope="shop", rate1=Decimal("0.20"), min_month_orders=3)
    days = ["02-01", "02-02", "02-03", "02-04", "03-01"]
    rows = [
        row(
            f"N{n}",
            placed=f"2026-{day}T08:00:00+08:00",
            paid=f"2026-{day}T08:05:00+08:00",
            received="",
        )
        for n, day in enumerate(days)
    ]
    bring_in(tmp_path, *reversed(rows))
    amounts = Commission.objects.filter(level=1).order_by("order__number")
    assert [str(amount) for amount in amounts.values_list("amount", flat=True)] == [
        "1.00",
        "1.00",
        "1.00",
        "2.00",
        "1.00",
    ]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([row(member="Nobody")], [(2, "member")]),
        ([row(sku="Nothing")], [(2, "sku")]),
        ([row(), row()], [(3, "sku")]),
        ([row(placed="")], [(2, "placed_at")]),
        ([row(placed="01.02.2026")], [(2, "placed_at")]),
        ([row(placed="0026-02-01")], [(2, "placed_at")]),
        ([row(paid="2026-01-31")], [(2, "paid_at")]),
        ([row(received="2026-02-01")], [(2, "received_at")]),
        ([row(paid="")], [(2, "received_at")]),
        ([row(what="0,10.00,,")], [(2, "quantity")]),
        ([row(what="1.5,10.00,,")], [(2, "quantity")]),
        ([row(what="1,-10.00,,")], [(2, "unit_price")]),
        ([row(what="1,,,")], [(2, "unit_price")]),
        ([row(what="1,10.00,10.01,")], [(2, "discount")]),
        ([row(what="1,10.00,-1,")], [(2, "discount")]),
        ([row(what="1,10.00,,free")], [(2, "shipping")]),
        ([row(what="2000,9999999.99,,")], [(2, "unit_price")]),
        ([row(), row(sku="TEA", what="1,1.00,,8.00")], [(3, "shipping")]),
        ([row(), row(sku="TEA", member="B")], [(3, "member")]),
        ([row(), row(sku="TEA", placed="2026-02-01T08:00:01+08:00")], [(3, "placed_at")]),
        ([row(), row(sku="TEA", paid="", received="")], [(3, "paid_at")]),
        ([row(), row(sku="TEA", province="江苏省")], [(3, "province")]),
        ([row(), row("N2", what="x,y,z,")], [(3, "quantity"), (3, "unit_price"), (3, "discount")]),
        ([row("N" * 41)], [(2, "order")]),
        (
            [row(member="Nobody", sku="Nothing", what="0,10.00,,"), row("", what="1,x,,8.00")],
            [(2, "quantity"), (2, "member"), (2, "sku"), (3, "order"), (3, "unit_price")],
        ),
    ],
)
def test_errors(tmp_path: Path, rows: list[str], wrong: list[tuple[int, str]]) -> None:
    text = "\n".join([HEADER, *rows])
    found = where(errors_of(make_folder(tmp_path, orders=text)))
    assert found == [("orders.csv", *place) for place in wrong]
    assert not Order.objects.exists()


def test_an_order_here_gets_no_more_lines_and_no_other_buyer(tmp_path: Path) -> None:
    bring_in(tmp_path)
    more = f"{ORDERS}{row('N2', 'TEA', received='', paid='2026-02-02T08:05:00+08:00', placed='2026-02-02T08:00:00+08:00')}\n"
    assert where(errors_of(make_folder(tmp_path, orders=more))) == [("orders.csv", 5, "sku")]
    taken = ORDERS.replace("N2,C,", "N2,B,")
    found = where(errors_of(make_folder(tmp_path, orders=taken, members=MEMBERS)))
    assert found == [("orders.csv", 4, "order")]
    assert OrderLine.objects.count() == 3
