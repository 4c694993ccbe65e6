"""Shares are per cents wherever the merchant types or reads them: forms, fixed rows, files."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Policy, PromoCode, Tier, TierUplift
from distribution.risk.models import Thresholds
from distribution.rules import end_rule, publish_rule
from orders.coupons import issue_coupon
from orders.models import CouponOffer
from tests.make import make_user

pytestmark = pytest.mark.django_db

OFFER = {
    "name": "九折", "kind": "share", "share": "12.5", "min_amount": "0", "valid_days": "30",
    "per_person": "1", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def page(client: Client, address: str) -> str:
    return str(client.get(address).content.decode())


def test_the_policy(client: Client, merchant: User) -> None:
    assert 'value="50"' in page(client, "/admin/distribution/policy/add/")
    fixed = page(client, f"/admin/distribution/policy/{Policy.objects.get().pk}/change/")
    assert "50%" in fixed and "0.5000" not in fixed
    assert fixed.count("佣金上限") == 1


def test_a_coupon_typed_and_once_given_fixed(client: Client, merchant: User) -> None:
    assert client.post("/admin/orders/couponoffer/add/", OFFER).status_code == 302
    offer = CouponOffer.objects.get(name="九折")
    assert offer.share == Decimal("0.1250")
    address = f"/admin/orders/couponoffer/{offer.pk}/change/"
    assert 'value="12.5"' in page(client, address)
    issue_coupon(make_user(), offer, reason="test")
    fixed = page(client, address)
    assert "12.5%" in fixed and "0.1250" not in fixed
    assert client.post(address, OFFER | {"share": "90", "name": "改名"}).status_code == 302
    offer.refresh_from_db()
    assert (offer.name, offer.share) == ("改名", Decimal("0.1250"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [("0", "0.01% 到 100%"), ("101", "0.01% 到 100%"), ("12.345", "最多 2 位小数"), ("x", "输入")],
)
def test_what_is_no_share_is_said_in_per_cents(
    client: Client, merchant: User, typed: str, said: str
) -> None:
    answer = client.post("/admin/orders/couponoffer/add/", OFFER | {"share": typed})
    assert answer.status_code == 200
    assert said in str(answer.context["adminform"].form.errors["share"])
    assert not CouponOffer.objects.filter(name="九折").exists()


def test_a_promo_code_for_who_may_only_look(client: Client) -> None:
    clerk = make_user("店员", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_promocode"))
    client.force_login(clerk)
    promo = PromoCode.objects.create(code="OPENING", percent=Decimal("0.05"))
    fixed = page(client, f"/admin/distribution/promocode/{promo.pk}/change/")
    assert "5%" in fixed and "0.0500" not in fixed


def test_the_share_of_refunds(client: Client, merchant: User) -> None:
    thresholds = Thresholds.objects.get_or_create(pk=1)[0]
    address = f"/admin/risk/thresholds/{thresholds.pk}/change/"
    assert 'value="30"' in page(client, address)
    form = client.get(address).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields} | {"refund_share": "25%"}
    assert client.post(address, sent).status_code == 302
    thresholds.refresh_from_db()
    assert thresholds.refund_share == Decimal("0.250")


def test_uplifts_stand_and_new_ones_are_added(client: Client, merchant: User) -> None:
    gold = Tier.objects.get(code="gold")
    TierUplift.objects.filter(tier=gold).delete()
    old = TierUplift.objects.create(tier=gold, uplift=Decimal("0.1"), valid_from=timezone.now())
    address = f"/admin/distribution/tier/{gold.pk}/change/"
    shown = page(client, address)
    assert 'value="10"' in shown and "0.1000" not in shown
    now = timezone.localtime()
    sent = {
        "name": gold.name, "code": gold.code, "rank": str(gold.rank), "own_discount": "3",
        "material_level": "0", "tasks_needed": "all",
        "tasks-TOTAL_FORMS": "0", "tasks-INITIAL_FORMS": "0",
        "uplifts-TOTAL_FORMS": "2", "uplifts-INITIAL_FORMS": "1",
        "uplifts-0-id": str(old.pk), "uplifts-0-tier": str(gold.pk), "uplifts-0-uplift": "99",
        "uplifts-1-tier": str(gold.pk), "uplifts-1-uplift": "15",
        "uplifts-1-valid_from_0": f"{now:%Y-%m-%d}", "uplifts-1-valid_from_1": f"{now:%H:%M:%S}",
    }  # fmt: skip
    assert client.post(address, sent).status_code == 302
    rows = TierUplift.objects.filter(tier=gold).order_by("pk").values_list("uplift", flat=True)
    assert list(rows) == [Decimal("0.1"), Decimal("0.15")]


def test_a_rule_that_is_over(client: Client, merchant: User) -> None:
    rule = publish_rule(by=None, scope="shop", rate1=Decimal("0.125"), rate2=Decimal(0))
    end_rule(rule, by=merchant, reason="test")
    fixed = page(client, f"/admin/distribution/rule/{rule.pk}/change/")
    assert "12.5%" in fixed and "0.12500" not in fixed and "0.00000" not in fixed
