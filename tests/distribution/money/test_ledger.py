"""The ledger's own rules, which the database keeps whatever the code does."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError

from base.clock import BEIJING
from distribution.models import (
    Balance,
    Entry,
    Transfer,
)
from distribution.money.balances import change_balances, lock_balances
from distribution.money.ledger import Posting, post
from distribution.states import Account
from tests.books import ledger
from tests.make import (
    make_distributor,
)

pytestmark = pytest.mark.django_db

D = Decimal
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)


def posting(key: str = "test", kind: Transfer.Kind = Transfer.Kind.ACCRUE) -> Posting:
    return Posting(kind, key, NOON)


class TestPosting:
    def test_moves_of_one_place_are_one_entry(self) -> None:
        a, b = make_distributor(name="甲"), make_distributor(name="乙")
        one = posting()
        one.move(Account.EXPENSE, Account.PENDING, D("1.00"), distributor_id=a.pk)
        one.move(Account.EXPENSE, Account.PENDING, D("2.00"), distributor_id=a.pk)
        one.move(Account.EXPENSE, Account.PENDING, D("4.00"), distributor_id=b.pk)
        post([one])
        assert ledger() == [
            "accrue expense shop -7.00",
            "accrue pending 甲 3.00",
            "accrue pending 乙 4.00",
        ]
        assert Transfer.objects.get().entry_count == 3
        connection.check_constraints()

    def test_what_moves_nothing_is_not_written(self) -> None:
        a = make_distributor()
        nothing, there_and_back = posting("1"), posting("2")
        nothing.move(Account.EXPENSE, Account.PENDING, D("0.00"), distributor_id=a.pk)
        there_and_back.move(Account.EXPENSE, Account.PENDING, D("1.00"), distributor_id=a.pk)
        there_and_back.move(Account.PENDING, Account.EXPENSE, D("1.00"), distributor_id=a.pk)
        assert post([nothing, there_and_back, posting("3")]) == []
        assert not Transfer.objects.exists()

    def test_a_key_happens_once(self) -> None:
        a = make_distributor(name="甲")
        one = posting()
        one.move(Account.EXPENSE, Account.PENDING, D("1.00"), distributor_id=a.pk)
        post([one])
        with pytest.raises(IntegrityError), transaction.atomic():
            post([one])
        assert ledger() == ["accrue expense shop -1.00", "accrue pending 甲 1.00"]


class TestBalances:
    def test_changes_are_added_not_written_over(self) -> None:
        a, b = make_distributor(), make_distributor()
        stale = Balance.objects.get(pk=a.pk)
        change_balances(available={a.pk: D("5.00")}, reserved={a.pk: D("1.00"), b.pk: D("2.00")})
        change_balances(available={a.pk: D("-7.00"), b.pk: D("0.50")})
        assert stale.available == 0
        rows = Balance.objects.order_by("pk").values_list("available", "reserved")
        assert list(rows) == [(D("-2.00"), D("1.00")), (D("0.50"), D("2.00"))]

    def test_somebody_without_a_balance_is_noticed(self) -> None:
        with pytest.raises(Balance.DoesNotExist):
            lock_balances([make_distributor().pk, 0])


class TestEntries:
    def transfer(self, *entries: tuple[str, Any, str]) -> Transfer:
        transfer = Transfer.objects.create(
            kind="accrue", key="raw", at=NOON, entry_count=len(entries)
        )
        for account, owner, amount in entries:
            Entry.objects.create(
                transfer=transfer,
                kind="accrue",
                at=NOON,
                account=account,
                distributor=owner,
                amount=D(amount),
            )
        return transfer

    def test_entries_of_a_transfer_sum_to_zero(self) -> None:
        a = make_distributor()
        self.transfer(("expense", None, "-1.00"), ("pending", a, "0.99"))
        with pytest.raises(IntegrityError, match=r"sum to -0\.01, not zero"):
            connection.check_constraints()

    def test_a_single_entry_never_balances(self) -> None:
        self.transfer(("expense", None, "-1.00"))
        with pytest.raises(IntegrityError, match="not zero"):
            connection.check_constraints()

    @pytest.mark.parametrize(
        "other", [{"kind": "mature"}, {"at": NOON + timedelta(microseconds=1)}]
    )
    def test_entries_are_of_their_transfers_kind_and_time(self, other: dict[str, Any]) -> None:
        a = make_distributor()
        transfer = self.transfer(("expense", None, "-1.00"))
        place = {"kind": "accrue", "at": NOON} | other
        Entry.objects.create(
            transfer=transfer, account="pending", distributor=a, amount=D("1.00"), **place
        )
        with pytest.raises(IntegrityError, match="another kind or time"):
            connection.check_constraints()

    def test_the_sum_is_asked_at_the_end_not_between(self) -> None:
        a = make_distributor()
        self.transfer(("expense", None, "-1.00"), ("pending", a, "0.40"), ("available", a, "0.60"))
        connection.check_constraints()

    def test_nothing_is_no_entry(self) -> None:
        with pytest.raises(IntegrityError, match="entry_not_zero"):
            self.transfer(("expense", None, "0.00"))

    @pytest.mark.parametrize("account", ["pending", "available", "reserved"])
    def test_a_distributors_account_has_a_distributor(self, account: str) -> None:
        with pytest.raises(IntegrityError, match="entry_account_has_its_owner"):
            self.transfer((account, None, "1.00"))

    @pytest.mark.parametrize("account", ["expense", "cash"])
    def test_a_shops_account_has_none(self, account: str) -> None:
        owner = make_distributor()
        with pytest.raises(IntegrityError, match="entry_account_has_its_owner"):
            self.transfer((account, owner, "1.00"))

    @pytest.mark.parametrize("owned", [True, False])
    def test_there_are_no_other_accounts(self, owned: bool) -> None:
        owner = make_distributor() if owned else None
        with pytest.raises(IntegrityError, match="entry_account_has_its_owner"):
            self.transfer(("savings", owner, "1.00"))

    def test_there_are_no_other_kinds(self) -> None:
        with pytest.raises(IntegrityError, match="transfer_kind_known"):
            Transfer.objects.create(kind="gift", key="1", at=NOON, entry_count=0)

    @pytest.mark.parametrize("rows", [Entry, Transfer])
    @pytest.mark.parametrize("act", ["update", "delete", "save", "raw"])
    def test_nothing_is_ever_changed_or_deleted(self, rows: type[Model], act: str) -> None:
        a = make_distributor(name="甲")
        self.transfer(("expense", None, "-1.00"), ("pending", a, "1.00"))
        connection.check_constraints()
        row = rows._default_manager.first()
        assert row is not None
        with (
            pytest.raises((IntegrityError, ProtectedError), match=r"append-only|protected"),
            transaction.atomic(),
        ):
            if act == "update":
                rows._default_manager.filter(pk=row.pk).update(**{_amount_of(rows): 2})
            elif act == "delete":
                row.delete()
            elif act == "save":
                setattr(row, _amount_of(rows), 2)
                row.save()
            else:
                rows._default_manager.filter(pk=row.pk)._raw_delete("default")
        assert ledger() == ["accrue expense shop -1.00", "accrue pending 甲 1.00"]


def _amount_of(rows: type[Model]) -> str:
    return "amount" if rows is Entry else "entry_count"
