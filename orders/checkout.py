"""Placing an order: stock, prices, discounts and terms in one transaction.

Locks the variants in key order, so that nothing is sold twice and nobody deadlocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import Address, User
from base.errors import DomainError
from base.money import ZERO
from base.numbers import new_number
from catalog.covers import cover_names
from catalog.models import Variant
from catalog.stock import take_stock
from orders.events import publish
from orders.models import CartLine, LineDiscount, Order, OrderLine
from orders.payments import settle_free_order
from orders.pricing import PricedLine, Quote, quote
from orders.registries import redemptions
from orders.states import EventKind

MAX_QUANTITY = 999


class CannotPlace(DomainError):
    """The order cannot be placed as asked; nothing was taken."""


@dataclass(frozen=True)
class Item:
    variant_id: int
    quantity: int


def load_items(items: Sequence[Item]) -> list[tuple[Variant, int]]:
    """The variants with products, in the order asked. Raises CannotPlace for what does not exist,
    twice the same variant, or a quantity that is no quantity."""
    if not items:
        raise CannotPlace(_("没有要结算的商品。"))
    wanted = {item.variant_id: item.quantity for item in items}
    if len(wanted) != len(items):
        raise CannotPlace(_("同一规格请合并为一行。"))
    if any(not 1 <= quantity <= MAX_QUANTITY for quantity in wanted.values()):
        raise CannotPlace(_("购买数量应为 1 到 %(max)d。") % {"max": MAX_QUANTITY})
    found = Variant.objects.select_related("product__category").in_bulk(list(wanted))
    if len(found) != len(wanted):
        raise CannotPlace(_("有商品已不存在，请刷新购物车。"))
    return [(found[variant_id], quantity) for variant_id, quantity in wanted.items()]


def place_order(
    buyer: User,
    items: Sequence[Item],
    *,
    address: Address | None,
    note: str = "",
    choices: Mapping[str, str] | None = None,
    expected_total: Decimal | None = None,
    token: str | None = None,
    at: datetime | None = None,
) -> Order:
    """Place an order; the cart loses what was bought. `address` may be None for virtual goods.

    `choices` are what they chose or typed for a discount, by its source ("coupon": its number).
    Raises CannotPlace, CannotPrice, ChoiceRefused or OutOfStock, and then changes nothing. With
    `expected_total` (what the buyer saw) a changed price is refused instead of charged. The same
    `token` again, or twice at once, returns the one order it made.
    """
    placed = _placed_with(buyer, token)
    if placed is not None:
        return placed
    try:
        return _place(
            buyer, items, address, note, choices or {}, expected_total, token, at or timezone.now()
        )
    except (DomainError, IntegrityError):
        placed = _placed_with(buyer, token)  # by the other click, while this one waited for stock
        if placed is None:
            raise
        return placed


def _placed_with(buyer: User, token: str | None) -> Order | None:
    return Order.objects.filter(user=buyer, token=token).first() if token else None


def _place(
    buyer: User,
    items: Sequence[Item],
    address: Address | None,
    note: str,
    choices: Mapping[str, str],
    expected_total: Decimal | None,
    token: str | None,
    at: datetime,
) -> Order:
    with transaction.atomic():
        take_stock({item.variant_id: item.quantity for item in items})
        province = address.province if address else ""
        priced = quote(load_items(items), buyer, province, choices)
        for refusal in priced.refusals.values():
            raise CannotPlace(refusal)
        if priced.needs_address and address is None:
            raise CannotPlace(_("请选择收货地址。"))
        if expected_total is not None and priced.total != expected_total:
            raise CannotPlace(_("价格或运费有变化，请确认新的金额后再提交。"))
        order = _create_order(buyer, priced, address, note, token, at)
        _create_lines(order, priced.lines)
        for source, chosen in priced.choices.items():
            redemptions[source](order, chosen, at=at)
        CartLine.objects.filter(
            cart__user=buyer, variant__in=[item.variant_id for item in items]
        ).delete()
        publish(EventKind.PLACED, order, at)
        if order.total == ZERO:
            settle_free_order(order, at=at)
    return order


def _create_order(
    buyer: User,
    priced: Quote,
    address: Address | None,
    note: str,
    token: str | None,
    at: datetime,
) -> Order:
    place = {
        name: getattr(address, name) if address else ""
        for name in ("recipient", "phone", "province", "city", "district", "street")
    }
    return Order.objects.create(
        number=new_number("D", at),
        user=buyer,
        goods_amount=priced.goods_amount,
        discount_amount=priced.discount_amount,
        shipping_amount=priced.shipping,
        total=priced.total,
        note=note[:200],
        token=token,
        placed_at=at,
        expires_at=at + timedelta(minutes=settings.UNPAID_MINUTES),
        **place,
    )


def _create_lines(order: Order, priced: Sequence[PricedLine]) -> None:
    images = cover_names([line.variant.product_id for line in priced])
    rows = OrderLine.objects.bulk_create(_order_line(order, line, images) for line in priced)
    LineDiscount.objects.bulk_create(
        LineDiscount(line=row, source=source, label=label, amount=amount)
        for row, line in zip(rows, priced, strict=True)
        for source, (label, amount) in line.discounts.items()
        if amount > ZERO
    )


def _order_line(order: Order, line: PricedLine, images: dict[int, str]) -> OrderLine:
    variant, product = line.variant, line.variant.product
    return OrderLine(
        order=order,
        variant=variant,
        product=product,
        category_path=product.category.path,
        sku=variant.sku,
        kind=product.kind,
        name=product.name,
        name_en=product.name_en,
        variant_name=variant.name,
        variant_name_en=variant.name_en,
        image=images.get(product.pk, ""),
        price=variant.price,
        cost=variant.cost,
        quantity=line.quantity,
        discount=line.discount,
        paid=line.left,
    )
