"""What the database refuses in the rows around the ledger, whatever the code does."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError, QuerySet

from base.clock import BEIJING
from distribution.models import (
    Allocation,
    Balance,
    Commission,
    Distributor,
    Hold,
    LineTerms,
    OrderTerms,
    Policy,
    Reservation,
    Reversal,
    Rule,
    Standing,
)
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from distribution.money.holds import hold_commission
from distribution.money.reservations import Claim, reserve
from distribution.policy import publish_policy
from orders.models import Order, OrderEvent
from tests.books import prove, unguarded
from tests.buying import take_back
from tests.make import (
    Chain,
    make_chain,
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

    def test_a_self_purchase_is_paid_to_the_buyer(self) -> None:
        with (
            pytest.raises(IntegrityError, match="commission_payee_not_buyer"),
            transaction.atomic(),
        ):
            Commission.objects.filter(level=1).update(is_self_purchase=True)

    @pytest.mark.parametrize("matures_at", [None, NOON + 7 * DAY + timedelta(microseconds=1)])
    def test_nothing_matures_before_it_is_due(self, matures_at: datetime | None) -> None:
        with (
            pytest.raises(IntegrityError, match="commission_matures_when_due"),
            transaction.atomic(),
        ):
            Commission.objects.update(matures_at=matures_at)

    @pytest.mark.parametrize("amount", ["9.99", "0.00"])
    def test_what_a_commission_lost_has_reversals(self, amount: str) -> None:
        Commission.objects.filter(level=2).update(amount=D(amount))
        with pytest.raises(IntegrityError, match="reversals do not explain"):
            connection.check_constraints()

    def test_a_commission_begins_whole(self) -> None:
        whole = Commission.objects.get(level=2)
        with unguarded():
            Commission.objects.filter(pk=whole.pk).delete()
        copy_of(whole, amount=D("9.99"))
        with pytest.raises(IntegrityError, match=r"lost 0\.01 that"):
            connection.check_constraints()

    @pytest.mark.parametrize("amount", ["10.01", "0.01", "-0.01"])
    def test_reversals_are_what_a_commission_lost(self, amount: str) -> None:
        """Neither more than there was, nor anything that did not happen."""
        row = Commission.objects.get(level=2)
        Reversal.objects.create(commission=row, amount=D(amount), at=NOON)
        with pytest.raises(IntegrityError, match="reversals do not explain"):
            connection.check_constraints()

    @pytest.mark.parametrize("act", ["update", "delete"])
    def test_a_reversal_stays(self, act: str) -> None:
        row = Commission.objects.get(level=2)
        Reversal.objects.create(commission=row, amount=D("3.00"), at=NOON)
        Commission.objects.filter(pk=row.pk).update(amount=D("7.00"))
        connection.check_constraints()
        if act == "update":
            Reversal.objects.update(amount=D("2.00"))
        else:
            Reversal.objects.all().delete()
        with pytest.raises(IntegrityError, match="reversals do not explain"):
            connection.check_constraints()


@pytest.mark.usefixtures("booked")
class TestTermsRows:
    def test_there_is_no_third_level(self) -> None:
        with pytest.raises(IntegrityError, match="line_terms_two_levels"), transaction.atomic():
            copy_of(LineTerms.objects.get(level=2), level=3)

    @pytest.mark.parametrize("values", [{"rate": None}, {"amount": D("1.00")}])
    def test_a_level_has_one_value(self, values: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError, match="line_terms_one_value"), transaction.atomic():
            with unguarded():
                LineTerms.objects.filter(level=1).update(**values)

    def test_terms_are_written_once(self) -> None:
        with pytest.raises(IntegrityError, match="line_terms_once"), transaction.atomic():
            copy_of(LineTerms.objects.get(level=2))

    def test_the_buyer_is_no_paid_payee(self) -> None:
        terms = OrderTerms.objects.get()
        found = OrderTerms.objects.filter(pk=terms.pk)
        own: dict[str, Any] = {"is_self_purchase": True, "why1": "self"}
        for constraint, values in (
            ("terms_level1_not_buyer", {"buyer": terms.payee1_id}),
            ("terms_level2_not_buyer", {"buyer": terms.payee2_id}),
            ("terms_self_purchase_is_the_buyers", own),
            ("terms_self_purchase_is_the_buyers", own | {"payee1": None}),
            (
                "terms_self_purchase_is_the_buyers",
                {"buyer": terms.payee1_id, "is_self_purchase": True},
            ),
        ):
            with (
                pytest.raises(IntegrityError, match=constraint),
                transaction.atomic(),
                unguarded(),
            ):
                found.update(**values)
        with unguarded():
            found.update(buyer=terms.payee1_id, **own)
            found.update(buyer=terms.payee2_id, block2="is_buyer", is_self_purchase=False)

    @pytest.mark.parametrize(
        "values", [{"rate": D("0.31")}, {"uplift": D("0.10")}, {"base": "profit"}, {"level": 2}]
    )
    def test_a_lines_terms_stand(self, values: dict[str, Any]) -> None:
        refuse_to_change(LineTerms.objects.filter(level=1), **values)

    @pytest.mark.parametrize("field", ["payee1_id", "tier1_id", "payee2_id", "tier2_id"])
    def test_whom_an_order_pays_stands(self, field: str) -> None:
        refuse_to_change(OrderTerms.objects.all(), **{field: None})

    @pytest.mark.parametrize(
        "values",
        [{name: "frozen"} for name in ("why1", "block1", "why2", "block2")]
        + [{"is_self_purchase": True}],
    )
    def test_why_an_order_pays_stands(self, values: dict[str, Any]) -> None:
        refuse_to_change(OrderTerms.objects.all(), **values)

    def test_an_orders_buyer_and_policy_stand(self, booked: Chain) -> None:
        policy = publish_policy(by=None, cap_rate=D("0.10"))
        refuse_to_change(OrderTerms.objects.all(), policy=policy)
        refuse_to_change(OrderTerms.objects.all(), buyer=booked.a.user)

    @pytest.mark.parametrize(
        "values",
        [
            {"cap_rate": D("0.10")},
            {"margin_guard": True},
            {"maturity_days": 8},
            {"self_purchase": True},
            {"valid_from": NOON},
        ],
    )
    def test_a_version_of_the_policy_stands(self, values: dict[str, Any]) -> None:
        refuse_to_change(Policy.objects.all(), **values)

    @pytest.mark.parametrize(
        "values",
        [{"rate1": D("0.31")}, {"base": "profit"}, {"ends_at": NOON}, {"min_quantity": 2}],
    )
    def test_a_version_of_a_rule_stands(self, values: dict[str, Any]) -> None:
        refuse_to_change(Rule.objects.all(), **values)


def refuse_to_change(rows: QuerySet[Any], **values: Any) -> None:
    with pytest.raises(IntegrityError, match="stands: UPDATE"), transaction.atomic():
        rows.update(**values)


@pytest.mark.usefixtures("booked")
class TestStates:
    """What is in no list of states is in no row."""

    @pytest.mark.parametrize(
        ("rows", "values", "constraint"),
        [
            (Distributor, {"status": "boss"}, "distributor_status_known"),
            (Standing, {"status": "boss"}, "standing_status_known"),
            (Reservation, {"state": "lost"}, "reservation_open_or_closed"),
            (Reservation, {"state": "settled"}, "reservation_open_or_closed"),
            (Reservation, {"closed_at": NOON}, "reservation_open_or_closed"),
        ],
    )
    def test_refused(self, rows: type[Model], values: dict[str, Any], constraint: str) -> None:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            rows._default_manager.update(**values)

    def test_a_hold_ends_in_a_known_way(self) -> None:
        hold_commission(Commission.objects.get(level=2), by=None, reason="x", at=NOON + 8 * DAY)
        with pytest.raises(IntegrityError, match="hold_ends_with_a_result"), transaction.atomic():
            Hold.objects.update(end="forgotten", ended_at=NOON)


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

    def test_a_reversal_has_an_amount_and_is_one_per_refund(self) -> None:
        take_back(Order.objects.get(), 0, "1.00")
        with pytest.raises(IntegrityError, match="reversal_once"), transaction.atomic():
            copy_of(Reversal.objects.earliest("pk"))
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
