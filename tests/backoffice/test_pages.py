"""Every page of the back office opens, for the merchant and for nobody else."""

import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.test import Client
from django.urls import reverse
from django.utils import translation

from base.accounts.models import User
from distribution.models import Commission
from distribution.rules import publish_rule
from shop.backoffice.actions import ReadOnlyAdmin
from tests.make import make_chain, make_order, make_user, make_variant, pay, receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def trade() -> Commission:
    """One order through to a received one, so that most lists have a row."""
    chain = make_chain()
    publish_rule(by=None, scope="shop", rate1=Decimal("0.1"), rate2=Decimal("0.05"))
    order = make_order(chain.c)
    pay(order)
    receive(order)
    return Commission.objects.get(order=order, level=1)


def _names() -> list[str]:
    return sorted(
        f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry
    )


@pytest.mark.parametrize("name", _names())
def test_every_list_and_its_first_row_open(
    client: Client, merchant: User, trade: Commission, name: str
) -> None:
    page = client.get(reverse(f"admin:{name}_changelist"), follow=True)  # settings have one page
    assert page.status_code == 200
    model = next(
        m for m in admin.site._registry if name == f"{m._meta.app_label}_{m._meta.model_name}"
    )
    row = model._default_manager.first()
    if row is not None:
        assert client.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("name", _names())
def test_every_list_can_be_searched_and_read_in_english(
    client: Client, merchant: User, trade: Commission, name: str
) -> None:
    with translation.override("en"):
        address = reverse(f"admin:{name}_changelist")
    assert address.startswith("/en/")
    assert client.get(address, {"q": "138"}, follow=True).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["catalog_product", "catalog_category", "distribution_rule", "distribution_policy",
     "distribution_tier", "payouts_schedule", "orders_shippingrate"],
)  # fmt: skip
def test_what_may_be_added_has_a_form(client: Client, merchant: User, name: str) -> None:
    assert client.get(reverse(f"admin:{name}_add")).status_code == 200


@pytest.mark.parametrize("name", _names())
def test_a_shopper_gets_nowhere(client: Client, name: str) -> None:
    client.force_login(make_user())
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 302


def test_the_board_shows_figures_and_work(
    client: Client, merchant: User, trade: Commission
) -> None:
    make_variant(stock=1)
    page = client.get(reverse("admin:index"))
    text = re.sub(r"\s+", " ", page.content.decode())
    assert "今日成交" in text
    assert "库存不足" in text


def test_goods_whose_profit_nobody_knows_are_flagged_where_a_rule_asks_for_it(
    client: Client, merchant: User
) -> None:
    make_variant(cost=None)
    make_variant(cost="1.00")
    words = "成本未知、按利润分佣算作 0 的规格"

    def waiting() -> int:
        work = client.get(reverse("admin:index")).context["work"]
        return next((count for label, count, _address in work if label == words), 0)

    assert waiting() == 0
    publish_rule(by=None, scope="shop", rate1=Decimal("0.1"), base="profit")
    assert waiting() == 1
    page = client.get(reverse("admin:catalog_variant_changelist"), {"cost__isempty": "1"})
    assert page.context["cl"].result_count == 1


def test_the_explanation_of_a_commission_recomputes(
    client: Client, merchant: User, trade: Commission
) -> None:
    page = client.get(reverse("admin:distribution_commission_change", args=[trade.pk]))
    assert "重新计算一致" in page.content.decode()


@pytest.mark.parametrize("name", _names())
def test_what_is_only_looked_at_has_nothing_to_fill_in(
    client: Client, merchant: User, trade: Commission, name: str
) -> None:
    model, page = next(
        (model, page)
        for model, page in admin.site._registry.items()
        if name == f"{model._meta.app_label}_{model._meta.model_name}"
    )
    row = model._default_manager.first()
    if not isinstance(page, ReadOnlyAdmin) or row is None:
        return
    answer = client.get(reverse(f"admin:{name}_change", args=[row.pk]))
    form = (answer.context or {}).get("adminform")
    shown = flatten_fieldsets(form.fieldsets) if form else []
    assert [field for field in shown if field not in form.readonly_fields] == []
