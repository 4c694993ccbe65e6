from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from distribution.models import Balance, Commission, Reversal
from distribution.money.commissions import mature_commissions
from orders.models import Order, OrderEvent, OrderLine, Refund, Repayment
from orders.refunds import Part, request_refund
from orders.states import EventKind
from payouts.books import check_books
from tests.moving.folders import REFUNDS, count_rows, errors_of, make_folder, move_in, where

pytestmark = pytest.mark.django_db

HEADER = REFUNDS.splitlines()[0]
AT = "2026-02-06T08:00:00+08:00"


def bring_in(tmp_path: Path, *rows: str, accrue: bool = True) -> str:
    refunds = "\n".join([HEADER, *rows]) if rows else REFUNDS
    return move_in(make_folder(tmp_path, refunds=refunds), *(["--accrue"] if accrue else []))


def amounts(sku: str = "NUT", order: str = "N1") -> list[str]:
    rows = Commission.objects.filter(line__sku=sku, order__number=order).order_by("level")
    return [str(amount) for amount in rows.values_list("amount", flat=True)]


def test_a_row_is_a_refund_that_is_done(tmp_path: Path) -> None:
    bring_in(tmp_path)
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.shipping_amount) == (
        "done",
        Decimal("10.00"),
        Decimal("0.00"),
    )
    assert refund.done_at == datetime.fromisoformat(AT)
    repayment = Repayment.objects.get()
    assert (repayment.state, repayment.amount, repayment.refund) == (
        "done",
        Decimal("10.00"),
        refund,
    )
    line = OrderLine.objects.get(order__number="N1", sku="NUT")
    assert (line.refunded_amount, line.refunded_quantity) == (Decimal("10.00"), 1)
    assert Order.objects.get(number="N1").refunded_amount == Decimal("10.00")
    assert amounts() == ["2.00", "1.00"]
    assert OrderEvent.objects.get(refund=refund).handled_at is not None
    assert check_books() == []


def test_rows_that_say_the_same_are_refunds_of_their_own(tmp_path: Path) -> None:
    same = f"N1,NUT,0,3.00,{AT}"
    bring_in(tmp_path, same, same)
    assert (Refund.objects.count(), amounts()) == (2, ["2.40", "1.20"])
    assert "refunds.csv：新增 0，已有 2" in bring_in(tmp_path, same, same)
    assert "refunds.csv：新增 1，已有 2" in bring_in(tmp_path, same, same, same)
    assert amounts() == ["2.10", "1.05"]
    assert Reversal.objects.count() == 6
    assert check_books() == []


def test_the_same_moment_spelt_otherwise_is_the_same_refund(tmp_path: Path) -> None:
    bring_in(tmp_path, f"N1,NUT,0,3.00,{AT}")
    rows = count_rows()
    bring_in(tmp_path, "N1,NUT,,3,2026-02-06T00:00:00Z")
    assert count_rows() == rows


def test_pieces_may_come_back_for_no_money(tmp_path: Path) -> None:
    bring_in(tmp_path, f"N1,NUT,1,,{AT}")
    assert OrderLine.objects.get(order__number="N1", sku="NUT").refunded_quantity == 1
    assert not Repayment.objects.exists()
    assert amounts() == ["3.00", "1.50"]
    assert check_books() == []


def test_a_late_refund_takes_from_what_is_mature(tmp_path: Path) -> None:
    move_in(make_folder(tmp_path, refunds=None), "--accrue")
    mature_commissions(datetime.fromisoformat("2026-03-01T00:00:00+08:00"))
    bring_in(tmp_path, "N1,NUT,3,30.00,2026-03-02", "N1,TEA,0,9.00,2026-03-02")
    balances = dict(Balance.objects.values_list("distributor__user__member_no", "available"))
    assert {member: str(amount) for member, amount in balances.items()} == {
        "A": "0.45",
        "B": "0.90",
    }
    assert check_books() == []


def test_a_refund_of_an_accrued_order_is_told_even_without_accrue(tmp_path: Path) -> None:
    move_in(make_folder(tmp_path, refunds=None), "--accrue")
    bring_in(tmp_path, accrue=False)
    assert OrderEvent.objects.filter(kind=EventKind.REFUNDED).count() == 1
    assert amounts() == ["2.00", "1.00"]


