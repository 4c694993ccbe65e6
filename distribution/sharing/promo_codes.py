"""Promo codes: what a buyer types in at checkout.

A code that belongs to a distributor is a sign like a link (`recognition.use_promo_code`): it
binds by the merchant's mode and moment, before the order's payees are read, and never against a
binding that stands. So it decides level 1 only through the dated relation, as everything does. A
distributor's personal code and their links' codes can be typed in too; they take nothing off.

Uses are counted under the code's lock, in the transaction that places the order, and given back
when the order closes unpaid.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.locks import lock_row, lock_rows
from base.money import ZERO, round_cent
from catalog.models import Product
from distribution.models import Binding, Distributor, PromoCode, PromoUse
from distribution.money.explanations import percent
from distribution.referral.clicks import origin_of
from distribution.referral.recognition import use_promo_code
from distribution.states import Status
from orders.models import LineDiscount, Order, OrderEvent
from orders.pricing import PricedLine
from orders.registries import ChoiceRefused, Discount

NAME = "promo_code"  # orders' name for the discount and its redemption
LONGEST = 20


class BadCode(ChoiceRefused):
    """The code cannot be used for this order, and why."""


@dataclass(frozen=True)
class Found:
    """What a typed text stands for: a promo code, or a distributor's own code (promo None)."""

    text: str
    promo: PromoCode | None
    distributor: Distributor | None


def normal_code(text: str) -> str:
    """A code as it is kept: full width made plain, in capitals; empty when it cannot be one."""
    code = unicodedata.normalize("NFKC", text).strip().upper()
    is_word = all(letter.isalnum() or letter in "_-" for letter in code)
    return code if is_word and len(code) <= LONGEST else ""


def find_code(text: str) -> Found:
    """Raises BadCode for a text that nobody's code is."""
    code = normal_code(text)
    promo = (
        PromoCode.objects.filter(code=code).select_related("owner", "product", "category").first()
        if code
        else None
    )
    if promo is not None:
        return Found(code, promo, promo.owner)
    origin = origin_of(code)
    if origin is None:
        raise BadCode(
            _("没有“%(code)s”这个优惠码，请核对后再试。") % {"code": text.strip()[:LONGEST]}
        )
    return Found(code, None, origin.distributor)


def require_usable(found: Found, buyer: User, goods: Decimal, at: datetime) -> None:
    """Raise BadCode unless the buyer may use the code now for goods of that amount."""
    if found.distributor is not None and found.distributor.pk == buyer.pk:
        raise BadCode(_("不能使用自己的推广码。"))
    if found.distributor is not None and found.distributor.status != Status.APPROVED:
        raise BadCode(_("这个优惠码目前不能使用。"))
    if found.promo is not None:
        _require_terms(found.promo, buyer, goods, at)


def _require_terms(promo: PromoCode, buyer: User, goods: Decimal, at: datetime) -> None:
    if not goods and (promo.product_id or promo.category_id):
        raise BadCode(_("这个优惠码不能用于所选的商品。"))
    if not promo.is_active:
        raise BadCode(_("这个优惠码已停用。"))
    if promo.starts_at and at < promo.starts_at:
        raise BadCode(_("这个优惠码还没有开始。"))
    if promo.ends_at and at >= promo.ends_at:
        raise BadCode(_("这个优惠码已过期。"))
    if goods < promo.minimum:
        raise BadCode(
            _("商品金额满 ¥%(minimum)s 才能使用这个优惠码。") % {"minimum": promo.minimum}
        )
    if promo.most_uses is not None and promo.used >= promo.most_uses:
        raise BadCode(_("这个优惠码已经用完了。"))
    if promo.most_per_person is not None and _used_by(promo, buyer) >= promo.most_per_person:
        raise BadCode(_("这个优惠码你已经用过了。"))


def _used_by(promo: PromoCode, buyer: User) -> int:
    return PromoUse.objects.filter(promo=promo, member=buyer, released_at=None).count()


def promo_discount(lines: Sequence[PricedLine], buyer: User, chosen: str) -> Discount | None:
    """What a typed code takes off: orders' discount source "promo_code"."""
    if not chosen:
        return None
    found = find_code(chosen)
    good = [n for n, line in enumerate(lines) if is_good_for(found.promo, line.variant.product)]
    goods = sum((lines[n].left for n in good), ZERO)
    require_usable(found, buyer, goods, timezone.now())
    off = amount_off(found.promo, goods) if found.promo else ZERO
    if not off:
        return None
    label = _("优惠码 %(code)s") % {"code": found.text}
    return Discount(label, off, good)


def is_good_for(promo: PromoCode | None, product: Product) -> bool:
    """Whether a code is meant for this product; a distributor's own code is for all."""
    if promo is None:
        return True
    if promo.product_id is not None:
        return product.pk == promo.product_id
    return promo.category_id is None or promo.category_id in product.category.path


