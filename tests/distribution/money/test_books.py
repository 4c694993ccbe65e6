"""The proof of the books finds every kind of difference: each row is falsified once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from base.clock import BEIJING
from distribution.models import (
    Allocation,
    Balance,
    Commission,
    Entry,
    OrderTerms,
    Reservation,
    Reversal,
    Transfer,
)
from distribution.money.balances import lock_balances
from distribution.money.books import CHECKS, check_books, run_checks
from distribution.money.commissions import mature_commissions
from distribution.money.reservations import Claim, reserve, settle
from orders.refunds import Part
from tests.books import unguarded
from tests.make import (
    make_chain,
    make_order,
    make_rule,
    make_variant,
    make_virtual,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

D = Decimal
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
CENT = D("0.01")


@pytest.fixture
def _booked() -> None:
    """Something of everything: pending, available, reserved, paid and reversed."""
    chain = make_chain()
    make_rule("0.30", "0.25")
    order = make_order(chain.c, {make_variant("99.00"): 1, make_virtual("50.00"): 1}, at=NOON)
    pay(order, at=NOON)
    refund(order, [Part(order.lines.earliest("pk").pk, 0, D("9.00"))], at=NOON + DAY)
    mature_commissions(NOON + 7 * DAY)
    lock_balances([chain.a.pk, chain.b.pk])
    (held,) = reserve([Claim("J1", chain.b.pk, D("5.00"))], NOON + 8 * DAY)
    settle(held, NOON + 8 * DAY)
    reserve([Claim("J2", chain.b.pk, D("2.00"))], NOON + 8 * DAY)
    receive(order, at=NOON + 9 * DAY)
    connection.check_constraints()
    assert check_books() == []


def slip_in_a_pair() -> None:
    """Balanced, and so invisible to the trigger: two entries more in an old transfer."""
    transfer = Transfer.objects.earliest("pk")
    for amount in (CENT, -CENT):
        Entry.objects.create(
            transfer=transfer,
            kind=transfer.kind,
            at=transfer.at,
            account="cash",
            amount=amount,
        )


def empty_transfer() -> None:
    Transfer.objects.create(kind="accrue", key="empty", at=NOON, entry_count=0)


def change_an_entry() -> None:
    entry = Entry.objects.filter(account="pending").earliest("pk")
    Entry.objects.filter(pk=entry.pk).update(amount=entry.amount + CENT)


def move_an_entry_to_another_day() -> None:
    entry = Entry.objects.filter(account="pending").earliest("pk")
    Entry.objects.filter(pk=entry.pk).update(at=entry.at + DAY)


def delete_an_entry() -> None:
    Entry.objects.filter(pk=Entry.objects.latest("pk").pk).delete()


def change_available() -> None:
    Balance.objects.filter(available__gt=0).update(available=D("999"))


def change_reserved() -> None:
    Balance.objects.filter(reserved__gt=0).update(reserved=D("999"))


def change_pending() -> None:
    pending = Commission.objects.filter(matured_at=None).earliest("pk")
    Commission.objects.filter(pk=pending.pk).update(amount=pending.amount - CENT)


def change_mature() -> None:
    mature = Commission.objects.filter(matured_at__isnull=False).earliest("pk")
    Commission.objects.filter(pk=mature.pk).update(amount=mature.amount - CENT)


def mature_without_booking() -> None:
    Commission.objects.filter(matured_at=None).update(matures_at=NOON, matured_at=NOON)


def change_a_reversal() -> None:
    Reversal.objects.update(amount=D("0.01"))


def forget_a_reversal() -> None:
    Reversal.objects.all().delete()


def change_allocated() -> None:
    Commission.objects.filter(allocated__gt=0).update(allocated=D("0.02"))


def change_an_allocation() -> None:
    Allocation.objects.filter(pk=Allocation.objects.earliest("pk").pk).update(amount=CENT)


def settle_without_booking() -> None:
    Reservation.objects.filter(state="reserved").update(state="settled", closed_at=NOON)


def change_a_reservation() -> None:
    Reservation.objects.filter(state="reserved").update(amount=D("3.00"))


def forget_terms() -> None:
    OrderTerms.objects.all().delete()


def exceed_the_limit() -> None:
    Commission.objects.update(limit_amount=CENT)


TAMPERING: list[tuple[Callable[[], None], list[str]]] = [
    (slip_in_a_pair, ["no transfer without its entries, none added later"]),
    (empty_transfer, ["no transfer without its entries, none added later"]),
    (
        move_an_entry_to_another_day,
        ["entries are of the kind and time of their transfer"],
    ),
    (change_an_entry, ["entries balance", "pending commissions follow the ledger"]),
    (
        delete_an_entry,
        ["entries balance", "no transfer without its entries, none added later", "balances follow the ledger"],
    ),
    (change_available, ["balances follow the ledger", "available balances are what mature commissions leave"]),
    (change_reserved, ["balances follow the ledger", "reserved balances are the open reservations"]),
    (
        change_pending,
        [
            "pending commissions follow the ledger",
            "reversals explain what commissions lost",
            "the expense is what commissions cost",
        ],
    ),
    (
        change_mature,
        [
            "available balances are what mature commissions leave",
            "reversals explain what commissions lost",
            "the expense is what commissions cost",
        ],
    ),
    (
        mature_without_booking,
        ["pending commissions follow the ledger", "available balances are what mature commissions leave"],
    ),
    (change_a_reversal, ["reversals explain what commissions lost"]),
    (forget_a_reversal, ["reversals explain what commissions lost"]),
    (
        change_allocated,
        ["available balances are what mature commissions leave", "allocations explain what is allocated"],
    ),
    (change_an_allocation, ["allocations explain what is allocated", "reservations are wholly allocated"]),
    (
        settle_without_booking,
        ["reserved balances are the open reservations", "cash is what settled reservations paid"],
    ),
    (
        change_a_reservation,
        ["reservations are wholly allocated", "reserved balances are the open reservations"],
    ),
    (forget_terms, ["every handled payment has its terms"]),
    (exceed_the_limit, ["no two levels above the limit"]),
]  # fmt: skip


@pytest.mark.usefixtures("_booked")
@pytest.mark.parametrize(("tamper", "names"), TAMPERING)
def test_a_difference_is_found(tamper: Callable[[], None], names: list[str]) -> None:
    with unguarded():
        tamper()
    found = check_books()
    assert sorted({line.partition(":")[0] for line in found}) == sorted(names)


@pytest.mark.usefixtures("_booked")
def test_each_check_is_one_query(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(len(CHECKS)):  # type: ignore[operator]  # the fixture is a function
        check_books()


@pytest.mark.usefixtures("_booked")
def test_not_all_of_many_differences_are_listed() -> None:
    Commission.objects.update(limit_amount=CENT)
    (limit,) = [check for check in CHECKS if check.name == "no two levels above the limit"]
    found = run_checks([limit], most=1)
    assert len(found) == 2
    assert found[1] == "no two levels above the limit: …"
