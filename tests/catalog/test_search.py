from decimal import Decimal
from typing import Any

import pytest

from catalog.listing import for_sale
from catalog.models import Product
from catalog.products import ProductDraft, VariantDraft, add_products
from catalog.search import find_products, find_similar, mark_named, terms_asked, terms_of
from tests.make import make_category

pytestmark = pytest.mark.django_db


def make_named(*names: str, **fields: Any) -> list[Product]:
    category = make_category("零食")
    return add_products(
        [
            ProductDraft(category, name, [VariantDraft(f"N-{name}", Decimal(1))], **fields)
            for name in names
        ]
    )


def found(query: str) -> list[str]:
    return sorted(find_products(for_sale(), query).values_list("name", flat=True))


def test_terms_are_characters_pairs_words_and_their_beginnings() -> None:
    assert terms_of(["坚果A礼"]) == ["a", "坚", "坚果", "果", "礼"]
    assert terms_of(["Oat Nuts"]) == ["nu", "nut", "nuts", "oa", "oat"]
    assert terms_of(["ABC", "abc"]) == ["ab", "abc"], "full width and case are one"


def test_a_query_asks_for_its_pairs_or_its_one_character() -> None:
    assert terms_asked("坚果仁") == ["坚果", "果仁"]
    assert terms_asked("茶") == ["茶"]
    assert terms_asked("Nuts 坚果") == ["nut", "坚果"]
    assert terms_asked("  !? ") == []


def test_two_characters_inside_a_name_are_found() -> None:
    make_named("每日混合坚果礼盒", "云南红茶")
    assert found("坚果") == ["每日混合坚果礼盒"]
    assert found("果礼") == ["每日混合坚果礼盒"]
    assert found("茶") == ["云南红茶"]
    assert found("果坚") == []


def test_english_words_are_found_by_beginning_and_in_the_plural() -> None:
    make_named("曲奇", name_en="Chocolate Cookies")
    for query in ("chocolate", "Choc", "cookie", "cookies", "COOKIES choc"):
        assert found(query) == ["曲奇"], query
    assert found("biscuit") == []


def test_selling_points_variants_and_categories_are_searched_too() -> None:
    category = make_category("滋补养生")
    variant = VariantDraft("V1", Decimal(1), name="家庭装", name_en="Family")
    add_products([ProductDraft(category, "枸杞", [variant], subtitle="宁夏头茬")])
    for query in ("头茬", "家庭装", "family", "养生"):
        assert found(query) == ["枸杞"], query


def test_every_word_asked_for_must_be_there() -> None:
    make_named("山野坚果", "山野红茶")
    assert found("山野 红茶") == ["山野红茶"]


def test_a_name_that_says_it_is_marked() -> None:
    make_named("坚果配红茶", "坚果红茶")
    rows = mark_named(find_products(for_sale(), "坚果红茶 "), "坚果红茶 ")
    assert [(row.name, vars(row)["named"]) for row in rows] == [("坚果红茶", True)]


def test_nothing_to_look_for_finds_nothing() -> None:
    make_named("坚果")
    assert found("?!") == []


def test_suggestions_share_a_part_and_those_with_most_come_first() -> None:
    make_named("坚果", "混合坚果仁", "红茶")
    assert [row.name for row in find_similar(for_sale(), "坚果仁酥", 8)] == ["混合坚果仁", "坚果"]
    assert [row.name for row in find_similar(for_sale(), "坚果仁酥", 1)] == ["混合坚果仁"]
    assert list(find_similar(for_sale(), "飞船", 8)) == []
    assert list(find_similar(for_sale(), "!", 8)) == []
