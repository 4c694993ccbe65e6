from collections.abc import Callable
from decimal import Decimal

import pytest

from catalog.models import Category, Product, Variant
from catalog.products import (
    CannotMove,
    ProductDraft,
    VariantDraft,
    add_products,
    free_slugs,
    open_category,
    refresh_listing,
    save_category,
)
from catalog.search import find_products

pytestmark = pytest.mark.django_db


def draft(category: Category, name: str, *prices: str) -> ProductDraft:
    variants = [VariantDraft(f"{name}-{price}", Decimal(price)) for price in prices]
    return ProductDraft(category, name, variants)


def test_a_path_runs_from_the_category_to_its_root() -> None:
    snacks = save_category(name="零食")
    nuts = save_category(name="坚果", parent=snacks)
    almonds = save_category(name="巴旦木", parent=nuts)
    assert almonds.path == [almonds.pk, nuts.pk, snacks.pk]
    assert Category.objects.get(pk=almonds.pk).path == [almonds.pk, nuts.pk, snacks.pk]


def test_moving_a_category_moves_all_below_it() -> None:
    snacks, gifts = save_category(name="零食"), save_category(name="礼品")
    nuts = save_category(name="坚果", parent=snacks)
    almonds = save_category(name="巴旦木", parent=nuts)
    save_category(name="坚果", parent=gifts, category=nuts)
    paths = {row.name: row.path for row in Category.objects.all()}
    assert paths == {
        "零食": [snacks.pk],
        "礼品": [gifts.pk],
        "坚果": [nuts.pk, gifts.pk],
        "巴旦木": [almonds.pk, nuts.pk, gifts.pk],
    }
    save_category(name="坚果", parent=None, category=nuts)
    assert Category.objects.get(pk=almonds.pk).path == [almonds.pk, nuts.pk]


def test_a_category_cannot_stand_below_itself() -> None:
    snacks = save_category(name="零食")
    nuts = save_category(name="坚果", parent=snacks)
    for parent in (nuts, snacks):
        with pytest.raises(CannotMove):
            save_category(name="零食", parent=parent, category=Category.objects.get(pk=snacks.pk))
    assert Category.objects.get(pk=snacks.pk).parent is None


def test_renaming_a_category_is_searched_at_once() -> None:
    snacks = save_category(name="零食")
    nuts = save_category(name="坚果", parent=snacks)
    add_products([draft(nuts, "巴旦木", "10")])
    save_category(name="小吃", category=snacks)
    assert find_products(Product.objects.all(), "小吃").count() == 1
    assert find_products(Product.objects.all(), "零食").count() == 0


def test_a_path_of_names_is_made_once() -> None:
    first = open_category(["原声", "电影"])
    assert open_category(["原声", "电影"]) == first
    assert [row.name for row in Category.objects.all()] == ["原声", "电影"]
    with pytest.raises(ValueError, match="at least one"):
        open_category([])


def test_products_come_with_variants_prices_and_addresses() -> None:
    snacks = save_category(name="零食")
    nut, tea = add_products([draft(snacks, "坚果", "30", "12.50"), draft(snacks, "红茶", "8")])
    assert (nut.price_from, tea.price_from) == (Decimal("12.50"), Decimal("8"))
    assert (nut.slug, tea.slug) == ("坚果", "红茶")
    assert [variant.sku for variant in nut.variants.all()] == ["坚果-30", "坚果-12.50"]


@pytest.mark.parametrize("number", [1, 300])
def test_any_number_of_products_costs_the_same(
    number: int, django_assert_num_queries: Callable
) -> None:
    snacks = save_category(name="零食")
    drafts = [draft(snacks, f"坚果{i}", f"{i + 1}") for i in range(number)]
    # categories, taken slugs, savepoint, products, variants, release
    with django_assert_num_queries(6):
        add_products(drafts)
    # keys, categories, prices, variants, products, terms
    with django_assert_num_queries(6):
        refresh_listing(Product.objects.all())


def test_an_address_is_the_name_or_the_name_with_letters_behind() -> None:
    snacks = save_category(name="零食")
    add_products([draft(snacks, "坚果", "1")])
    slugs = free_slugs(Product, ["坚果", "红茶", "红茶", "!!"])
    assert slugs[1] == "红茶"
    assert slugs[0].startswith("坚果-")
    assert slugs[2].startswith("红茶-")
    assert slugs[3].startswith("p-")
    assert len(set(slugs)) == 4


def test_refreshing_follows_prices_and_names() -> None:
    snacks = save_category(name="零食")
    (nut,) = add_products([draft(snacks, "坚果", "30", "20")])
    Variant.objects.filter(sku="坚果-20").update(is_active=False)
    Product.objects.filter(pk=nut.pk).update(name="核桃")
    refresh_listing(Product.objects.filter(pk=nut.pk))
    nut.refresh_from_db()
    assert nut.price_from == Decimal(30)
    assert find_products(Product.objects.all(), "核桃").get() == nut
    assert not find_products(Product.objects.all(), "坚果").exists()
    Variant.objects.update(is_active=False)
    refresh_listing(Product.objects.filter(pk=nut.pk))
    nut.refresh_from_db()
    assert nut.price_from == Decimal(20), "nothing for sale: the lowest of what there was"