def test_refunds_without_events_are_told_when_their_orders_are(tmp_path: Path) -> None:
    same = f"N1,NUT,1,10.00,{AT}"
    bring_in(tmp_path, same, same, f"N2,NUT,0,4.00,{AT}", accrue=False)
    assert not OrderEvent.objects.exists()
    move_in(make_folder(tmp_path, **dict.fromkeys(["members", "orders", "refunds"])), "--accrue")
    assert OrderEvent.objects.filter(kind=EventKind.REFUNDED).count() == 3
    assert (amounts(), amounts(order="N2")) == (["1.00", "0.50"], ["0.60", "0.30"])
    assert check_books() == []


def test_a_refund_waits_behind_what_its_order_has_not_handled_yet(tmp_path: Path) -> None:
    move_in(make_folder(tmp_path, refunds=None), "--accrue")
    stuck = OrderEvent.objects.filter(order__number="N1", kind=EventKind.RECEIVED)
    stuck.update(handled_at=None)
    bring_in(tmp_path)
    assert OrderEvent.objects.get(kind=EventKind.REFUNDED).handled_at is None
    assert amounts() == ["3.00", "1.50"]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([f"N9,NUT,1,1.00,{AT}"], [(2, "order")]),
        (
            ["N9,NUT,x,1.00,", f"N1,CODE,1,x,{AT}"],
            [(2, "quantity"), (2, "refunded_at"), (2, "order"), (3, "amount"), (3, "sku")],
        ),
        ([f"N1,CODE,1,1.00,{AT}"], [(2, "sku")]),
        ([f"N2,TEA,1,1.00,{AT}"], [(2, "sku")]),
        ([f"N1,NUT,4,1.00,{AT}"], [(2, "quantity")]),
        ([f"N1,NUT,1,30.01,{AT}"], [(2, "amount")]),
        ([f"N1,NUT,2,20.00,{AT}", f"N1,NUT,2,10.00,{AT}"], [(3, "quantity")]),
        ([f"N1,NUT,0,20.00,{AT}", f"N1,NUT,0,10.01,{AT}"], [(3, "amount")]),
        ([f"N1,TEA,1,18.01,{AT}"], [(2, "amount")]),
        ([f"N1,NUT,0,0.00,{AT}"], [(2, "amount")]),
        ([f"N1,NUT,-1,1.00,{AT}"], [(2, "quantity")]),
        ([f"N1,NUT,1,-1.00,{AT}"], [(2, "amount")]),
        (["N1,NUT,1,1.00,"], [(2, "refunded_at")]),
        (["N1,NUT,1,1.00,2026-02-01T08:04:59+08:00"], [(2, "refunded_at")]),
        (["N1,NUT,1,1.00,yesterday"], [(2, "refunded_at")]),
    ],
)
def test_errors(tmp_path: Path, rows: list[str], wrong: list[tuple[int, str]]) -> None:
    found = where(errors_of(make_folder(tmp_path, refunds="\n".join([HEADER, *rows]))))
    assert found == [("refunds.csv", *place) for place in wrong]
    assert not Refund.objects.exists()


def test_what_is_asked_for_here_is_no_longer_free(tmp_path: Path) -> None:
    move_in(make_folder(tmp_path, refunds=None), "--accrue")
    order = Order.objects.get(number="N1")
    line = order.lines.get(sku="NUT")
    request_refund(order, [Part(line.pk, 1, Decimal("25.00"))])
    assert where(errors_of(make_folder(tmp_path))) == [("refunds.csv", 2, "amount")]


def test_an_order_that_was_not_paid(tmp_path: Path) -> None:
    orders = (
        "order,member,placed_at,paid_at,received_at,sku,quantity,unit_price,discount,shipping,province\n"
        "N1,C,2026-02-01T08:00:00+08:00,,,NUT,3,10.00,,,\n"
    )
    found = where(errors_of(make_folder(tmp_path, orders=orders)))
    assert found == [("refunds.csv", 2, "order")]
