from decimal import Decimal

import pytest

from base.accounts.models import User
from base.errors import DomainError
from catalog.models import Product, Variant
from catalog.stock import OutOfStock
from orders import registries
from orders.cart import CartOwner, add_to_cart
from orders.checkout import CannotPlace, Item, place_order
from orders.models import CartLine, LineDiscount, Order, OrderEvent
from orders.registries import Discount
from orders.states import EventKind, OrderState
from tests.make import make_order, make_shipping_rate, make_user, make_variant, make_virtual


def place(buyer: User, *wanted: tuple[Variant, int], **options: object) -> Order:
    items = [Item(variant.pk, quantity) for variant, quantity in wanted]
    address = buyer.addresses.get()
    return place_order(buyer, items, **{"address": address, **options})  # type: ignore[arg-type]  # options of place_order


def test_an_order_keeps_what_was_agreed(buyer: User) -> None:
    make_shipping_rate("8.00")
    nuts = make_variant("12.50", cost="6.00", stock=5, name="250 克", name_en="250 g")
    order = place(buyer, (nuts, 2), note="放门口")
    assert (order.goods_amount, order.shipping_amount, order.total) == (
        Decimal("25.00"),
        Decimal("8.00"),
        Decimal("33.00"),
    )
    assert (order.recipient, order.province, order.note) == ("小林", "浙江省", "放门口")
    Variant.objects.filter(pk=nuts.pk).update(price=99, cost=98, name="改名")
    Product.objects.filter(pk=nuts.product_id).update(name="改名")
    line = order.lines.get()
    assert (line.price, line.cost, line.paid, line.variant_name, line.name) == (
        Decimal("12.50"),
        Decimal("6.00"),
        Decimal("25.00"),
        "250 克",
        nuts.product.name,
    )
    assert line.category_path == nuts.product.category.path
    assert list(order.events.values_list("kind", flat=True)) == [EventKind.PLACED]


def test_placing_takes_the_stock_and_only_these_lines_from_the_cart(buyer: User) -> None:
    nuts, tea = make_variant(stock=5), make_variant(stock=5)
    add_to_cart(CartOwner(user=buyer), nuts.pk, 2)
    add_to_cart(CartOwner(user=buyer), tea.pk, 1)
    place(buyer, (nuts, 2))
    nuts.refresh_from_db()
    assert nuts.stock == 3
    assert list(CartLine.objects.values_list("variant", flat=True)) == [tea.pk]


def test_discounts_are_written_down_by_line_and_source(
    buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        registries.discount_sources,
        "coupon",
        lambda lines, buyer, chosen: Discount("满减", Decimal(5), [0]),
    )
    order = place(buyer, (make_variant("20.00"), 1), (make_variant("9.00"), 1))
    assert (order.discount_amount, order.total) == (Decimal("5.00"), Decimal("24.00"))
    assert [(row.source, row.label, row.amount) for row in LineDiscount.objects.all()] == [
        ("coupon", "满减", Decimal("5.00"))
    ]


def nothing_happened(nuts: Variant) -> bool:
    nuts.refresh_from_db()
    return nuts.stock == 5 and not Order.objects.exists() and not OrderEvent.objects.exists()


def test_more_than_there_is_changes_nothing(buyer: User) -> None:
    tea, nuts = make_variant(stock=9), make_variant(stock=5)
    with pytest.raises(OutOfStock, match="只剩 5 件"):
        place(buyer, (tea, 1), (nuts, 6))
    tea.refresh_from_db()
    assert nothing_happened(nuts)
    assert tea.stock == 9


@pytest.mark.parametrize(
    ("quantities", "words"),
    [([], "没有要结算"), ([0], "1 到 999"), ([-1], "1 到 999"), ([1, 1], "合并为一行")],
)
def test_items_that_make_no_sense_are_refused(
    buyer: User, quantities: list[int], words: str
) -> None:
    nuts = make_variant(stock=5)
    with pytest.raises(CannotPlace, match=words):
        place(buyer, *((nuts, quantity) for quantity in quantities))
    assert nothing_happened(nuts)


def test_a_variant_that_does_not_exist_is_refused(buyer: User) -> None:
    with pytest.raises(CannotPlace, match="不存在"):
        place_order(buyer, [Item(10**9, 1)], address=buyer.addresses.get())


def test_inactive_goods_are_refused_by_name(buyer: User) -> None:
    nuts = make_variant(stock=5)
    Product.objects.filter(pk=nuts.product_id).update(is_active=False)
    with pytest.raises(DomainError, match=f"“{nuts.product.name}”已下架"):
        place(buyer, (nuts, 1))
    assert nothing_happened(nuts)


def test_goods_that_are_sent_need_an_address_and_virtual_ones_do_not(buyer: User) -> None:
    nuts = make_variant(stock=5)
    with pytest.raises(CannotPlace, match="收货地址"):
        place(buyer, (nuts, 1), address=None)
    assert nothing_happened(nuts)
    assert place(buyer, (make_virtual(), 1), address=None).recipient == ""


def test_another_total_than_the_buyer_saw_is_not_charged(buyer: User) -> None:
    nuts = make_variant("10.00", stock=5)
    with pytest.raises(CannotPlace, match="有变化"):
        place(buyer, (nuts, 1), expected_total=Decimal("9.99"))
    assert nothing_happened(nuts)
    place(buyer, (nuts, 1), expected_total=Decimal("10.00"))


def test_the_same_token_again_is_the_same_order(buyer: User) -> None:
    nuts = make_variant(stock=1)
    first = place(buyer, (nuts, 1), token="t")
    assert place(buyer, (nuts, 1), token="t") == first
    assert Order.objects.count() == 1


def test_a_token_is_its_buyers_own_and_refused_attempts_do_not_use_it_up(buyer: User) -> None:
    nuts = make_variant("10.00", stock=5)
    with pytest.raises(CannotPlace):
        place(buyer, (nuts, 1), token="t", expected_total=Decimal("1.00"))
    mine = place(buyer, (nuts, 1), token="t")
    other = make_user("别人")
    card = make_virtual()
    theirs = place_order(other, [Item(card.pk, 1)], address=None, token="t")
    assert mine != theirs


def test_without_a_token_every_time_is_a_new_order(buyer: User) -> None:
    nuts = make_variant()
    assert place(buyer, (nuts, 1)) != place(buyer, (nuts, 1))


def test_an_order_that_costs_nothing_is_paid_when_it_is_placed(buyer: User) -> None:
    sent = make_order(buyer, {make_variant("0.00"): 1})
    sent.refresh_from_db()
    delivered = make_order(buyer, {make_virtual("0.00"): 1})
    delivered.refresh_from_db()
    assert (sent.state, delivered.state) == (OrderState.PAID, OrderState.RECEIVED)
    assert not sent.payments.exists()
    kinds = delivered.events.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [EventKind.PLACED, EventKind.PAID, EventKind.RECEIVED]
