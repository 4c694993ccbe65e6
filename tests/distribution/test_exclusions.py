"""不参与分销, and back: rules of 0 and their ends."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from base.models import AuditEntry
from catalog.models import Product
from distribution.exclusions import exclude_goods, exclusions, include_goods, still_paying
from distribution.models import Rule
from tests.make import (
    Chain,
    make_category,
    make_chain,
    make_distributor,
    make_order,
    make_product,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db


def paid_for(chain: Chain, product: Product) -> list[Decimal]:
    variant = product.variants.first() or make_variant("100.00", product=product)
    order = make_order(chain.c, {variant: 1})
    pay(order)
    return [commission.amount for commission in order.commissions.order_by("level")]


def test_excluded_goods_pay_nothing_until_they_are_included() -> None:
    chain, owner, product = make_chain(), make_user(), make_product()
    make_rule("0.10", "0.05")
    exclude_goods([product], by=owner, reason="亏本")
    exclude_goods([product], by=owner, reason="又点了一次")
    assert paid_for(chain, product) == []
    assert exclusions().count() == 1
    include_goods([product], by=owner, reason="恢复")
    include_goods([product], by=owner, reason="恢复")
    assert paid_for(chain, product) == [Decimal("10.00"), Decimal("5.00")]
    told = AuditEntry.objects.filter(actor=owner).order_by("pk").values_list("action", "reason")
    assert list(told) == [("publish_rule", "亏本"), ("end_rule", "恢复")]


def test_a_category_takes_its_goods_along_unless_they_have_a_rule() -> None:
    chain, shelf = make_chain(), make_category()
    make_rule("0.10", "0.05")
    plain, special = make_product(category=shelf), make_product(category=shelf)
    make_rule("0.20", None, scope="product", product=special)
    exclude_goods([shelf], by=None, reason="x")
    assert paid_for(chain, plain) == []
    assert paid_for(chain, special) == [Decimal("20.00")]
    assert still_paying([shelf]) == 1


def test_which_rules_still_pay_is_told() -> None:
    product = make_product()
    variant, now = make_variant(product=product), timezone.now()
    make_rule("0.10", "0.05", scope="product", product=product)
    assert still_paying([product]) == 0
    make_rule("0.10", None, scope="variant", variant=variant)
    make_rule("0.10", None, scope="product", product=product, distributor=make_distributor())
    make_rule("0.10", None, scope="product", product=product, starts_at=now + timedelta(days=1))
    make_rule("0.10", None, scope="product", product=product, ends_at=now - timedelta(days=1))
    make_rule("0", "0", scope="variant", variant=variant)
    make_rule("0.10", None, scope="variant", variant=make_variant())
    assert still_paying([product]) == 3


def test_a_rule_of_zero_for_some_people_is_no_exclusion() -> None:
    product = make_product()
    rule = make_rule("0", "0", scope="product", product=product, distributor=make_distributor())
    assert include_goods([product], by=None, reason="x") == []
    assert Rule.objects.get(pk=rule.pk).valid_to is None
