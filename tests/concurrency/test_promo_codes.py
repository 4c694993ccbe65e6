"""The last use of a promo code, wanted by several at once: it is used once."""

from collections.abc import Callable
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from base.accounts.models import User
from distribution.models import PromoCode, PromoUse
from distribution.sharing import promo_codes
from distribution.sharing.promo_codes import BadCode, save_promo_code
from orders.checkout import Item, place_order
from orders.models import Order
from tests.concurrency.racing import race
from tests.make import make_address, make_user, make_variant

pytestmark = pytest.mark.django_db(transaction=True)


def buying(buyer: User) -> Callable[[], str]:
    """Everybody takes something else, so that only the code is wanted by all."""
    variant, address = make_variant("30.00"), make_address(buyer)

    def act() -> str:
        place_order(buyer, [Item(variant.pk, 1)], address=address, choices={"promo_code": "LAST"})
        return "placed"

    return act


@pytest.fixture(autouse=True)
def last() -> PromoCode:
    code = PromoCode(code="LAST", amount=Decimal("5.00"), most_uses=1, most_per_person=1)
    return save_promo_code(code, by=None)


def test_the_last_use_goes_to_one() -> None:
    outcomes = race([buying(make_user()) for _ in range(4)])
    assert sorted(str(outcome) for outcome in outcomes) == sorted(
        ["placed", *["这个优惠码已经用完了。"] * 3]
    )
    assert (Order.objects.count(), PromoUse.objects.count()) == (1, 1)
    assert PromoCode.objects.get().used == 1


def test_one_person_in_two_tabs_uses_it_once() -> None:
    PromoCode.objects.update(most_uses=None)
    buyer = make_user()
    outcomes = race([buying(buyer) for _ in range(2)])
    assert sum(outcome == "placed" for outcome in outcomes) == 1
    assert PromoUse.objects.count() == 1


def test_control_without_the_lock_it_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_has_read = Barrier(2, timeout=20)

    def read(rows: Any) -> Any:
        found = rows.get()
        everybody_has_read.wait()
        return found

    monkeypatch.setattr(promo_codes, "lock_row", read)
    outcomes = race([buying(make_user()) for _ in range(2)])
    assert outcomes == ["placed", "placed"]
    assert (PromoUse.objects.count(), PromoCode.objects.get().used) == (2, 1)
    assert not any(isinstance(outcome, BadCode) for outcome in outcomes)
