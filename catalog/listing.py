"""Lists of products as pages show them: cover, stock, order, filters. One query a list."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product, ProductImage, Variant

# What `?sort=` may be: its name for people and its order. Every order ends in a unique column.
SORTS = {
    "": (_("综合"), ("-rank", "-sold", "-pk")),
    "sold": (_("销量"), ("-sold", "-pk")),
    "new": (_("新品"), ("-created_at", "-pk")),
    "price": (_("价格从低到高"), ("price_from", "pk")),
    "-price": (_("价格从高到低"), ("-price_from", "-pk")),
}


def for_cards(products: QuerySet[Product]) -> QuerySet[Product]:
    """Add what a product card shows, `cover_name` and `most_stock`, and leave out long texts.

    Both are looked up for the rows of the page alone, after sorting.
    """
    pictures = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
    variants = Variant.objects.filter(product=OuterRef("pk"), is_active=True).order_by("-stock")
    return products.annotate(
        cover_name=Subquery(pictures.values("image")[:1]),
        most_stock=Subquery(variants.values("stock")[:1]),
    ).defer("description", "description_en", "delivery_note", "search_terms")


def has_stock() -> Exists:
    """The condition that something of the product can be bought now."""
    return Exists(Variant.objects.filter(product=OuterRef("pk"), is_active=True, stock__gt=0))


def for_sale() -> QuerySet[Product]:
    return Product.objects.filter(is_active=True)


@dataclass
class Shelf:
    """A category in the tree of those that are shown."""

    category: Category
    children: list["Shelf"] = field(default_factory=list)

    def ids(self) -> list[int]:
        """This category's and all below it."""
        below = [pk for child in self.children for pk in child.ids()]
        return [self.category.pk, *below]


class Shelves:
    """The tree of shown categories, read in one query; a hidden category hides those below it."""

    def __init__(self) -> None:
        self._by_id = {row.pk: Shelf(row) for row in Category.objects.filter(is_active=True)}
        self.top: list[Shelf] = []
        for shelf in self._by_id.values():
            parent_id = shelf.category.parent_id
            if parent_id is None:
                self.top.append(shelf)
            elif parent_id in self._by_id:
                self._by_id[parent_id].children.append(shelf)
        self._shown = [pk for shelf in self.top for pk in shelf.ids()]

    def shown(self) -> list[Category]:
        """All of them, each followed by those below it."""
        return [self._by_id[pk].category for pk in self._shown]

    def find(self, slug: str) -> Shelf | None:
        shown = (self._by_id[pk] for pk in self._shown)
        return next((shelf for shelf in shown if shelf.category.slug == slug), None)

    def ids_around(self, category: Category) -> list[int]:
        """All that stand on the same top shelf as a category."""
        top = self._by_id.get(category.path[-1]) if category.path else None
        return top.ids() if top else []

    def trail(self, path: Iterable[int]) -> list[Category]:
        """The shown categories of a path (nearest first), from the top down."""
        return [self._by_id[pk].category for pk in reversed(list(path)) if pk in self._shown]
