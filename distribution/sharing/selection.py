"""The selection of goods (选品): what a distributor keeps to share, and what of it still sells."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.errors import DomainError
from base.locks import lock_row
from base.money import ZERO
from catalog.listing import for_cards, for_sale
from catalog.models import Product
from distribution.models import Commission, Distributor, Pick
from distribution.sharing.estimates import Estimate, estimate_products
from distribution.states import Status

MOST_PICKS = 300


class CannotPick(DomainError):
    """The product is not sold any more, or the selection is full."""


class Sort(models.TextChoices):
    NEWEST = "", gettext_lazy("最近选入")
    EARNING = "earning", gettext_lazy("一件赚得最多")
    BROUGHT = "brought", gettext_lazy("我卖得最多")
    PRICE = "price", gettext_lazy("价格从低到高")


def pick(distributor: Distributor, product: Product, *, at: datetime | None = None) -> Pick:
    """Keep a product. Picking it again changes nothing. Raises CannotPick."""
    with transaction.atomic():
        lock_row(Distributor.objects.filter(pk=distributor.pk))
        kept = Pick.objects.filter(distributor=distributor, product=product).first()
        if kept is not None:
            return kept
        if not product.is_active:
            raise CannotPick(_("这件商品已下架，不能选入。"))
        if distributor.picks.count() >= MOST_PICKS:
            raise CannotPick(
                _("选品库最多放 %(count)d 件商品，请先移出一些。") % {"count": MOST_PICKS}
            )
        return Pick.objects.create(
            distributor=distributor, product=product, added_at=at or timezone.now()
        )


def unpick(distributor: Distributor, product: Product) -> None:
    """Keep it no longer. Repeatable."""
    Pick.objects.filter(distributor=distributor, product=product).delete()


def picked_of(distributor: Distributor, product_ids: Collection[int]) -> set[int]:
    """Which of these products they keep."""
    found = Pick.objects.filter(distributor=distributor, product__in=product_ids)
    return set(found.values_list("product", flat=True))


def picks_of(distributor: Distributor, *, search: str = "") -> QuerySet[Product]:
    """The products they keep, newest pick first, as cards show them, with `added_at`."""
    added = Pick.objects.filter(distributor=distributor, product=OuterRef("pk"))
    kept = Product.objects.filter(pk__in=distributor.picks.values("product")).annotate(
        added_at=Subquery(added.values("added_at")[:1]), pick_id=Subquery(added.values("pk")[:1])
    )
    if search:
        kept = kept.filter(Q(name__icontains=search) | Q(name_en__icontains=search))
    return for_cards(kept.order_by("-added_at", "-pick_id"))


@dataclass(frozen=True)
class Picked:
    """A product of the selection: what it would earn, and what it has brought them so far."""

    product: Product
    estimate: Estimate
    orders: int
    earned: Decimal

    @property
    def is_for_sale(self) -> bool:
        """Whether anybody can buy it, also while its distributor would not be paid."""
        has_variant = self.product.most_stock is not None  # type: ignore[attr-defined]  # annotated by for_cards
        return self.product.is_active and has_variant


def shown_picks(
    distributor: Distributor, *, at: datetime, search: str = "", sort: str = Sort.NEWEST
) -> list[Picked]:
    """The whole selection in an order. At most MOST_PICKS rows, a fixed number of queries."""
    products = list(picks_of(distributor, search=search))
    ids = [product.pk for product in products]
    estimates = estimate_products(distributor, ids, at=at)
    brought = _brought(distributor, ids)
    rows = [
        Picked(product, estimates.get(product.pk, Estimate()), *brought.get(product.pk, (0, ZERO)))
        for product in products
    ]
    return _sorted(rows, sort)


def _sorted(rows: Sequence[Picked], sort: str) -> list[Picked]:
    if sort == Sort.EARNING:
        return sorted(rows, key=lambda row: -row.estimate.highest)
    if sort == Sort.BROUGHT:
        return sorted(rows, key=lambda row: (-row.earned, -row.orders))
    if sort == Sort.PRICE:
        return sorted(rows, key=lambda row: row.product.price_from)
    return list(rows)


def _brought(
    distributor: Distributor, product_ids: Collection[int]
) -> dict[int, tuple[int, Decimal]]:
    """By product: the orders at level 1 that paid them for it, and how much."""
    rows = (
        Commission.objects.filter(
            payee=distributor, level=1, amount__gt=0, line__product__in=product_ids
        )
        .order_by()
        .values_list("line__product")
        .annotate(orders=Count("order", distinct=True), total=Sum("amount"))
    )
    return {product: (orders, total) for product, orders, total in rows}


def shelf_of(code: str) -> tuple[Distributor, QuerySet[Product]] | None:
    """What the public may see of the selection behind a personal code: the goods that are sold.

    None for a code of nobody who is approved.
    """
    person = (
        Distributor.objects.filter(code=code.upper(), status=Status.APPROVED)
        .select_related("user")
        .first()
    )
    if person is None:
        return None
    added = Pick.objects.filter(distributor=person, product=OuterRef("pk"))
    goods = for_sale().annotate(added_at=Subquery(added.values("added_at")[:1]))
    kept = goods.filter(Exists(added)).order_by("-added_at", "-pk")
    return person, for_cards(kept)
