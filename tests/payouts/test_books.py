"""The proof of the whole shop's books finds what was falsified outside the ledger."""

from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from base.clock import day_start
from orders.models import Order, OrderLine, Payment, Refund, Repayment
from payouts.books import CHECKS, check_books
from payouts.models import Payout
from tests.books import prove
from tests.buying import DAY, take_back
from tests.paying import MONDAY, make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def _booked() -> None:
    make_draft()
    take_back(Order.objects.get(), 0, "10.00", at=day_start(MONDAY) + DAY)
    prove()


TAMPERING: list[tuple[Callable[[], object], list[str]]] = [
    (
        lambda: Order.objects.update(goods_amount=F("goods_amount") + 1, total=F("total") + 1),
        ["lines make the order", "a paid order was paid once"],
    ),
    (lambda: Payment.objects.update(state="failed"), ["a paid order was paid once"]),
    (lambda: Payment.objects.update(amount=1), ["a paid order was paid once"]),
    (
        lambda: Order.objects.update(refunded_amount=1),
        ["done refunds are what lines gave back"],
    ),
    (
        lambda: OrderLine.objects.update(refunded_amount=1),
        ["refund lines are what a line gave back"],
    ),
    (
        lambda: OrderLine.objects.update(refunded_quantity=1),
        ["refund lines are what a line gave back"],
    ),
    (lambda: Repayment.objects.update(state="sent"), ["a done refund's money went back"]),
    (
        lambda: Refund.objects.update(state="approved"),
        ["done refunds are what lines gave back", "refund lines are what a line gave back"],
    ),
    (lambda: Payout.objects.update(state="paid"), ["payouts and their reservations agree"]),
    (lambda: Payout.objects.update(amount=Decimal("1")), ["payouts and their reservations agree"]),
]


@pytest.mark.usefixtures("_booked")
@pytest.mark.parametrize(("tamper", "names"), TAMPERING)
def test_a_difference_is_found(tamper: Callable[[], object], names: list[str]) -> None:
    tamper()
    assert sorted({line.partition(":")[0] for line in check_books()}) == sorted(names)


def test_every_check_is_falsified_once() -> None:
    assert {name for _, names in TAMPERING for name in names} == {check.name for check in CHECKS}


@pytest.mark.usefixtures("_booked")
def test_the_command_lists_the_differences_and_exits_with_1() -> None:
    out = StringIO()
    call_command("check_books", stdout=out)
    Payment.objects.update(amount=1)
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("check_books", stdout=out)
    assert error.value.returncode == 1
    assert out.getvalue().splitlines() == check_books()
