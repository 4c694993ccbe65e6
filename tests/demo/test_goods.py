"""The demo's goods: complete, plausible, and safe to fill twice."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from base.accounts.regions import PROVINCES
from catalog.models import Category, Product, ProductImage, Variant
from catalog.pictures import SIZES, copy_name
from orders.models import ShippingRate
from shop.demo import goods
from shop.demo.goods import (
    COMMISSIONS,
    FIXED_COMMISSIONS,
    WINDOW,
    fill_goods,
    read_catalogue,
    sku_of,
)
from shop.demo.pictures import Drawn, Plan

Entry = dict[str, Any]


def entries() -> list[Entry]:
    return [entry for shelf in read_catalogue() for entry in shelf.products]


@pytest.fixture
def quick_pictures(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> list[Plan]:
    """The filler's real path with pictures of one pixel; says which were asked for."""
    settings.MEDIA_ROOT = str(tmp_path)
    asked: list[Plan] = []

    def draw(plans: list[Plan]) -> Iterator[Drawn]:
        for plan in plans:
            asked.append(plan)
            yield Drawn(plan.name, b"original", dict.fromkeys(SIZES, b"copy"))

    monkeypatch.setattr(goods, "draw_plans", draw)
    return asked


def test_there_is_enough_to_choose_from() -> None:
    assert len(read_catalogue()) >= 6
    assert len(entries()) >= 64
    assert sum(len(entry["variants"]) for entry in entries()) > 100
    assert sum(1 for entry in entries() if entry.get("more")) >= 20


def test_every_word_is_there_in_both_languages() -> None:
    for entry in entries():
        for name in ("name", "subtitle", "description"):
            assert entry[name].strip(), (entry["code"], name)
            assert entry[f"{name}_en"].strip(), (entry["code"], name)
            assert (
                entry[f"{name}_en"].isascii()
                or "é" in entry[f"{name}_en"]
                or any(sign in entry[f"{name}_en"] for sign in "×°−–—“”¥")
            ), entry["code"]
        for variant in entry["variants"]:
            assert variant["name"], entry["code"]
            assert variant["name_en"], entry["code"]


def test_descriptions_are_two_to_four_paragraphs_in_both_languages() -> None:
    for entry in entries():
        counts = [
            entry[name].strip().count("\n\n") + 1 for name in ("description", "description_en")
        ]
        assert counts[0] == counts[1], entry["code"]
        assert 2 <= counts[0] <= 4, entry["code"]


def test_codes_and_skus_are_unique() -> None:
    skus = [sku_of(entry, i) for entry in entries() for i in range(len(entry["variants"]))]
    assert [sku for sku, times in Counter(skus).items() if times > 1] == []


def test_a_list_price_is_above_the_price_and_goods_weigh_something() -> None:
    for entry in entries():
        for variant in entry["variants"]:
            if "list" in variant:
                assert Decimal(variant["list"]) > Decimal(variant["price"]), entry["code"]
            physical = entry.get("kind") != "virtual"
            assert bool(variant.get("weight")) == physical, entry["code"]


def test_virtual_goods_say_how_they_are_delivered() -> None:
    virtual = [entry for entry in entries() if entry.get("kind") == "virtual"]
    assert len(virtual) >= 4
    assert [entry["code"] for entry in virtual if not entry.get("delivery_note")] == []


def test_some_are_sold_out_and_some_nearly() -> None:
    stocks = [variant["stock"] for entry in entries() for variant in entry["variants"]]
    gone = [
        entry["code"]
        for entry in entries()
        if all(variant["stock"] == 0 for variant in entry["variants"])
    ]
    assert gone == ["cold-brew"]
    assert sum(1 for stock in stocks if 0 < stock < 15) >= 4


