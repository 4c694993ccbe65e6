from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from base.money import ZERO
from distribution.models import Commission, Distributor
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from distribution.money.explanations import explain
from distribution.money.exports import export_balances, export_commissions
from distribution.money.reservations import Claim, release, reserve, settle
from orders.models import Order
from orders.refunds import Part
from tests import make

pytestmark = pytest.mark.django_db

AT = make.START + timedelta(days=1, hours=8)
LATER = AT + timedelta(days=8)


def commissions() -> list[str]:
    file = BytesIO()
    assert export_commissions(file) == Commission.objects.count()
    header, *rows = file.getvalue().decode().splitlines()
    assert header == "order,sku,level,distributor,base,rate,amount,reversed,state,matures_at"
    return rows


def balances() -> dict[str, str]:
    file = BytesIO()
    assert export_balances(file) == Distributor.objects.count()
    header, *rows = file.getvalue().decode().splitlines()
    assert header == "distributor,pending,available,reserved,paid,debt"
    return dict(row.split(",", 1) for row in rows)


def states() -> list[str]:
    """The states as exported, which must be those everybody sees."""
    rows = Commission.objects.order_by("order__number", "line__sku", "level")
    exported = [row.split(",")[8] for row in commissions()]
    assert exported == [explain(row).state for row in rows]
    return exported


def buy(chain: make.Chain, price: str = "100.00", at: datetime = AT) -> Order:
    order = make.make_order(chain.c, {make.make_variant(price): 1}, at=at)
    make.pay(order, at=at)
    return order


def claim(number: str, distributor: Distributor, amount: str) -> Claim:
    return Claim(number, distributor.pk, Decimal(amount))


def test_a_row_says_it_all() -> None:
    make.make_rule("0.125", None, rate2=None, amount2=Decimal("1.00"))
    chain = make.make_chain()
    order = buy(chain, "14.67")
    line, a, b = order.lines.get(), chain.a.user.member_no, chain.b.user.member_no
    start = f"{order.number},{line.sku}"
    assert commissions() == [
        f"{start},1,{b},14.67,12.5%,1.83,0.00,pending,",
        f"{start},2,{a},14.67,1.00,1.00,0.00,pending,",
    ]
    make.receive(order, at=AT)
    make.refund(order, [Part(line.pk, 0, Decimal("14.67"))], at=AT)
    due = "2026-01-09T08:00:00+08:00"
    assert commissions() == [
        f"{start},1,{b},14.67,12.5%,0.00,1.83,reversed,{due}",
        f"{start},2,{a},14.67,1.00,0.00,1.00,reversed,{due}",
    ]


def test_whole_percentages_and_cents_are_plain() -> None:
    make.make_rule("0.10000000", "0.00500000")
    buy(make.make_chain(), "1000.00")
    assert [row.split(",")[5:7] for row in commissions()] == [["10%", "100.00"], ["0.5%", "5.00"]]


def test_states_follow_the_money() -> None:
    make.make_rule("0.10", None)
    chain = make.make_chain()
    for minute, price in enumerate(("100.00", "50.00")):
        make.receive(buy(chain, price, AT + timedelta(minutes=minute)), at=AT)
    assert states() == ["pending", "pending"]
    mature_commissions(LATER)
    assert states() == ["available", "available"]
    lock_balances([chain.b.pk])
    (first,) = reserve([claim("R1", chain.b, "12.00")], LATER)
    assert states() == ["reserved", "reserved"]
    settle(first, LATER)
    assert states() == ["paid", "available"]
    (second,) = reserve([claim("R2", chain.b, "3.00")], LATER)
    assert states() == ["paid", "reserved"]
    release(second, LATER)
    assert states() == ["paid", "available"]


def test_balances_of_every_distributor() -> None:
    make.make_rule("0.10", None)
    chain = make.make_chain()
    orders = [buy(chain, price) for price in ("100.00", "50.00", "30.00")]
    for order in orders[:2]:
        make.receive(order, at=AT)
    mature_commissions(LATER)
    lock_balances([chain.b.pk])
    settle(*reserve([claim("R1", chain.b, "10.00")], LATER), LATER)
    reserve([claim("R2", chain.b, "2.00")], LATER)
    a, b = chain.a.user.member_no, chain.b.user.member_no
    assert balances() == {a: "0.00,0.00,0.00,0.00,0.00", b: "3.00,3.00,2.00,10.00,0.00"}
    make.refund(orders[0], [Part(orders[0].lines.get().pk, 1, Decimal("100.00"))], at=LATER)
    assert balances()[b] == "3.00,0.00,2.00,10.00,7.00"


def test_rows_are_sorted_and_quoted() -> None:
    make.make_rule("0.10", "0.05")
    chain = make.make_chain()
    orders = [buy(chain) for _ in range(3)]
    Order.objects.filter(pk=orders[1].pk).update(number='A,"1"')
    found = commissions()
    assert found[0].startswith('"A,""1""",')
    assert found[2:] == sorted(found[2:])


def test_an_empty_shop_has_headers() -> None:
    assert commissions() == []
    assert balances() == {}


def test_the_number_of_queries_does_not_grow(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make.make_rule("0.10", "0.05")
    chain = make.make_chain()
    buy(chain)
    for export in (export_commissions, export_balances):
        with django_assert_num_queries(4):  # savepoint, time limit, COPY, release
            export(BytesIO())
    assert balances()[chain.b.user.member_no].startswith(f"{Decimal(10):.2f},{ZERO}")