def amount_off(promo: PromoCode, goods: Decimal) -> Decimal:
    """What a code takes off goods of that amount: never more than they cost."""
    if promo.percent is not None:
        return round_cent(goods * promo.percent)
    return min(promo.amount or ZERO, goods)


def redeem_code(order: Order, chosen: str, *, at: datetime) -> None:
    """Use a code for an order being placed: count it, and let it speak for its distributor.

    In the transaction of placing, before the payees are read. Raises BadCode when it was used up
    meanwhile.
    """
    found, off = find_code(chosen), ZERO
    if found.promo is not None:
        promo = lock_row(PromoCode.objects.filter(pk=found.promo.pk))
        found = Found(found.text, promo, found.distributor)
        off = _taken_off(order)
        require_usable(found, order.user, _goods_before(order, promo, off), at)
        promo.used += 1
        promo.save(update_fields=["used"])
    PromoUse.objects.create(
        code=found.text,
        promo=found.promo,
        owner=found.distributor,
        member=order.user,
        order=order,
        discount=off,
        at=at,
    )
    if found.distributor is not None:
        use_promo_code(order.user, found.distributor, code=found.text, at=at)


def _taken_off(order: Order) -> Decimal:
    shares = LineDiscount.objects.filter(line__order=order, source=NAME)
    return shares.aggregate(total=Sum("amount", default=ZERO))["total"]


def _goods_before(order: Order, promo: PromoCode, off: Decimal) -> Decimal:
    """What the goods that the code is meant for cost before it took `off`."""
    lines = order.lines.select_related("variant__product__category")
    return off + sum(
        (line.paid for line in lines if is_good_for(promo, line.variant.product)), ZERO
    )


def release_uses(events: Sequence[OrderEvent]) -> None:
    """Orders that closed unpaid give their uses back. Safe twice."""
    orders = [event.order_id for event in events]
    times = {event.order_id: event.at for event in events}
    waiting = PromoUse.objects.filter(order__in=orders, released_at=None)
    for pk, promo_id in waiting.order_by("promo", "pk").values_list("pk", "promo"):
        promos = lock_rows(PromoCode.objects.filter(pk=promo_id))
        for use in lock_rows(PromoUse.objects.filter(pk=pk, released_at=None)):
            use.released_at = times[use.order_id]
            use.save(update_fields=["released_at"])
            for promo in promos:
                promo.used -= 1
                promo.save(update_fields=["used"])


def save_promo_code(promo: PromoCode, *, by: User | None) -> PromoCode:
    """Add or change a code. Its letters and its owner stay; placed orders keep what they got.

    Raises BadCode for letters that cannot be typed or are a distributor's, ValidationError else.
    """
    with transaction.atomic():
        if promo._state.adding:
            promo.code = free_code(promo.code)
        else:
            before = lock_row(PromoCode.objects.filter(pk=promo.pk))
            promo.code, promo.owner_id, promo.used = before.code, before.owner_id, before.used
        promo.full_clean()
        promo.save()
        record_audit(
            "save_promo_code",
            promo,
            by=by,
            owner=promo.owner_id or "",
            terms=in_words(promo),
            most_uses=promo.most_uses,
            is_active=promo.is_active,
        )
    return promo


def free_code(text: str) -> str:
    """The letters of a new code. Raises BadCode for what cannot be typed, and for a code that is
    some distributor's own."""
    code = normal_code(text)
    if not code:
        raise BadCode(_("优惠码只能用汉字、字母、数字、- 和 _，最多 20 个字。"))
    if origin_of(code) is not None:
        raise BadCode(_("这个码已经是某位分销商的推广码，请换一个。"))
    return code


def in_words(promo: PromoCode) -> str:
    """What a code takes off and what for, in the reader's language."""
    scope = promo.product or promo.category
    words = _off_in_words(promo)
    return _("%(words)s，限%(scope)s") % {"words": words, "scope": scope} if scope else words


def _off_in_words(promo: PromoCode) -> str:
    if promo.percent is not None:
        words = _("减 %(share)s") % {"share": percent(promo.percent)}
    elif promo.amount is not None:
        words = _("减 ¥%(amount)s") % {"amount": promo.amount}
    else:
        return _("只记推荐")
    if promo.minimum:
        words = _("满 ¥%(minimum)s %(words)s") % {"minimum": promo.minimum, "words": words}
    return words


def uses_that_bound(uses: QuerySet[PromoUse]) -> QuerySet[PromoUse]:
    """Those of the uses that won a customer: a binding by a code begins when its order is placed."""
    bound = Binding.objects.filter(
        customer=OuterRef("member"), starts_at=OuterRef("at"), source=Binding.Source.PROMO_CODE
    )
    return uses.filter(Exists(bound))