def test_commissions_fit_the_shelves_and_leave_something_over() -> None:
    tops = {shelf.category["slug"]: shelf.category["margin"] for shelf in read_catalogue()}
    assert COMMISSIONS.keys() | FIXED_COMMISSIONS.keys() == tops.keys()
    assert COMMISSIONS.keys() & FIXED_COMMISSIONS.keys() == set()
    for slug, (level1, level2, base) in COMMISSIONS.items():
        share = Decimal(1) if base == "profit" else Decimal(str(tops[slug]))
        assert level1 + level2 < share, slug
    assert Decimal("0.20") <= COMMISSIONS["beauty"][0] <= Decimal("0.30")
    assert Decimal("0.10") <= COMMISSIONS["beauty"][1] <= Decimal("0.15")
    assert Decimal("0.10") <= COMMISSIONS["home"][0] <= Decimal("0.15")
    assert Decimal("0.05") <= COMMISSIONS["home"][1] <= Decimal("0.10")


@pytest.mark.django_db
def test_the_shop_is_filled(quick_pictures: list[Plan]) -> None:
    fill_goods()

    assert Product.objects.count() == len(entries())
    assert Category.objects.filter(parent=None).count() == len(read_catalogue())
    assert not Category.objects.filter(parent=None, image="").exists()
    assert not Product.objects.filter(images=None).exists()
    assert default_storage.exists(WINDOW)
    cream = Product.objects.get(variants__sku="CERAMIDE-CREAM-1")
    assert cream.category.slug == "skincare"
    assert cream.category.path == [cream.category_id, Category.objects.get(slug="beauty").pk]
    assert cream.price_from == Decimal("158.00")
    assert "面霜" in cream.search_terms
    assert cream.variants.get().cost == Decimal("53.72")
    pictures = list(cream.images.all())
    assert [picture.position for picture in pictures] == [0, 1]
    for picture in pictures:
        for size in SIZES:
            assert default_storage.exists(copy_name(picture.image.name, size))


@pytest.mark.django_db
def test_filling_again_changes_nothing(quick_pictures: list[Plan]) -> None:
    fill_goods()
    before = everything()
    quick_pictures.clear()

    fill_goods()

    assert everything() == before
    assert quick_pictures == []


@pytest.mark.django_db
def test_what_the_merchant_changed_stays(quick_pictures: list[Plan]) -> None:
    fill_goods()
    Variant.objects.filter(sku="ALMOND-1").update(price=Decimal("1.00"), stock=3)
    Category.objects.filter(slug="snacks").update(name="小吃")
    ShippingRate.objects.all().delete()
    ShippingRate.objects.create(name="全国", first_fee=Decimal("5.00"))

    fill_goods()

    almond = Variant.objects.get(sku="ALMOND-1")
    assert (almond.price, almond.stock) == (Decimal("1.00"), 3)
    assert Category.objects.get(slug="snacks").name == "小吃"
    assert [rate.name for rate in ShippingRate.objects.all()] == ["全国"]


@pytest.mark.django_db
def test_a_filling_broken_off_is_finished_the_next_time(quick_pictures: list[Plan]) -> None:
    fill_goods()
    missing = Product.objects.get(variants__sku="ALMOND-1")
    missing.images.all().delete()
    Category.objects.filter(slug="beauty").update(image="")
    quick_pictures.clear()

    fill_goods()

    names = [plan.name for plan in quick_pictures]
    assert names == ["categories/beauty.jpg", "products/almond-1.jpg", "products/almond-2.jpg"]
    assert missing.images.count() == 2


@pytest.mark.django_db
def test_sending_is_dearer_to_far_places_and_free_from_99_elsewhere(
    quick_pictures: list[Plan],
) -> None:
    fill_goods()
    rates = {rate.name: rate for rate in ShippingRate.objects.all()}
    assert rates["江浙沪皖"].first_fee < rates["其他地区"].first_fee < rates["偏远地区"].first_fee
    assert rates["偏远地区"].free_from is None
    assert {rates[name].free_from for name in ("江浙沪皖", "其他地区")} == {Decimal("99.00")}
    assert {name for rate in rates.values() for name in rate.provinces} < set(PROVINCES)
    assert {"新疆维吾尔自治区", "西藏自治区"} < set(rates["偏远地区"].provinces)


def everything() -> list[list[Any]]:
    models = (Category, Product, Variant, ProductImage, ShippingRate)
    return [list(model._default_manager.order_by("pk").values()) for model in models]
