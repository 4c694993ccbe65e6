"""Who may join: what counts, to the cent, and what never does."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from base.accounts.models import User
from base.clock import BEIJING
from base.errors import DomainError
from distribution.models import ContactDetails, Distributor, Policy
from distribution.policy import publish_policy
from distribution.programme.joining import (
    CannotJoin,
    Contact,
    keep_contact,
    progress_of,
    with_own_trade,
)
from distribution.programme.people import join
from distribution.states import Status
from orders.models import Order
from orders.refunds import Part, request_refund
from tests.make import (
    START,
    make_distributor,
    make_order,
    make_shipping_rate,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
    ship,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
Joining = Policy.Joining


def bought(user: User, price: str, *, pieces: int = 1) -> Order:
    order = make_order(user, {make_variant(price): pieces}, at=NOON)
    pay(order, at=NOON)
    return receive(order, at=NOON)


def spending(amount: str = "100.00") -> Policy:
    return publish_policy(by=None, at=START, joining=Joining.SPENT, joining_spend=Decimal(amount))


def figures(user: User, policy: Policy) -> tuple[int, str, str, bool]:
    progress = progress_of(user, policy, at=NOON + DAY)
    assert progress is not None
    return progress.orders, str(progress.spent), str(progress.missing), progress.is_met


@pytest.mark.parametrize("joining", [Joining.OPEN, Joining.APPLY, Joining.APPOINTED])
def test_most_policies_ask_for_no_purchase(joining: str) -> None:
    policy = publish_policy(by=None, at=START, joining=joining)
    assert not policy.asks_for_purchase
    assert progress_of(make_user(), policy, at=NOON) is None


class TestSpending:
    def test_completed_goods_money_of_any_goods(self) -> None:
        make_shipping_rate("8.00")
        user, policy = make_user(), spending()
        bought(user, "40.00")
        bought(user, "29.99", pieces=2)
        assert figures(user, policy) == (2, "99.98", "0.02", False)
        bought(user, "0.02")
        assert figures(user, policy) == (3, "100.00", "0.00", True)

    def test_what_is_on_its_way_or_unpaid_does_not_count(self) -> None:
        user, policy = make_user(), spending()
        make_order(user, {make_variant("100.00"): 1}, at=NOON)
        ship_only = make_order(user, {make_variant("100.00"): 1}, at=NOON)
        pay(ship_only, at=NOON)
        ship(ship_only, at=NOON)
        assert figures(user, policy) == (0, "0.00", "100.00", False)

    def test_what_was_refunded_does_not_count(self) -> None:
        user, policy = make_user(), spending()
        order = bought(user, "60.00", pieces=2)
        assert figures(user, policy)[3] is True
        refund(order, [Part(order.lines.get().pk, 1, Decimal("60.00"))], at=NOON)
        assert figures(user, policy) == (1, "60.00", "40.00", False)

    def test_an_open_after_sale_does_not_count_yet(self) -> None:
        user, policy = make_user(), spending()
        order = bought(user, "100.00")
        request_refund(order, [Part(order.lines.get().pk, 1, Decimal("100.00"))], at=NOON)
        assert figures(user, policy) == (0, "0.00", "100.00", False)

    def test_somebody_elses_orders_do_not_count(self) -> None:
        bought(make_user(), "100.00")
        assert figures(make_user(), spending()) == (0, "0.00", "100.00", False)

    def test_who_has_not_spent_it_is_told_what_is_missing(self) -> None:
        user = make_user()
        spending()
        bought(user, "99.99")
        with pytest.raises(CannotJoin, match=r"还差 ¥0\.01"):
            join(user, at=NOON + DAY)
        assert not Distributor.objects.exists()

    def test_who_has_is_admitted(self) -> None:
        user = make_user()
        spending()
        bought(user, "100.00")
        distributor = join(user, at=NOON + DAY)
        assert distributor.status == Status.APPROVED
        assert [row.reason for row in distributor.standings.all()] == [
            "申请加入",
            "达到加入条件：累计消费达标",
        ]

    @pytest.mark.parametrize("amount", ["0", "-1"])
    def test_an_amount_has_to_be_named(self, amount: str) -> None:
        before = Policy.objects.count()
        with pytest.raises(ValidationError):
            spending(amount)
        assert Policy.objects.count() == before


class TestFirstOrder:
    def test_any_completed_order_opens_the_door(self) -> None:
        publish_policy(by=None, at=START, joining=Joining.FIRST_ORDER)
        user = make_user()
        with pytest.raises(CannotJoin, match="完成一笔订单"):
            join(user, at=NOON + DAY)
        bought(user, "0.01")
        assert join(user, at=NOON + DAY).status == Status.APPROVED

    def test_one_that_was_wholly_refunded_does_not(self) -> None:
        publish_policy(by=None, at=START, joining=Joining.FIRST_ORDER)
        user = make_user()
        order = bought(user, "10.00")
        refund(order, [Part(order.lines.get().pk, 1, Decimal("10.00"))], at=NOON)
        with pytest.raises(CannotJoin):
            join(user, at=NOON + DAY)
        assert not Distributor.objects.exists()


class TestContact:
    def test_the_latest_word_holds(self) -> None:
        person = make_distributor()
        keep_contact(person, Contact(wechat="old_name", city="杭州"), at=NOON)
        keep_contact(person, Contact(wechat="new_name"), at=NOON + DAY)
        kept = ContactDetails.objects.get()
        assert (kept.wechat, kept.city, kept.updated_at) == ("new_name", "", NOON + DAY)

    def test_who_has_no_phone_leaves_something(self) -> None:
        user = User.objects.create_user(None, email="a@example.com")
        person = make_distributor(user)
        with pytest.raises(DomainError):
            keep_contact(person, Contact(city="杭州"), at=NOON)
        assert not ContactDetails.objects.exists()


def test_what_applicants_bought_themselves() -> None:
    buyer, other = make_user(), make_user()
    for user in (buyer, other):
        join(user, at=NOON)
    bought(buyer, "10.00")
    bought(buyer, "5.50")
    rows = with_own_trade(Distributor.objects.order_by("pk"), NOON + DAY)
    assert [(row.own_orders, row.own_spent) for row in rows] == [
        (2, Decimal("15.50")),
        (0, Decimal("0.00")),
    ]
