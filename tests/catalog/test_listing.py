"""The database answers lists from indexes, also when there are many products."""

import pytest
from django.db import connection
from django.db.models import QuerySet

from catalog.listing import SORTS, Shelves, for_cards, for_sale, has_stock
from catalog.models import Category, Product
from catalog.products import save_category
from catalog.search import find_products

pytestmark = pytest.mark.django_db

ROWS = 20_000


@pytest.fixture
def many() -> list[Category]:
    """Ten shelves with ROWS products, one in two thousand of which is called 坚果."""
    top = save_category(name="全部")
    shelves = [save_category(name=f"分类{i}", parent=top) for i in range(10)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO catalog_product (category_id, kind, name, name_en, slug, subtitle, subtitle_en,
                description, description_en, delivery_note, price_from, sold, rank, search_terms,
                is_active, created_at)
            SELECT (%(shelves)s::bigint[])[1 + i %% 10], 'physical', '商品' || i, '', 'p' || i, '', '',
                '', '', '', i %% 997, i * 7 %% 5003, 0,
                CASE WHEN i %% 2000 = 0 THEN ARRAY['坚', '果', '坚果'] ELSE ARRAY['商', '品', '商品'] END,
                true, now() - i * interval '1 minute'
            FROM generate_series(1, %(rows)s) AS i
            """,
            {"shelves": [shelf.pk for shelf in shelves], "rows": ROWS},
        )
        cursor.execute(
            """
            INSERT INTO catalog_variant (product_id, sku, name, name_en, price, weight_grams, stock,
                position, is_active)
            SELECT id, slug, '', '', price_from, 0, id %% 3, 0, true FROM catalog_product
            """.replace("%%", "%")
        )
        cursor.execute("SELECT gin_clean_pending_list('product_search')")  # as vacuum does
        cursor.execute("ANALYZE catalog_product, catalog_variant")
    return [top, *shelves]


def plan(products: QuerySet[Product]) -> str:
    return for_cards(products)[:24].explain()


def test_lists_are_read_from_indexes(many: list[Category]) -> None:
    ids = Shelves().top[0].ids()
    for _name, order in SORTS.values():
        for shelf in (for_sale().filter(category=ids[1]), for_sale().filter(category__in=ids)):
            text = plan(shelf.order_by(*order))
            assert "Seq Scan" not in text, text
            assert "using product_in_" in text or "using product_all_" in text, text
            assert "Sort Key: catalog_product" not in text, text
    home = plan(for_sale().filter(has_stock()).order_by(*SORTS[""][1]))
    assert "product_all_rank" in home, home
    assert "Seq Scan" not in home, home
    search = plan(find_products(for_sale(), "坚果").order_by(*SORTS[""][1]))
    assert "product_search" in search, search
    assert "Seq Scan" not in search, search
