"""The ledger's own rules, which the database keeps whatever the code does."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError

from base.clock import BEIJING
from distribution.models import (
    Allocation,
    Balance,
    Commission,
    Entry,
    LineTerms,
    OrderTerms,
    Reservation,
    Reversal,
    Transfer,
)
from distribution.money.balances import change_balances, lock_balances
from distribution.money.commissions import mature_commissions
from distribution.money.ledger import Posting, post
from distribution.money.reservations import Claim, reserve
from distribution.states import Account
from orders.models import OrderEvent
from tests.books import ledger, prove
from tests.make import (
    Chain,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_variant,
    pay,
    receive,
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


# --- The rows around the ledger ----------------------------------------------------------------


@pytest.fixture
def booked() -> Chain:
    """C bought for ¥100.00: B has 30.00 available and A 10.00, of which B's 20.00 are reserved."""
    chain = make_chain()
    make_rule("0.30", "0.10")
    order = make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)
    pay(order, at=NOON)
    receive(order, at=NOON)
    mature_commissions(NOON + 7 * DAY)
    lock_balances([chain.b.pk])
    reserve([Claim("J1", chain.b.pk, D("20.00"))], NOON + 8 * DAY)
    prove()
    return chain


def copy_of(row: Model, **values: Any) -> None:
    """Try to write a row like another one."""
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key or field.is_relation
    }
    type(row)._default_manager.create(**fields | values)


@pytest.mark.usefixtures("booked")
class TestCommissionRows:
    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"level": 3}, "commission_two_levels"),
            ({"level": 0}, "commission_two_levels"),
            ({}, "commission_once"),
            (
                {"amount_at_payment": D("0.00"), "amount": D("0.00")},
                "commission_amount_within_payment",
            ),
            ({"amount": D("10.01")}, "commission_amount_within_payment"),
            ({"amount": D("-0.01")}, "commission_amount_within_payment"),
            ({"allocated": D("-0.01")}, "commission_allocated_within_payment"),
            ({"allocated": D("10.01")}, "commission_allocated_within_payment"),
        ],
    )
    def test_refused(self, values: dict[str, Any], constraint: str) -> None:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            copy_of(Commission.objects.get(level=2), **values)

    @pytest.mark.parametrize(("level", "is_self_purchase"), [(1, False), (2, False), (2, True)])
    def test_the_buyer_is_paid_only_at_level_1_of_a_self_purchase(
        self, level: int, is_self_purchase: bool
    ) -> None:
        row = Commission.objects.get(level=level)
        found = Commission.objects.filter(pk=row.pk)
        with (
            pytest.raises(IntegrityError, match="commission_payee_not_buyer"),
            transaction.atomic(),
        ):
            found.update(buyer=row.payee_id, is_self_purchase=is_self_purchase)
        if level == 1:
            found.update(buyer=row.payee_id, is_self_purchase=True)


@pytest.mark.usefixtures("booked")
class TestTermsRows:
    def test_there_is_no_third_level(self) -> None:
        with pytest.raises(IntegrityError, match="line_terms_two_levels"), transaction.atomic():
            copy_of(LineTerms.objects.get(level=2), level=3)

    @pytest.mark.parametrize("values", [{"rate": None}, {"amount": D("1.00")}])
    def test_a_level_has_one_value(self, values: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError, match="line_terms_one_value"), transaction.atomic():
            LineTerms.objects.filter(level=1).update(**values)

    def test_terms_are_written_once(self) -> None:
        with pytest.raises(IntegrityError, match="line_terms_once"), transaction.atomic():
            copy_of(LineTerms.objects.get(level=2))

    def test_the_buyer_is_no_paid_payee(self) -> None:
        terms = OrderTerms.objects.get()
        found = OrderTerms.objects.filter(pk=terms.pk)
        with pytest.raises(IntegrityError, match="terms_level1_not_buyer"), transaction.atomic():
            found.update(buyer=terms.payee1_id)
        with pytest.raises(IntegrityError, match="terms_level2_not_buyer"), transaction.atomic():
            found.update(buyer=terms.payee2_id, is_self_purchase=True)
        found.update(buyer=terms.payee1_id, is_self_purchase=True)
        found.update(buyer=terms.payee2_id, block2="is_buyer")


@pytest.mark.usefixtures("booked")
class TestMoneyRows:
    def test_reserved_is_never_negative(self) -> None:
        with pytest.raises(IntegrityError, match="reserved_not_negative"), transaction.atomic():
            Balance.objects.update(reserved=D("-0.01"))
        Balance.objects.update(available=D("-5.00"))

    def test_a_reservation_has_an_amount_and_a_number_of_its_own(self) -> None:
        held = Reservation.objects.get()
        with pytest.raises(IntegrityError, match="reservation_positive"), transaction.atomic():
            copy_of(held, number="J2", amount=D("0.00"))
        with pytest.raises(IntegrityError, match="number"), transaction.atomic():
            copy_of(held)

    def test_an_allocation_has_an_amount_and_is_one(self) -> None:
        taken = Allocation.objects.get()
        with pytest.raises(IntegrityError, match="allocation_once"), transaction.atomic():
            copy_of(taken)
        with pytest.raises(IntegrityError, match="allocation_positive"), transaction.atomic():
            copy_of(taken, commission_id=Commission.objects.get(level=2).pk, amount=D("0.00"))

    def test_a_reversal_has_an_amount_and_is_one_per_cause(self) -> None:
        row = Commission.objects.get(level=1)
        Reversal.objects.create(commission=row, refund=None, amount=D("1.00"), at=NOON)
        with pytest.raises(IntegrityError, match="reversal_once"), transaction.atomic():
            Reversal.objects.create(commission=row, refund=None, amount=D("1.00"), at=NOON)
        with pytest.raises(IntegrityError, match="reversal_not_zero"), transaction.atomic():
            Reversal.objects.create(
                commission=Commission.objects.get(level=2), amount=D("0.00"), at=NOON
            )

    def test_what_the_books_rest_on_cannot_be_deleted(self, booked: Chain) -> None:
        for row in (booked.a, booked.a.user, booked.c, OrderEvent.objects.get(kind="paid").order):
            with pytest.raises(ProtectedError), transaction.atomic():
                row.delete()

    def test_an_event_happens_once_to_an_order(self) -> None:
        with pytest.raises(IntegrityError, match="order_event_once"), transaction.atomic():
            copy_of(OrderEvent.objects.get(kind="paid"))
