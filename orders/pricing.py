"""What an order costs: lines, discounts spread over them, shipping. No writes.

Discounts are applied in a fixed order (tier, campaign, coupon, promo code); each is spread over
the lines it is good for by what is left of them, largest remainder to the cent, ties to the
earlier line.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from base.accounts.models import User
from base.errors import DomainError
from base.money import ZERO, split
from catalog.models import Variant
from catalog.models.product import Kind
from orders.models import ShippingRate
from orders.registries import (
    DISCOUNT_ORDER,
    ChoiceRefused,
    Discount,
    discount_sources,
    redemptions,
)


class CannotPrice(DomainError):
    """Something in the order cannot be bought, or cannot be sent there."""


@dataclass
class PricedLine:
    """One variant of an order being made: `left` is what remains to pay after discounts so far."""

    variant: Variant
    quantity: int
    left: Decimal
    discounts: dict[str, tuple[str, Decimal]] = field(default_factory=dict)

    @property
    def gross(self) -> Decimal:
        return self.variant.price * self.quantity

    @property
    def discount(self) -> Decimal:
        return self.gross - self.left


@dataclass(frozen=True)
class Quote:
    """`choices` are what the buyer chose or typed that applies, by source; `refusals` what does
    not, and why."""

    lines: Sequence[PricedLine]
    shipping: Decimal
    choices: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)

    @property
    def goods_amount(self) -> Decimal:
        """After discounts, without shipping."""
        return sum((line.left for line in self.lines), ZERO)

    @property
    def discount_amount(self) -> Decimal:
        return sum((line.discount for line in self.lines), ZERO)

    @property
    def discounts(self) -> dict[str, Decimal]:
        """What each discount takes off, by its name."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            for label, amount in line.discounts.values():
                sums[label] = sums.get(label, ZERO) + amount
        return sums

    @property
    def noted_code(self) -> str:
        """A code that was typed and applies, and takes nothing off: it is noted all the same."""
        takes_off = any("promo_code" in line.discounts for line in self.lines)
        return "" if takes_off else self.choices.get("promo_code", "")

    @property
    def total(self) -> Decimal:
        return self.goods_amount + self.shipping

    @property
    def needs_address(self) -> bool:
        return any(line.variant.product.kind == Kind.PHYSICAL for line in self.lines)


def quote(
    items: Sequence[tuple[Variant, int]],
    buyer: User,
    province: str,
    choices: Mapping[str, str] | None = None,
) -> Quote:
    """Price these variants (with products loaded) for a buyer and a province ("" = not known yet).

    `choices`: what the buyer chose or typed, by discount source.

    Raises CannotPrice when something is no longer sold.
    """
    lines = []
    for variant, quantity in items:
        if not (variant.is_active and variant.product.is_active):
            raise CannotPrice(_("“%(name)s”已下架，请从购物车中移除。") % {"name": variant})
        lines.append(PricedLine(variant, quantity, variant.price * quantity))
    kept: dict[str, str] = {}
    refusals: dict[str, str] = {}
    for source in DISCOUNT_ORDER:
        if source not in discount_sources:
            continue
        chosen = (choices or {}).get(source, "")
        try:
            found = discount_sources[source](lines, buyer, chosen)
        except ChoiceRefused as refusal:
            refusals[source] = str(refusal)
            continue
        if found is not None:
            _spread(source, found, lines)
            chosen = found.chosen or chosen
        if source in redemptions and chosen:
            kept[source] = chosen
    return Quote(lines, shipping_fee(lines, province), kept, refusals)


def _spread(source: str, discount: Discount, lines: Sequence[PricedLine]) -> None:
    eligible = [lines[i] for i in sorted(discount.lines)]
    amount = min(discount.amount, sum((line.left for line in eligible), ZERO))
    for line, share in zip(eligible, split(amount, [x.left for x in eligible]), strict=True):
        if share:
            line.left -= share
            line.discounts[source] = (discount.label, share)


def lines_before(source: str, lines: Sequence[PricedLine]) -> list[PricedLine]:
    """The priced lines as this discount found them."""
    earlier = DISCOUNT_ORDER[: DISCOUNT_ORDER.index(source)]
    return [replace(line, left=line.gross - _taken(line, earlier)) for line in lines]


def _taken(line: PricedLine, sources: Sequence[str]) -> Decimal:
    return sum((line.discounts[s][1] for s in sources if s in line.discounts), ZERO)


def shipping_fee(lines: Sequence[PricedLine], province: str) -> Decimal:
    """By province and weight of the physical goods; free from the rate's amount on."""
    physical = [line for line in lines if line.variant.product.kind == Kind.PHYSICAL]
    if not physical or not province:
        return ZERO
    rate = rate_for(province)
    if rate is None:
        return ZERO
    goods = sum((line.left for line in physical), ZERO)
    if rate.free_from is not None and goods >= rate.free_from:
        return ZERO
    grams = sum(line.variant.weight_grams * line.quantity for line in physical)
    steps = math.ceil(max(0, grams - rate.first_grams) / rate.step_grams)
    return rate.first_fee + steps * rate.step_fee


def rate_for(province: str) -> ShippingRate | None:
    """The rate that names the province, else the one for all others. None = sending is free."""
    rates = list(ShippingRate.objects.order_by("pk"))
    named = [rate for rate in rates if province in rate.provinces]
    others = [rate for rate in rates if not rate.provinces]
    return next(iter(named or others), None)
