"""分享赚 is what the rule engine would pay: proved against orders that are really placed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Product
from distribution.models import Commission, Distributor, Tier, TierUplift
from distribution.policy import publish_policy
from distribution.programme.people import set_status, set_tier
from distribution.sharing.estimates import Estimate, estimate_products
from distribution.states import Status
from tests.make import (
    START,
    Chain,
    make_category,
    make_chain,
    make_order,
    make_product,
    make_rule,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db
D = Decimal


def estimate(person: Distributor, product: Product) -> Estimate:
    return estimate_products(person, [product.pk], at=timezone.now())[product.pk]


def booked(chain: Chain, variant: Any) -> Decimal:
    """What really comes of one piece."""
    order = make_order(chain.c, {variant: 1})
    pay(order)
    return Commission.objects.get(order=order, level=1).amount


class TestTheSameAsAnOrder:
    @pytest.fixture
    def chain(self) -> Chain:
        return make_chain()

    def test_a_rate(self, chain: Chain) -> None:
        make_rule("0.125", "0.075")
        variant = make_variant("14.67")
        assert estimate(chain.b, variant.product).by_variant == {variant.pk: D("1.83")}
        assert booked(chain, variant) == D("1.83")

    def test_the_cap_counts_the_recruiters_level_too(self, chain: Chain) -> None:
        make_rule("0.30", "0.25")
        variant = make_variant("99.00")
        assert estimate(chain.b, variant.product).highest == D("27.00") == booked(chain, variant)
        set_status(chain.a, Status.FROZEN, by=None, reason="test")
        assert estimate(chain.b, variant.product).highest == D("29.70") == booked(chain, variant)

    def test_one_level_only(self, chain: Chain) -> None:
        make_rule("0.30", "0.25")
        publish_policy(by=None, two_levels=False)
        variant = make_variant("99.00")
        assert estimate(chain.b, variant.product).highest == D("29.70") == booked(chain, variant)

    def test_uplift_profit_and_unknown_cost(self, chain: Chain) -> None:
        make_rule("0.50", None, base="profit")
        gold = Tier.objects.get(code="gold")
        TierUplift.objects.create(tier=gold, uplift=D("0.10"), valid_from=START)
        set_tier(chain.b, gold, by=None)
        chain.b.refresh_from_db()
        variant, unknown = make_variant("30.00", cost="10.00"), make_variant("30.00")
        assert estimate(chain.b, variant.product).highest == D("11.00") == booked(chain, variant)
        assert estimate(chain.b, unknown.product).highest == 0

    def test_what_a_rule_asks_for(self, chain: Chain) -> None:
        make_rule("0.10", None)
        make_rule("0.20", None, min_month_orders=1)
        make_rule("0.40", None, min_quantity=2)
        variant = make_variant("10.00")
        assert estimate(chain.b, variant.product).highest == D("1.00") == booked(chain, variant)
        assert estimate(chain.b, variant.product).highest == D("2.00") == booked(chain, variant)

    def test_nearest_category_product_and_variant(self, chain: Chain) -> None:
        food = make_category()
        product = make_product(category=make_category(parent=food))
        small, large = (make_variant(p, product=product) for p in ("10.00", "20.00"))
        make_rule("0.10", None)
        make_rule("0.20", None, scope="category", category=food)
        make_rule("0.30", None, scope="variant", variant=large)
        found = estimate(chain.b, product)
        assert (found.lowest, found.highest, found.is_one) == (D("2.00"), D("6.00"), False)
        assert (booked(chain, small), booked(chain, large)) == (D("2.00"), D("6.00"))


class TestForWhom:
    def test_nobody_who_would_not_be_paid(self) -> None:
        chain = make_chain()
        make_rule()
        product = make_variant().product
        set_status(chain.b, Status.FROZEN, by=None, reason="test")
        chain.b.refresh_from_db()
        assert estimate_products(chain.b, [product.pk], at=timezone.now()) == {}

    def test_goods_that_are_not_sold_are_left_out(self) -> None:
        person = make_chain().b
        make_rule()
        product = make_variant().product
        gone = make_variant(product=product, is_active=False)
        hidden = make_variant(product=make_product(is_active=False)).product
        found = estimate_products(person, [product.pk, hidden.pk, 10**9], at=timezone.now())
        assert set(found) == {product.pk}
        assert gone.pk not in found[product.pk].by_variant

    def test_a_campaign_counts_while_it_lasts(self) -> None:
        person, product = make_chain().b, make_variant("10.00").product
        now = timezone.now()
        make_rule("0.10", None)
        make_rule("0.30", None, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))
        assert estimate(person, product).highest == D("3.00")
        later = estimate_products(person, [product.pk], at=now + timedelta(days=2))
        assert later[product.pk].highest == D("1.00")


@pytest.mark.parametrize("products", [1, 3])
def test_five_queries_for_any_number_of_products(
    products: int, django_assert_num_queries: Any
) -> None:
    person = make_chain().b
    make_rule()
    ids = [make_variant().product_id for _ in range(products)]
    with django_assert_num_queries(5):
        found = estimate_products(person, ids, at=timezone.now())
    assert set(found) == set(ids)
