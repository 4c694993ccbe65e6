"""Keeping the catalogue: categories with their paths, products with what lists need.

Used by the back office, imports and the demo alike. A thousand products cost as many queries as one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from base.errors import DomainError
from base.locks import lock_rows
from base.numbers import new_code
from catalog.models import Category, Product, ProductImage, Variant
from catalog.models.product import Kind
from catalog.search import terms_of

CHUNK = 2000
LONGEST_SLUG = 60


class CannotMove(DomainError):
    """A category cannot stand below itself."""


@dataclass(frozen=True)
class VariantDraft:
    sku: str
    price: Decimal
    name: str = ""
    name_en: str = ""
    list_price: Decimal | None = None
    cost: Decimal | None = None
    stock: int = 0
    weight_grams: int = 0


@dataclass(frozen=True)
class ProductDraft:
    """A product to be made, with at least one variant."""

    category: Category
    name: str
    variants: Sequence[VariantDraft]
    kind: str = Kind.PHYSICAL
    name_en: str = ""
    subtitle: str = ""
    subtitle_en: str = ""
    description: str = ""
    description_en: str = ""
    delivery_note: str = ""
    rank: int = 0
    is_active: bool = True
    created_at: datetime | None = None


def save_category(
    *, name: str, parent: Category | None = None, category: Category | None = None, **fields: Any
) -> Category:
    """Make a category, or change `category`; paths and search of all below it follow.

    `path` ends up as the ids from itself up to its root. Without a `slug` it gets one from its
    name. Raises CannotMove when it would stand below itself.
    """
    with transaction.atomic():
        tree = {row.pk: row for row in lock_rows(Category.objects.all())}
        category = category or Category()
        if parent and category.pk and category.pk in tree[parent.pk].path:
            raise CannotMove(_("分类不能放到自己的下级里。"))
        before = tree.get(category.pk)
        for field, value in {"name": name, "parent": parent, **fields}.items():
            setattr(category, field, value)
        category.slug = category.slug or free_slugs(Category, [name])[0]
        category.save()
        _move_below(category, tree[parent.pk].path if parent else [])
        if before and (before.name, before.name_en, before.parent_id) != (
            category.name,
            category.name_en,
            category.parent_id,
        ):
            refresh_listing(Product.objects.filter(category__path__contains=[category.pk]))
    return category


def open_category(names: Sequence[str]) -> Category:
    """The category at a path of names from the top (原声/电影), made where it is missing."""
    category: Category | None = None
    for name in names:
        found = Category.objects.filter(parent=category, name=name).first()
        category = found or save_category(name=name, parent=category)
    if category is None:
        raise ValueError("a path needs at least one name")
    return category


def add_products(drafts: Sequence[ProductDraft]) -> list[Product]:
    """Make products with their variants, in the order given; four queries however many."""
    labels = _category_labels()
    slugs = free_slugs(Product, [draft.name for draft in drafts])
    products = [_product(*pair, labels) for pair in zip(drafts, slugs, strict=True)]
    with transaction.atomic():
        Product.objects.bulk_create(products, batch_size=CHUNK)
        variants = [
            Variant(product=product, position=position, **vars(variant))
            for product, draft in zip(products, drafts, strict=True)
            for position, variant in enumerate(draft.variants)
        ]
        Variant.objects.bulk_create(variants, batch_size=CHUNK)
    return products


def add_picture(product: Product, name: str, data: bytes) -> ProductImage:
    """Store a picture of a product after those it has; its smaller copies are made now."""
    position = ProductImage.objects.filter(product=product).count()
    return ProductImage.objects.create(
        product=product, image=ContentFile(data, name), position=position
    )


def refresh_listing(products: models.QuerySet[Product]) -> None:
    """Bring `price_from` and `search_terms` up to date after names, categories or prices changed."""
    ids = list(products.values_list("pk", flat=True))
    labels = _category_labels()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        _refresh_prices(chunk)
        _refresh_terms(chunk, labels)


def free_slugs(model: type[Category] | type[Product], names: Sequence[str]) -> list[str]:
    """An address for each name that nobody has yet: the name itself, or with a few letters after it."""
    wished = [slugify(name, allow_unicode=True)[:LONGEST_SLUG].strip("-") for name in names]
    taken = set(model._default_manager.filter(slug__in=set(wished)).values_list("slug", flat=True))
    slugs = []
    for wish in wished:
        slug = wish if wish and wish not in taken else f"{wish or 'p'}-{new_code(6).lower()}"
        taken.add(slug)
        slugs.append(slug)
    return slugs


def _move_below(category: Category, parent_path: list[int]) -> None:
    """Put the category's path, and the same change of all below it, under a new parent's."""
    category.path = [category.pk, *parent_path]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_category
            SET path = coalesce(path[1:array_position(path, %(id)s) - 1], '{}') || %(path)s::bigint[]
            WHERE id = %(id)s OR path @> ARRAY[%(id)s]::bigint[]
            """,
            {"id": category.pk, "path": category.path},
        )


def _product(draft: ProductDraft, slug: str, labels: dict[int, str]) -> Product:
    fields = {name: value for name, value in vars(draft).items() if name != "variants"}
    fields["created_at"] = draft.created_at or timezone.now()
    product = Product(**fields, slug=slug)
    product.price_from = min(variant.price for variant in draft.variants)
    names = [name for variant in draft.variants for name in (variant.name, variant.name_en)]
    product.search_terms = _terms(product, names, labels[draft.category.pk])
    return product


def _terms(product: Product, variant_names: Iterable[str], category_label: str) -> list[str]:
    own = [product.name, product.name_en, product.subtitle, product.subtitle_en]
    return terms_of([*own, *variant_names, category_label])


def _category_labels() -> dict[int, str]:
    """Each category's names and those above it, in both languages, as text to search."""
    rows = {row.pk: row for row in Category.objects.all()}
    return {
        pk: " ".join(f"{rows[above].name} {rows[above].name_en}" for above in row.path)
        for pk, row in rows.items()
    }


def _refresh_prices(product_ids: Sequence[int]) -> None:
    """The lowest price of what can be bought; of all variants when nothing can."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_product AS product SET price_from = lowest.price
            FROM (
                SELECT product_id, coalesce(min(price) FILTER (WHERE is_active), min(price)) AS price
                FROM catalog_variant WHERE product_id = ANY(%s) GROUP BY product_id
            ) AS lowest
            WHERE product.id = lowest.product_id AND product.price_from <> lowest.price
            """,
            [list(product_ids)],
        )


def _refresh_terms(product_ids: Sequence[int], labels: dict[int, str]) -> None:
    variant_names: dict[int, list[str]] = {}
    for product_id, name, name_en in Variant.objects.filter(product__in=product_ids).values_list(
        "product_id", "name", "name_en"
    ):
        variant_names.setdefault(product_id, []).extend([name, name_en])
    terms = [
        {"id": row.pk, "terms": _terms(row, variant_names.get(row.pk, ()), labels[row.category_id])}
        for row in Product.objects.filter(pk__in=product_ids)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_product AS product
            SET search_terms = ARRAY(SELECT jsonb_array_elements_text(change -> 'terms'))
            FROM jsonb_array_elements(%s::jsonb) AS change
            WHERE product.id = (change ->> 'id')::bigint
            """,
            [json.dumps(terms)],
        )
