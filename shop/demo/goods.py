"""The goods of the demo shop: shelves, products, shipping rates and their pictures.

What is sold is written in `catalogue/*.toml`, one file a shelf; here it becomes rows and pictures
through the catalog's own functions.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from base.money import round_cent
from catalog.models import Category, Product, ProductImage, Variant
from catalog.models.product import Kind
from catalog.pictures import copy_name
from catalog.products import ProductDraft, VariantDraft, add_products, save_category
from orders.models import ShippingRate
from shop.demo.pictures import Drawn, Plan, Thing, draw_plans

FOLDER = Path(__file__).parent / "catalogue"
# The shelves in the order shoppers see them.
SHELVES = ("snacks", "beauty", "home", "tea", "pantry", "baby", "digital", "services")

# Suggested commissions: (level 1, level 2, base) by category; beauty first, as the seed does.
# Beauty has room for 20–30 % and 10–15 %, daily goods for 10–15 % and 5–10 %; margins of gadgets
# differ so much that a share of the profit is fairer.
COMMISSIONS: dict[str, tuple[Decimal, Decimal, str]] = {
    "beauty": (Decimal("0.25"), Decimal("0.12"), "paid"),
    "home": (Decimal("0.12"), Decimal("0.06"), "paid"),
    "snacks": (Decimal("0.15"), Decimal("0.06"), "paid"),
    "tea-coffee": (Decimal("0.16"), Decimal("0.06"), "paid"),
    "baby": (Decimal("0.10"), Decimal("0.05"), "paid"),
    "pantry": (Decimal("0.08"), Decimal("0.03"), "paid"),
    "digital": (Decimal("0.30"), Decimal("0.12"), "profit"),
}
# Fixed amounts a piece: (level 1, level 2).
FIXED_COMMISSIONS: dict[str, tuple[Decimal, Decimal]] = {
    "services": (Decimal("5.00"), Decimal("2.00")),
}

# Fees of the first kilogram, of each further one, and from when sending is free.
SHIPPING_RATES: tuple[tuple[str, tuple[str, ...], str, str, str | None], ...] = (
    ("江浙沪皖", ("上海市", "江苏省", "浙江省", "安徽省"), "6.00", "1.00", "99.00"),
    (
        "偏远地区",
        ("新疆维吾尔自治区", "西藏自治区", "内蒙古自治区", "青海省", "甘肃省", "宁夏回族自治区"),
        "18.00",
        "10.00",
        None,
    ),
    ("其他地区", (), "9.00", "3.00", "99.00"),
)

WINDOW = "home/window.jpg"  # the wide picture of the shop, among the stored files

OLDEST_DAYS, NEWEST_DAYS = 400, 95  # before the demo's first order


@dataclass(frozen=True)
class Shelf:
    """One file of the catalogue: a top category, those below it, and its products."""

    category: dict[str, Any]
    children: list[dict[str, Any]]
    products: list[dict[str, Any]]


@cache
def read_catalogue() -> tuple[Shelf, ...]:
    shelves = []
    for name in SHELVES:
        data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        shelves.append(Shelf(data["category"], data["child"], data["product"]))
    return tuple(shelves)


def fill_goods() -> None:
    """Put the demo's goods into the shop. Done again it adds only what is missing.

    A product that is there, whatever the merchant made of it since, stays as it is.
    """
    with transaction.atomic():
        _fill_rates()
        categories = _fill_categories()
        _fill_products(categories)
    _fill_pictures()


def _fill_rates() -> None:
    if ShippingRate.objects.exists():
        return
    ShippingRate.objects.bulk_create(
        ShippingRate(
            name=name,
            provinces=list(provinces),
            first_fee=Decimal(first),
            step_fee=Decimal(step),
            free_from=Decimal(free) if free else None,
        )
        for name, provinces, first, step, free in SHIPPING_RATES
    )


def _fill_categories() -> dict[str, Category]:
    """Every category by its slug."""
    known = {category.slug: category for category in Category.objects.all()}
    for position, shelf in enumerate(read_catalogue(), start=1):
        top = _category(known, shelf.category, None, position)
        for place, child in enumerate(shelf.children, start=1):
            _category(known, child, top, place)
    return known


def _category(
    known: dict[str, Category], entry: dict[str, Any], parent: Category | None, position: int
) -> Category:
    slug = entry["slug"]
    if slug not in known:
        known[slug] = save_category(
            name=entry["name"],
            parent=parent,
            slug=slug,
            name_en=entry["name_en"],
            position=position,
        )
    return known[slug]


def _fill_products(categories: dict[str, Category]) -> None:
    wanted = [(shelf, entry) for shelf in read_catalogue() for entry in shelf.products]
    present = set(Variant.objects.values_list("sku", flat=True))
    missing = [pair for pair in wanted if sku_of(pair[1], 0) not in present]
    if missing:
        add_products([_draft(shelf, entry, categories) for shelf, entry in missing])


def _draft(shelf: Shelf, entry: dict[str, Any], categories: dict[str, Category]) -> ProductDraft:
    margin = Decimal(str(entry.get("margin", shelf.category["margin"])))
    return ProductDraft(
        category=categories[entry["child"]],
        name=entry["name"],
        name_en=entry["name_en"],
        subtitle=entry["subtitle"],
        subtitle_en=entry["subtitle_en"],
        description=entry["description"].strip(),
        description_en=entry["description_en"].strip(),
        delivery_note=entry.get("delivery_note", "").strip(),
        kind=Kind(entry.get("kind", Kind.PHYSICAL)),
        rank=entry.get("rank", 0),
        created_at=timezone.now() - timedelta(days=_age(entry["code"])),
        variants=[
            VariantDraft(
                sku=sku_of(entry, i),
                name=variant["name"],
                name_en=variant["name_en"],
                price=Decimal(variant["price"]),
                list_price=Decimal(variant["list"]) if "list" in variant else None,
                cost=round_cent(Decimal(variant["price"]) * (1 - margin)),
                stock=variant["stock"],
                weight_grams=variant.get("weight", 0),
            )
            for i, variant in enumerate(entry["variants"])
        ],
    )


def sku_of(entry: dict[str, Any], i: int) -> str:
    return f"{entry['code'].upper()}-{i + 1}"


def _age(code: str) -> int:
    """Days since it came to the shop: different for each, the same every time."""
    return NEWEST_DAYS + sum(ord(letter) * (i + 7) for i, letter in enumerate(code)) % (
        OLDEST_DAYS - NEWEST_DAYS
    )


# --- Pictures ----------------------------------------------------------------------------------
def _fill_pictures() -> None:
    """Draw what has no picture yet. Each product's pictures are stored together or not at all."""
    bare = set(Product.objects.filter(images=None).values_list("pk", flat=True))
    owners = dict(Variant.objects.filter(product__in=bare).values_list("sku", "product_id"))
    plans = {
        entry["code"]: product_plans(shelf, entry, position)
        for shelf in read_catalogue()
        for position, entry in enumerate(shelf.products)
        if sku_of(entry, 0) in owners
    }
    tiles = {
        shelf.category["slug"]: tile_plan(shelf)
        for shelf in read_catalogue()
        if Category.objects.filter(slug=shelf.category["slug"], image="").exists()
    }
    windows = [] if default_storage.exists(WINDOW) else [window_plan()]
    covers = [plan for several in plans.values() for plan in several]
    drawn = draw_plans([*windows, *tiles.values(), *covers])
    for _ in windows:
        _store(next(drawn))
    for slug in tiles:
        Category.objects.filter(slug=slug).update(image=_store(next(drawn)))
    for code, several in plans.items():
        names = [_store(next(drawn)) for _ in several]
        product_id = owners[f"{code.upper()}-1"]
        ProductImage.objects.bulk_create(
            ProductImage(product_id=product_id, image=name, position=position)
            for position, name in enumerate(names)
        )


