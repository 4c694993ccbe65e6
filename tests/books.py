"""Reading the books in tests: whole lists, so that nothing more and nothing less happened."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import F

from base.accounts.models import User
from base.money import ZERO
from distribution.models import Balance, Commission, Distributor, Entry, Reversal, Transfer
from distribution.money.balances import balance_of
from distribution.money.debts import Debt, OverpaidRows, debt_of
from payouts.books import check_books


def name_of(person: Distributor | User | int | None) -> str:
    if person is None:
        return "shop"
    pk = person if isinstance(person, int) else person.pk
    return User.objects.get(pk=pk).name


def ledger(*kinds: str) -> list[str]:
    """Every entry in the order it was written, as "kind account who amount"; some kinds only."""
    entries = Entry.objects.select_related("transfer").order_by("transfer_id", "pk")
    if kinds:
        entries = entries.filter(transfer__kind__in=kinds)
    return [
        f"{entry.transfer.kind} {entry.account} {name_of(entry.distributor_id)} {entry.amount}"
        for entry in entries
    ]


def commissions() -> list[str]:
    """Every commission, as "level who amount-at-payment → amount", by line and level."""
    return [
        f"{row.level} {name_of(row.payee_id)} {row.amount_at_payment} → {row.amount}"
        for row in Commission.objects.order_by("line_id", "level")
    ]


def reversals() -> list[str]:
    """Every reversal in order, as "level who amount"."""
    return [
        f"{row.commission.level} {name_of(row.commission.payee_id)} {row.amount}"
        for row in Reversal.objects.select_related("commission").order_by("pk")
    ]


def money(distributor: Distributor) -> dict[str, str]:
    """What of somebody's money is not zero."""
    sums = balance_of(distributor)
    found = {
        "pending": sums.pending,
        "available": sums.available,
        "reserved": sums.reserved,
        "paid": sums.paid,
        "debt": sums.debt,
    }
    return {name: str(amount) for name, amount in found.items() if amount}


def transfer_keys() -> list[str]:
    return list(Transfer.objects.order_by("pk").values_list("key", flat=True))


@contextmanager
def unguarded() -> Iterator[None]:
    """As somebody with the database in their hands: triggers sleep, the checks of a row do not."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def prove() -> None:
    """Deferred constraints hold now, and the books are right."""
    connection.check_constraints()
    assert check_books() == []


def prove_debt(person: Distributor) -> Debt:
    """With the ledger, with each other, and on every page of any size."""
    debt = debt_of(person)
    assert debt.left == max(ZERO, -Balance.objects.get(pk=person.pk).available)
    rows = list(OverpaidRows(person, debt))
    over = Commission.objects.filter(payee=person, allocated__gt=F("amount"))
    assert {row.commission.pk: row.amount for row in rows} == {
        one.pk: one.allocated - one.amount for one in over
    }
    assert sum((row.amount for row in rows), ZERO) == debt.total
    assert sum((row.repaid for row in rows), ZERO) == debt.repaid
    assert sum((row.left for row in rows), ZERO) == debt.left
    assert OverpaidRows(person, debt).sums() == debt
    assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
    for first in range(len(rows)):
        assert list(OverpaidRows(person, debt)[first : first + 2]) == rows[first : first + 2]
    return debt
