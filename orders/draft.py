"""An order as its buyer sees it before placing it: lines, amounts, what cannot be bought and why.

No writes; nothing is held for the buyer. Placing prices everything again.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.money import ZERO
from catalog.covers import cover_names
from catalog.models import Variant
from catalog.pictures import Picture
from orders.checkout import Item, load_items
from orders.coupons import Choice, coupon_choices
from orders.models import Order
from orders.pricing import PricedLine, Quote, lines_before, quote


@dataclass(frozen=True)
class DraftLine:
    """A line that can be bought."""

    priced: PricedLine
    picture: Picture | None


@dataclass(frozen=True)
class Unavailable:
    """A line that cannot be bought now, and why, in words."""

    variant: Variant
    quantity: int
    reason: str
    picture: Picture | None


@dataclass(frozen=True)
class Draft:
    """`token` names the order this draft would become, the same in every tab."""

    lines: Sequence[DraftLine]
    unavailable: Sequence[Unavailable]
    quote: Quote
    coupons: Sequence[Choice]
    token: str

    @property
    def pieces(self) -> int:
        return sum(line.priced.quantity for line in self.lines)

    @property
    def gross(self) -> Decimal:
        """Goods at their prices, before discounts."""
        return sum((line.priced.gross for line in self.lines), ZERO)

    @property
    def discounts(self) -> dict[str, Decimal]:
        """What each discount takes off, by its name."""
        return self.quote.discounts


def draft_order(
    buyer: User, items: Sequence[Item], province: str, choices: Mapping[str, str] | None = None
) -> Draft:
    """What placing these items would come to now, with what the buyer chose or typed. Raises CannotPlace for items that make no sense."""
    loaded = load_items(items)
    names = cover_names(variant.product_id for variant, _pieces in loaded)
    pictures = {pk: Picture(name) for pk, name in names.items()}
    available = []
    unavailable = []
    for variant, quantity in loaded:
        reason = why_unavailable(variant, quantity)
        if reason:
            picture = pictures.get(variant.product_id)
            unavailable.append(Unavailable(variant, quantity, reason, picture))
        else:
            available.append((variant, quantity))
    priced = quote(available, buyer, province, choices)
    lines = [DraftLine(line, pictures.get(line.variant.product_id)) for line in priced.lines]
    kept = [Item(line.variant.pk, line.quantity) for line in priced.lines]
    coupons = coupon_choices(buyer, lines_before("coupon", priced.lines), timezone.now())
    return Draft(lines, unavailable, priced, coupons, checkout_token(buyer, kept))


def why_unavailable(variant: Variant, quantity: int) -> str:
    """What keeps so many pieces from being bought, in words; empty when nothing does."""
    if not (variant.is_active and variant.product.is_active):
        return _("商品已下架")
    if variant.stock <= 0:
        return _("已售罄")
    if variant.stock < quantity:
        return _("只剩 %(left)d 件，请减少数量") % {"left": variant.stock}
    return ""


def checkout_token(buyer: User, items: Iterable[Item]) -> str:
    """Names the buyer's next order of these items, until they place one."""
    latest = Order.objects.filter(user=buyer).order_by("-pk").values_list("pk", flat=True).first()
    wanted = sorted((item.variant_id, item.quantity) for item in items)
    return hashlib.sha256(f"{buyer.pk} {latest} {wanted}".encode()).hexdigest()[:40]