def _store(picture: Drawn) -> str:
    """Write a picture and its copies; returns the name it got."""
    name = default_storage.save(picture.name, ContentFile(picture.original))
    for size, data in picture.copies.items():
        default_storage.delete(copy_name(name, size))
        default_storage.save(copy_name(name, size), ContentFile(data))
    return name


# Neighbours on a shelf stand on different scenes and on walls of slightly different colour.
STANDING = ("arch", "plinth", "disc", "sweep", "window", "steps")
TURNS = (0, 16, -14, 8, -22, 22)


def product_plans(shelf: Shelf, entry: dict[str, Any], position: int) -> list[Plan]:
    """The pictures of one product, the cover first."""
    cover = _thing(entry["picture"])
    sights: list[tuple[tuple[Thing, ...], str]] = [((cover,), entry.get("loose", ""))]
    for more in entry.get("more", ()):
        sights.append((tuple(_things(cover, more)), ""))
    start = SHELVES.index(_file_of(shelf)) + position
    return [
        Plan(
            name=f"products/{entry['code']}-{i + 1}.jpg",
            things=things,
            scene=_scene(things, start + i),
            hue=(shelf.category["hue"] + TURNS[(start + i) % len(TURNS)]) % 360,
            light=(0.915, 0.895, 0.925, 0.905)[(start + i) % 4],
            loose=loose,
        )
        for i, (things, loose) in enumerate(sights)
    ]


def tile_plan(shelf: Shelf) -> Plan:
    """The square picture of a shelf: three of its products together."""
    by_code = {entry["code"]: entry for entry in shelf.products}
    things = tuple(_thing(by_code[code]["picture"]) for code in shelf.category["tile"])
    slug = shelf.category["slug"]
    return Plan(f"categories/{slug}.jpg", things, "disc", shelf.category["hue"], 0.9)


def window_plan() -> Plan:
    """The wide picture of the home page: one good of each of six shelves."""
    codes = ("espresso-beans", "cashew", "longjing", "hyaluron-serum", "ceramide-cream", "honey")
    entries = {entry["code"]: entry for shelf in read_catalogue() for entry in shelf.products}
    things = tuple(_thing(entries[code]["picture"]) for code in codes)
    return Plan(WINDOW, things, "shelf", 62, 0.915, loose="almond+cashew", wide=True)


def _things(cover: Thing, more: dict[str, Any]) -> Iterator[Thing]:
    """What a further picture shows: the cover's thing in several colours, or something else."""
    if "lineup" not in more:
        yield _thing(more)
        return
    for colour in more["lineup"]:
        fields = {**vars(cover), more.get("vary", "main"): colour}
        yield Thing(**fields)


def _thing(entry: dict[str, Any]) -> Thing:
    return Thing(**entry)


def _scene(things: Sequence[Thing], turn: int) -> str:
    if any(thing.kind.lies for thing in things):
        return "flat"
    if len(things) > 1:
        return ("disc", "sweep", "window")[turn % 3]
    return STANDING[turn % len(STANDING)]


def _file_of(shelf: Shelf) -> str:
    return SHELVES[read_catalogue().index(shelf)]
