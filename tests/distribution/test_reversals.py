"""What a refund leaves of a commission depends on the kept part alone, not on the way there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from distribution.commissions import mature_commissions
from distribution.explanations import explain
from distribution.models import Balance, Commission, Reversal
from distribution.people import set_status
from distribution.states import Status
from orders.models import Order
from orders.refunds import Part
from payouts.books import check_books
from tests import make

pytestmark = pytest.mark.django_db

AT = make.START + timedelta(days=1)


def amounts(order: Order) -> dict[int, Decimal]:
    return dict(Commission.objects.filter(order=order).values_list("level", "amount"))


def buy(price: str, quantity: int = 1, cost: str | None = None) -> Order:
    chain = make.make_chain()
    order = make.make_order(chain.c, {make.make_variant(price, cost=cost): quantity}, at=AT)
    make.pay(order, at=AT)
    return order


def give_back(order: Order, quantity: int, amount: str, days: int) -> None:
    line = order.lines.get()
    make.refund(order, [Part(line.pk, quantity, Decimal(amount))], at=AT + timedelta(days=days))


def test_cents_taken_by_one_refund_come_back_with_the_next() -> None:
    """¥0.09 at 30 % and 25 %: of ¥0.05 level 2 keeps nothing, of ¥0.04 a cent."""
    make.make_rule("0.30", "0.25")
    order = buy("0.09")
    assert amounts(order) == {1: Decimal("0.03"), 2: Decimal("0.01")}
    give_back(order, 0, "0.04", 1)
    assert amounts(order) == {1: Decimal("0.02"), 2: Decimal("0.00")}
    give_back(order, 0, "0.01", 2)
    assert amounts(order) == {1: Decimal("0.01"), 2: Decimal("0.01")}
    assert all(explain(row).is_exact for row in Commission.objects.filter(order=order))
    assert check_books() == []


def test_pieces_after_money_give_back_their_cost() -> None:
    """3 × ¥10 that cost ¥8: profit 6; ¥5 back: 1; then a piece for ¥5: 20 − 16 = 4."""
    make.make_rule("0.50", None, base="profit")
    order = buy("10.00", 3, cost="8.00")
    assert amounts(order) == {1: Decimal("3.00")}
    give_back(order, 0, "5.00", 1)
    assert amounts(order) == {1: Decimal("0.50")}
    give_back(order, 1, "5.00", 2)
    assert amounts(order) == {1: Decimal("2.00")}
    assert list(Reversal.objects.order_by("pk").values_list("amount", flat=True)) == [
        Decimal("2.50"),
        Decimal("-1.50"),
    ]
    assert check_books() == []


def test_what_comes_back_after_maturity_is_available() -> None:
    make.make_rule("0.50", None, base="profit")
    order = buy("10.00", 3, cost="8.00")
    make.receive(order, at=AT)
    mature_commissions(AT + timedelta(days=7))
    give_back(order, 0, "5.00", 8)
    give_back(order, 1, "5.00", 9)
    assert Balance.objects.get(distributor__commissions__order=order).available == Decimal("2.00")
    assert check_books() == []


def test_what_a_ban_took_does_not_come_back() -> None:
    make.make_rule("0.50", None, base="profit")
    order = buy("10.00", 3, cost="8.00")
    give_back(order, 0, "5.00", 1)
    payee = Commission.objects.get(order=order).payee
    set_status(payee, Status.BANNED, by=None, reason="刷单", at=AT + timedelta(days=2))
    give_back(order, 1, "5.00", 3)
    assert amounts(order) == {1: Decimal("0.00")}
    assert check_books() == []
