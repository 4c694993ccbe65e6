"""Coupons: given to people, chosen at checkout, used up by one order.

A coupon looks at what earlier discounts leave of the lines it is good for. A gift coupon makes one
piece of its product free: the piece is an ordinary line, so that stock, shipping and refunds know
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.errors import DomainError
from base.locks import lock_row
from base.money import ZERO, round_cent
from orders.models import Coupon, CouponOffer, Order
from orders.pricing import PricedLine
from orders.registries import ChoiceRefused, Discount

BEST = "best"  # at checkout, before the buyer has chosen


class CannotIssue(DomainError):
    """The offer is used up, over, or this person has all they may have."""


def issue_coupon(
    user: User,
    offer: CouponOffer,
    *,
    reason: str,
    key: str | None = None,
    at: datetime | None = None,
) -> Coupon:
    """Give somebody a coupon. The same `key` again returns the one it made.

    Locks the offer, so that its limits hold however many are given at once. Raises CannotIssue.
    """
    at = at or timezone.now()
    with transaction.atomic():
        offer = lock_row(CouponOffer.objects.filter(pk=offer.pk))
        if key is not None and (made := Coupon.objects.filter(key=key).first()):
            return made
        if refusal := why_not_issued(user, offer):
            raise CannotIssue(refusal)
        return Coupon.objects.create(
            offer=offer,
            user=user,
            key=key,
            reason=reason[:100],
            issued_at=at,
            expires_at=at + timedelta(days=offer.valid_days),
        )


def why_not_issued(user: User, offer: CouponOffer) -> str:
    """Why this person cannot have a coupon of the offer now; empty when they can."""
    if not offer.is_active:
        return _("“%(name)s”已停止发放。") % {"name": offer.title}
    if offer.most is not None and offer.coupons.count() >= offer.most:
        return _("“%(name)s”已发完。") % {"name": offer.title}
    if offer.coupons.filter(user=user).count() >= offer.per_person:
        most = {"name": offer.title, "count": offer.per_person}
        return _("“%(name)s”每人最多 %(count)d 张。") % most
    return ""


def coupons_of(user: User) -> QuerySet[Coupon]:
    return Coupon.objects.filter(user=user).select_related(
        "offer__product", "offer__category", "order"
    )


def usable_coupons(user: User, at: datetime) -> QuerySet[Coupon]:
    """Not used, not over; what ends soonest first."""
    return coupons_of(user).filter(order=None, expires_at__gt=at).order_by("expires_at", "pk")


def past_coupons(user: User, at: datetime) -> QuerySet[Coupon]:
    """Used or over; the newest first."""
    return coupons_of(user).filter(Q(order__isnull=False) | Q(expires_at__lte=at))


def find_coupons(coupons: QuerySet[Coupon], words: str) -> QuerySet[Coupon]:
    """By name, by what they were given for, or by the order they went into."""
    return coupons.filter(
        Q(offer__name__icontains=words)
        | Q(offer__name_en__icontains=words)
        | Q(reason__icontains=words)
        | Q(order__number__icontains=words)
    )


@dataclass(frozen=True)
class Choice:
    """A coupon at checkout: what it takes off now, or why nothing."""

    coupon: Coupon
    discount: Decimal
    refusal: str


def coupon_choices(user: User, lines: Sequence[PricedLine], at: datetime) -> list[Choice]:
    """This buyer's coupons for these lines, the best first; those that do not apply last. One
    query. The lines are as the discounts before coupons leave them."""
    found = []
    for coupon in usable_coupons(user, at):
        try:
            found.append(Choice(coupon, worth(coupon.offer, lines).amount, ""))
        except ChoiceRefused as refusal:
            found.append(Choice(coupon, ZERO, str(refusal)))
    return sorted(found, key=lambda choice: -choice.discount)


def coupon_discount(lines: Sequence[PricedLine], buyer: User, chosen: str) -> Discount | None:
    """The discount source "coupon": the coupon with this number, or the best there is."""
    if not chosen:
        return None
    if chosen == BEST:
        best = next(iter(coupon_choices(buyer, lines, timezone.now())), None)
        if best is None or best.refusal:
            return None
        return replace(worth(best.coupon.offer, lines), chosen=str(best.coupon.pk))
    coupon = usable_coupons(buyer, timezone.now()).filter(pk=_number(chosen)).first()
    if coupon is None:
        raise ChoiceRefused(_("这张优惠券已用过、已过期或不存在，请重新选择。"))
    return worth(coupon.offer, lines)


def use_coupon(order: Order, chosen: str, *, at: datetime) -> None:
    """Use the chosen coupon up for this new order. Two orders at once: the second is refused."""
    used = Coupon.objects.filter(
        pk=_number(chosen), user=order.user_id, order=None, expires_at__gt=at
    ).update(order=order, used_at=at)
    if not used:
        raise ChoiceRefused(_("这张优惠券已用过、已过期或不存在，请重新选择。"))


def return_coupon(order: Order) -> None:
    """An order that closed unpaid gives its coupon back, as long as that lives."""
    Coupon.objects.filter(order=order).update(order=None, used_at=None)


def worth(offer: CouponOffer, lines: Sequence[PricedLine]) -> Discount:
    """What a coupon of this offer takes off these lines. Raises ChoiceRefused, with the reason."""
    good = [i for i, line in enumerate(lines) if _is_good_for(offer, line)]
    if not good:
        raise ChoiceRefused(_("没有适用的商品"))
    if offer.kind == CouponOffer.Kind.GIFT:
        cheapest = min(good, key=lambda i: lines[i].left / lines[i].quantity)
        amount = round_cent(lines[cheapest].left / lines[cheapest].quantity)
        # What has to be bought comes beside the present.
        reached = sum((line.left for line in lines), ZERO) - amount
        good = [cheapest]
    else:
        reached = sum((lines[i].left for i in good), ZERO)
        amount = min(offer.amount or round_cent(reached * (offer.share or ZERO)), reached)
    if reached < offer.min_amount:
        missing = offer.min_amount - reached
        raise ChoiceRefused(_("还差 ¥%(amount)s 可用") % {"amount": missing})
    return Discount(offer.title, amount, good)


def _is_good_for(offer: CouponOffer, line: PricedLine) -> bool:
    product = line.variant.product
    if offer.product_id is not None:
        return product.pk == offer.product_id
    return offer.category_id is None or offer.category_id in product.category.path


def _number(chosen: str) -> int:
    """The number of a coupon, 0 for what is none."""
    return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
