"""The last item in stock, wanted by several at once: it is sold once."""

import uuid
from collections.abc import Callable
from threading import Barrier

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from catalog import stock
from catalog.models import Variant
from catalog.stock import OutOfStock, return_stock, take_stock
from orders import cart
from orders.cart import CannotAdd, CartOwner, add_to_cart, merge_carts
from orders.models import CartLine
from tests.concurrency.racing import race
from tests.make import make_user, make_variant

pytestmark = pytest.mark.django_db(transaction=True)


def take(quantities: dict[int, int]) -> Callable[[], str]:
    def act() -> str:
        with transaction.atomic():
            take_stock(quantities)
        return "taken"

    return act


def without_lock(parties: int) -> Callable[[QuerySet], list]:
    """What a lock would be without locking: everybody reads before anybody writes."""
    everybody_has_read = Barrier(parties, timeout=20)

    def read(rows: QuerySet) -> list:
        found = list(rows.order_by("pk"))
        everybody_has_read.wait()
        return found

    return read


def test_the_last_item_is_sold_once() -> None:
    nut = make_variant(stock=3)
    outcomes = race([take({nut.pk: 1})] * 6)
    assert sorted(str(outcome) for outcome in outcomes) == sorted(
        ["taken"] * 3 + [f"“{nut}”已售罄。"] * 3
    )
    assert Variant.objects.get().stock == 0


def test_control_without_the_lock_everybody_believes_to_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The race is real: only the database's constraint is left to stop it, as a crash."""
    nut = make_variant(stock=1)
    monkeypatch.setattr(stock, "lock_rows", without_lock(2))
    outcomes = race([take({nut.pk: 1})] * 2)
    assert {type(outcome) for outcome in outcomes} == {str, IntegrityError}
    assert not any(isinstance(outcome, OutOfStock) for outcome in outcomes)


def test_two_who_want_the_same_two_things_do_not_wait_for_each_other() -> None:
    nut, tea = make_variant(stock=50), make_variant(stock=50)
    there, back = {nut.pk: 1, tea.pk: 1}, {tea.pk: 1, nut.pk: 1}
    assert race([take(there), take(back)] * 4) == ["taken"] * 8
    assert [variant.stock for variant in Variant.objects.order_by("pk")] == [42, 42]


def test_nothing_is_lost_between_taking_and_giving_back() -> None:
    nut = make_variant(stock=5)

    def give_back() -> str:
        with transaction.atomic():
            return_stock({nut.pk: 1})
        return "returned"

    outcomes = race([take({nut.pk: 1}), give_back] * 4)
    assert sorted(outcomes) == ["returned"] * 4 + ["taken"] * 4
    assert Variant.objects.get().stock == 5


def test_every_click_counts_once_and_never_beyond_stock() -> None:
    nut = make_variant(stock=3)
    guest = CartOwner(visitor=uuid.uuid4())
    outcomes = race([lambda: add_to_cart(guest, nut.pk, 1).quantity] * 5)
    counted = sorted(outcome for outcome in outcomes if isinstance(outcome, int))
    assert counted == [1, 2, 3]
    assert sum(isinstance(outcome, CannotAdd) for outcome in outcomes) == 2
    assert CartLine.objects.get().quantity == 3


def test_control_without_the_lock_a_click_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    nut = make_variant(stock=3)
    guest = CartOwner(visitor=uuid.uuid4())
    add_to_cart(guest, nut.pk, 1)
    everybody_has_read = Barrier(2, timeout=20)
    check = cart._check_quantity

    def check_late(variant: Variant, quantity: int, already: int = 0) -> None:
        check(variant, quantity, already)
        everybody_has_read.wait()

    monkeypatch.setattr(cart, "lock_row", lambda rows: rows.get())
    monkeypatch.setattr(cart, "_check_quantity", check_late)
    race([lambda: add_to_cart(guest, nut.pk, 1)] * 2)
    assert CartLine.objects.get().quantity == 2, "two clicks after the first, one of them lost"


def test_signing_in_twice_at_once_brings_the_cart_once() -> None:
    nut, tea = make_variant(), make_variant()
    user, visitor = make_user(), uuid.uuid4()
    add_to_cart(CartOwner(user=user), nut.pk, 1)
    add_to_cart(CartOwner(visitor=visitor), nut.pk, 2)
    add_to_cart(CartOwner(visitor=visitor), tea.pk, 4)
    assert race([lambda: merge_carts(visitor, user)] * 4) == [None] * 4
    lines = CartLine.objects.order_by("variant").values_list("cart__user", "variant", "quantity")
    assert list(lines) == [(user.pk, nut.pk, 3), (user.pk, tea.pk, 4)]
