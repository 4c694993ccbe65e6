"""How often a product was bought: counted by beat, so that no payment waits for a product's row."""

from datetime import datetime

from django.db import connection


def refresh_sold(since: datetime) -> int:
    """Count again the products of orders paid since then. Returns how many changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH touched AS (
                SELECT DISTINCT line.product_id FROM orders_orderline line
                JOIN orders_order o ON o.id = line.order_id WHERE o.paid_at >= %s
            ), counted AS (
                SELECT line.product_id, sum(line.quantity) AS sold FROM orders_orderline line
                JOIN orders_order o ON o.id = line.order_id
                WHERE o.paid_at IS NOT NULL
                  AND line.product_id IN (SELECT product_id FROM touched)
                GROUP BY line.product_id
            )
            UPDATE catalog_product AS product SET sold = counted.sold FROM counted
            WHERE product.id = counted.product_id AND product.sold <> counted.sold
            """,
            [since],
        )
        return cursor.rowcount
