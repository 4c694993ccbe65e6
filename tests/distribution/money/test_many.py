"""With many distributors, nobody's page walks through everybody's rows."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Distributor
from tests.make import make_distributor, make_rule, make_variant

pytestmark = pytest.mark.django_db

PEOPLE, EACH = 100, 60
PAGES = [
    "/distribution/",
    "/distribution/links/",
    "/distribution/team/",
    "/distribution/team/?group=distributors",
    "/distribution/team/?group=second",
    "/distribution/orders/",
    "/distribution/orders/?level=1",
    "/distribution/commissions/",
    *(
        f"/distribution/commissions/?state={state}"
        for state in ("pending", "available", "reserved", "paid", "reversed")
    ),
    "/distribution/?trend=months",
    "/distribution/commissions/?since=2026-01-01",
    "/distribution/ranking/",
    "/distribution/statements/",
    f"/distribution/statements/{timezone.now():%Y-%m}/",
    "/distribution/debt/",
    "/distribution/selection/",
    "/payouts/",
]
LARGE = [
    "orders_order",
    "orders_orderline",
    *(
        f"distribution_{rows}"
        for rows in ("allocation", "binding", "click", "commission", "orderterms", "reservation")
    ),
]


@pytest.fixture
def crowd() -> Distributor:
    """One of many: each with their customers, clicks, orders, commissions and a payout."""
    person = make_distributor()
    rule, variant = make_rule(), make_variant()
    values = {
        "first": person.pk,
        "last": person.pk + PEOPLE,
        "people": PEOPLE,
        "each": EACH,
        "rule": rule.pk,
        "variant": variant.pk,
        "product": variant.product_id,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in FILL.split(";"):
            cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        cursor.execute(f"ANALYZE {', '.join(LARGE)}")
    return person


FILL = """
INSERT INTO accounts_user (id, password, is_superuser, member_no, phone_verified, name, is_active,
                           is_staff, date_joined)
SELECT g, '', false, 'L' || g, false, '王' || g, true, false, now()
FROM generate_series(%(first)s + 1, %(last)s + (%(people)s + 1) * %(each)s) g;
INSERT INTO distribution_distributor
    (user_id, code, status, joined_at, hides_earnings, tier_is_earned)
SELECT g, 'K' || g, 'approved', now(), false, false FROM generate_series(%(first)s + 1, %(last)s) g;
INSERT INTO distribution_balance (distributor_id, available, reserved)
SELECT g, 0, 0 FROM generate_series(%(first)s + 1, %(last)s) g;
CREATE TEMPORARY TABLE sale ON COMMIT DROP AS
SELECT row_number() OVER () + 1000 AS id, person,
       %(last)s + (person - %(first)s) * %(each)s + n AS buyer, now() - n * interval '6 hours' AS at
FROM generate_series(%(first)s, %(last)s) person, generate_series(1, %(each)s) n;
INSERT INTO distribution_binding (customer_id, distributor_id, starts_at, source, reason)
SELECT buyer, person, at, 'link', '' FROM sale;
INSERT INTO distribution_click (visitor, distributor_id, path, at)
SELECT gen_random_uuid(), person, '/', at FROM sale;
INSERT INTO orders_order (id, number, user_id, state, goods_amount, discount_amount,
    shipping_amount, total, refunded_amount, refunded_shipping, recipient, phone, province, city,
    district, street, note, placed_at, expires_at, paid_at, close_reason)
SELECT id, 'X' || id, buyer, 'received', 100, 0, 0, 100, 0, 0, '', '', '', '', '', '', '',
       at, at, at, '' FROM sale;
INSERT INTO orders_orderline (id, order_id, variant_id, product_id, category_path, sku, kind, name,
    name_en, variant_name, variant_name_en, image, price, quantity, discount, paid,
    refunded_amount, refunded_quantity)
SELECT id, id, %(variant)s, %(product)s, '{}', 'S', 'physical', '', '', '', '', '', 100, 1, 0, 100,
       0, 0 FROM sale;
INSERT INTO distribution_orderterms (order_id, is_self_purchase, why1, block1, why2, block2,
    buyer_id, payee1_id, policy_id, paid_at)
SELECT id, false, 'bound', '', 'nobody', 'missing', buyer, person, 1, at FROM sale;
INSERT INTO distribution_commission (id, order_id, line_id, level, payee_id, buyer_id,
    is_self_purchase, rule_id, base_amount, raw_amount, limit_amount, amount_at_payment, amount,
    allocated, accrued_at, matures_at, matured_at)
SELECT id, id, id, 1, person, buyer, false, %(rule)s, 100, 10, 50, 10, 10,
       CASE WHEN id %% 2 = 0 THEN 10 ELSE 0 END, at, at, CASE WHEN id %% 3 > 0 THEN at END FROM sale;
INSERT INTO distribution_reservation (id, number, distributor_id, amount, state, reserved_at,
    closed_at)
SELECT g * 10 + n, 'R' || g || n, g, 10, CASE n WHEN 1 THEN 'reserved' ELSE 'settled' END, now(),
       CASE WHEN n > 1 THEN now() END
FROM generate_series(%(first)s, %(last)s) g, generate_series(1, 9) n;
INSERT INTO distribution_allocation (reservation_id, commission_id, amount)
SELECT person * 10 + 1 + id %% 9, id, 10 FROM sale WHERE id %% 2 = 0
"""


def test_every_query_finds_its_rows_by_an_index(
    crowd: Distributor, pages_of: Callable[[Distributor | User], Client]
) -> None:
    browser = pages_of(crowd)
    walks = []
    for path in PAGES:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        with connection.cursor() as cursor:
            for query in captured.captured_queries:
                cursor.execute("EXPLAIN " + query["sql"])
                plan = "\n".join(row[0] for row in cursor.fetchall())
                if any(f"Seq Scan on {table} " in plan for table in LARGE):
                    walks.append(f"{path}\n{plan}")
    assert walks == []
