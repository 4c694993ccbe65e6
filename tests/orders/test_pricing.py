from collections.abc import Sequence
from decimal import Decimal

import pytest

from base.accounts.models import User
from catalog.models import Product, Variant
from orders import registries
from orders.pricing import CannotPrice, PricedLine, quote
from orders.registries import Discount
from tests.make import make_shipping_rate, make_user, make_variant, make_virtual

pytestmark = pytest.mark.django_db

ZHEJIANG = "浙江省"


def shipping(items: list[tuple[Variant, int]], province: str = ZHEJIANG) -> Decimal:
    return quote(items, make_user(), province).shipping


def test_the_rate_that_names_the_province_wins_over_the_one_for_all_others() -> None:
    make_shipping_rate("8.00")
    make_shipping_rate("18.00", provinces=["西藏自治区"])
    nuts = make_variant(weight_grams=300)
    assert shipping([(nuts, 1)]) == Decimal("8.00")
    assert shipping([(nuts, 1)], "西藏自治区") == Decimal("18.00")


@pytest.mark.parametrize(
    ("grams", "fee"),
    [(0, "8.00"), (1000, "8.00"), (1001, "10.00"), (1500, "10.00"), (1501, "12.00")],
)
def test_every_begun_step_of_weight_costs_one_more(grams: int, fee: str) -> None:
    make_shipping_rate("8.00", first_grams=1000, step_grams=500, step_fee=Decimal("2.00"))
    assert shipping([(make_variant(weight_grams=grams), 1)]) == Decimal(fee)


def test_free_from_counts_the_goods_that_are_sent_after_discounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_shipping_rate("8.00", free_from=Decimal("100.00"))
    nuts, card = make_variant("100.00"), make_virtual("50.00")
    assert shipping([(nuts, 1)]) == Decimal("0.00")
    monkeypatch.setitem(
        registries.discount_sources,
        "coupon",
        lambda lines, buyer, chosen: Discount("券", Decimal(1), [0]),
    )
    assert shipping([(nuts, 1), (card, 1)]) == Decimal("8.00")


def test_virtual_goods_and_places_not_known_yet_cost_no_shipping() -> None:
    make_shipping_rate("8.00")
    assert shipping([(make_virtual(), 3)]) == Decimal("0.00")
    assert shipping([(make_variant(), 1)], "") == Decimal("0.00")


def test_without_any_rate_sending_is_free() -> None:
    assert shipping([(make_variant(), 1)]) == Decimal("0.00")


def test_discounts_come_in_their_order_and_look_at_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str, list[Decimal]]] = []

    def source(name: str, amount: str, lines: list[int]) -> registries.DiscountSource:
        def look(priced: Sequence[PricedLine], buyer: User, chosen: str) -> Discount:
            seen.append((name, [line.left for line in priced]))
            return Discount(name, Decimal(amount), lines)

        return look

    monkeypatch.setitem(registries.discount_sources, "coupon", source("coupon", "10.00", [0, 1]))
    monkeypatch.setitem(registries.discount_sources, "tier", source("tier", "5.00", [1]))
    found = quote([(make_variant("30.00"), 1), (make_variant("10.00"), 1)], make_user(), "")
    assert seen == [
        ("tier", [Decimal("30.00"), Decimal("10.00")]),
        ("coupon", [Decimal("30.00"), Decimal("5.00")]),
    ]
    assert [line.left for line in found.lines] == [Decimal("21.43"), Decimal("3.57")]
    assert [line.discounts for line in found.lines] == [
        {"coupon": ("coupon", Decimal("8.57"))},
        {"tier": ("tier", Decimal("5.00")), "coupon": ("coupon", Decimal("1.43"))},
    ]
    assert found.goods_amount + found.discount_amount == Decimal("40.00")


def test_a_discount_never_takes_more_than_its_lines_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        registries.discount_sources,
        "coupon",
        lambda lines, buyer, chosen: Discount("券", Decimal(99), [1]),
    )
    found = quote([(make_variant("30.00"), 1), (make_variant("10.00"), 1)], make_user(), "")
    assert [line.left for line in found.lines] == [Decimal("30.00"), Decimal("0.00")]


@pytest.mark.parametrize("what", ["variant", "product"])
def test_what_is_not_sold_has_no_price(what: str) -> None:
    nuts = make_variant()
    if what == "variant":
        nuts.is_active = False
    else:
        Product.objects.filter(pk=nuts.product_id).update(is_active=False)
        nuts.product.is_active = False
    with pytest.raises(CannotPrice, match="已下架"):
        quote([(nuts, 1)], make_user(), ZHEJIANG)
