"""The cart: a guest's or a member's, one cart each, the whole of it checks out.

A guest's is known by the visitor number and goes into the member's at sign-in. Quantities never
exceed stock when they are put in; what changes afterwards is said in words on the line.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.errors import DomainError
from base.locks import lock_row, lock_rows
from base.money import ZERO
from catalog.models import ProductImage, Variant
from catalog.pictures import Picture
from orders.models import Cart, CartLine
from orders.pricing import quote

MAX_QUANTITY = 999
MAX_LINES = 100


class CannotAdd(DomainError):
    """This much of this cannot go into the cart; nothing was changed."""


@dataclass(frozen=True)
class CartOwner:
    """Whose cart: a member's, or a guest's by visitor number; neither has none yet."""

    user: User | None = None
    visitor: uuid.UUID | None = None

    @property
    def key(self) -> dict[str, Any]:
        return {"user": self.user} if self.user else {"visitor": self.visitor}

    @property
    def lines_key(self) -> dict[str, Any]:
        return {f"cart__{name}": value for name, value in self.key.items()}


@dataclass(frozen=True)
class Item:
    """A line as the cart page shows it. `gone`: cannot be bought at all; `short`: less is left."""

    variant: Variant
    quantity: int
    price_when_added: Decimal
    cover: Picture | None

    @property
    def gone(self) -> bool:
        variant = self.variant
        return not (variant.is_active and variant.product.is_active and variant.stock > 0)

    @property
    def short(self) -> bool:
        return not self.gone and self.quantity > self.variant.stock

    @property
    def most(self) -> int:
        return max(1, min(self.variant.stock, MAX_QUANTITY))

    @property
    def amount(self) -> Decimal:
        return self.variant.price * self.quantity

    @property
    def drop(self) -> Decimal:
        """By how much the price fell since it was put in (below zero: rose)."""
        return self.price_when_added - self.variant.price

    @property
    def problem(self) -> str:
        """What keeps this line from being bought, in words; empty when nothing does."""
        if not (self.variant.is_active and self.variant.product.is_active):
            return _("商品已下架")
        if self.gone:
            return _("已售罄")
        if self.short:
            return _("只剩 %(left)d 件，请减少数量") % {"left": self.variant.stock}
        return ""


@dataclass(frozen=True)
class CartContents:
    """`items` can be bought, perhaps in a smaller quantity; `gone` cannot and do not count."""

    items: Sequence[Item]
    gone: Sequence[Item]

    @property
    def pieces(self) -> int:
        return sum(item.quantity for item in self.items)

    @property
    def amount(self) -> Decimal:
        return sum((item.amount for item in self.items), ZERO)

    @property
    def is_ready(self) -> bool:
        """Whether it can go to checkout as it is."""
        return bool(self.items) and not any(item.short for item in self.items)


def read_cart(owner: CartOwner) -> CartContents:
    """What is in the cart, in the order it was put in. One query."""
    if owner == CartOwner():
        return CartContents([], [])
    first = ProductImage.objects.filter(product=OuterRef("variant__product")).order_by(
        "position", "pk"
    )
    lines = (
        CartLine.objects.filter(**owner.lines_key)
        .select_related("variant__product__category")
        .annotate(cover_name=Subquery(first.values("image")[:1]))
    )
    items = [
        Item(
            line.variant,
            line.quantity,
            line.price_when_added,
            Picture(line.cover_name) if line.cover_name else None,
        )
        for line in lines
    ]
    return CartContents(
        [item for item in items if not item.gone], [item for item in items if item.gone]
    )


def discounts_on(owner: CartOwner, cart: CartContents) -> dict[str, Decimal]:
    """What each discount would take off this cart now, by its name. Guests are asked at sign-in."""
    if owner.user is None or not cart.items:
        return {}
    priced = quote([(item.variant, item.quantity) for item in cart.items], owner.user, "")
    return priced.discounts


def count_pieces(owner: CartOwner) -> int:
    """How many pieces in the cart can be bought. One query."""
    if owner == CartOwner():
        return 0
    lines = CartLine.objects.filter(
        **owner.lines_key,
        variant__is_active=True,
        variant__product__is_active=True,
        variant__stock__gt=0,
    )
    return int(lines.aggregate(pieces=Sum("quantity"))["pieces"] or 0)


def add_to_cart(owner: CartOwner, variant_id: int, quantity: int) -> CartLine:
    """Put so many more in. Raises CannotAdd beyond stock, limits, or for what is not for sale."""
    with transaction.atomic():
        cart = _open_cart(owner)
        variant = _for_sale(variant_id)
        line = CartLine.objects.filter(cart=cart, variant=variant).first()
        if line is None:
            if cart.lines.count() >= MAX_LINES:
                raise CannotAdd(
                    _("购物车最多放 %(max)d 种商品，请先结算或清理。") % {"max": MAX_LINES}
                )
            line = CartLine(cart=cart, variant=variant, quantity=0)
        _check_quantity(variant, line.quantity + quantity, already=line.quantity)
        line.quantity += quantity
        line.price_when_added = variant.price
        line.save()
    return line


def set_quantity(owner: CartOwner, variant_id: int, quantity: int) -> None:
    """Make the line hold exactly so many; none removes it. Repeatable; a line that is not there stays so."""
    with transaction.atomic():
        lines = lock_rows(CartLine.objects.filter(**owner.lines_key, variant=variant_id))
        for line in lines:
            if quantity == 0:
                line.delete()
                continue
            if quantity > line.quantity:
                _check_quantity(_for_sale(variant_id), quantity)
            line.quantity = quantity
            line.save(update_fields=["quantity"])


def merge_carts(visitor: uuid.UUID, user: User) -> None:
    """Move a guest's cart into the member's: quantities add up, capped at stock. Safe twice."""
    with transaction.atomic():
        if not Cart.objects.filter(visitor=visitor).exists():
            return
        Cart.objects.get_or_create(user=user)
        carts = lock_rows(Cart.objects.filter(visitor=visitor) | Cart.objects.filter(user=user))
        guest = next((cart for cart in carts if cart.visitor == visitor), None)
        member = next(cart for cart in carts if cart.user_id == user.pk)
        if guest is None:
            return
        held = {line.variant_id: line for line in member.lines.all()}
        brought = list(guest.lines.select_related("variant"))
        # New lines first: they wait for their variants, and hold nothing an order could wait for.
        for line in sorted(brought, key=lambda line: line.variant_id in held):
            own = held.get(line.variant_id) or CartLine(
                cart=member,
                variant=line.variant,
                quantity=0,
                price_when_added=line.price_when_added,
            )
            most = max(1, min(line.variant.stock, MAX_QUANTITY))
            own.quantity = min(own.quantity + line.quantity, most)
            own.save()
        guest.delete()


def _open_cart(owner: CartOwner) -> Cart:
    """The owner's cart, made if need be, locked: one change of a cart at a time."""
    cart, _created = Cart.objects.get_or_create(**owner.key)
    return lock_row(Cart.objects.filter(pk=cart.pk))


def _for_sale(variant_id: int) -> Variant:
    found = Variant.objects.filter(pk=variant_id, is_active=True, product__is_active=True)
    variant = found.select_related("product").first()
    if variant is None:
        raise CannotAdd(_("这件商品已下架。"))
    return variant


def _check_quantity(variant: Variant, quantity: int, already: int = 0) -> None:
    names = {"name": str(variant), "left": variant.stock, "already": already}
    if variant.stock <= 0:
        raise CannotAdd(_("“%(name)s”已售罄。") % names)
    if quantity > variant.stock and already:
        raise CannotAdd(_("“%(name)s”只剩 %(left)d 件，购物车里已有 %(already)d 件。") % names)
    if quantity > variant.stock:
        raise CannotAdd(_("“%(name)s”只剩 %(left)d 件。") % names)
    if quantity > MAX_QUANTITY:
        raise CannotAdd(_("一种规格一次最多买 %(max)d 件。") % {"max": MAX_QUANTITY})
