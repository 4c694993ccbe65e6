"""With content in English, an English page has no Chinese in it: every page a person can open."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from base.accounts.models import User
from base.accounts.regions import PROVINCES
from base.clock import beijing_date
from catalog.models import Product
from distribution.editor.change_sets import create_change_set
from distribution.models import Distributor, Policy, Tier
from distribution.money.commissions import mature_commissions
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral.links import create_link
from distribution.referral.relations import bind_by_link
from distribution.sharing.selection import pick
from distribution.states import Status
from orders.cancellation import expire_orders
from orders.models import Order, Payment, Refund, ShippingRate
from orders.refunds import Part, request_refund
from orders.shipping import ship_order
from payouts.models import Payout, Schedule
from payouts.runs import run_period
from payouts.sending import approve_payout
from shop.sandbox.models import SandboxMessage
from tests.make import (
    START,
    make_agreement,
    make_category,
    make_distributor,
    make_order,
    make_product,
    make_rule,
    make_shipping_rate,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)
from tests.wires import wire

pytestmark = pytest.mark.django_db

# Characters and the marks of a Chinese sentence.
CHINESE = re.compile(r"[\u3001-\u3011\u3400-\u9fff！（），：；？]")
# Kept on purpose: a language is called by its own name, provinces are written as on a parcel.
KEPT = re.compile("|".join([r"(切换到)?简体中文", *map(re.escape, PROVINCES)]))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@dataclass
class Town:
    """People and trade with English names: Ann recruited Bob, Bob brought Cleo, who buys."""

    ann: Distributor
    bob: Distributor
    cleo: User
    product: Product
    order: Order


@pytest.fixture
def town(client: Client, monkeypatch: pytest.MonkeyPatch) -> Town:
    wire(monkeypatch)
    Schedule.objects.update(name="Weekly")
    Tier.objects.update(name="Metal")
    make_shipping_rate()
    make_agreement("2026-12", at=START, text="## New")
    ShippingRate.objects.update(name="Standard")
    ann = make_distributor(name="Ann")
    bob = make_distributor(name="Bob", recruiter=ann)
    cleo = make_user("Cleo", email="cleo@example.com")
    bind_by_link(cleo, bob, at=START)
    cleo.addresses.create(
        recipient="Cleo", phone="13800138000", province=PROVINCES[10],
        city="Hangzhou", district="West Lake", street="1 Wensan Road",
    )  # fmt: skip
    make_rule("0.10", "0.05")
    snacks = make_category("Snacks", parent=make_category("Food"))
    product = make_product("Walnuts", category=snacks, subtitle="Fresh", description="Crisp.")
    small, large = (
        make_variant(price, product=product, name=name, list_price=price + "9", cost="4")
        for name, price in [("Small", "10"), ("Large", "20")]
    )
    order = make_order(cleo, {small: 2, large: 1}, note="Leave it at the door")
    pay(order)
    ship_order(order, courier="SF Express", tracking_no="SF1", by=None)
    receive(order)
    refund(order, [Part(order.lines.first().pk, 1, small.price)])
    return Town(ann, bob, cleo, product, order)


def chinese_in(client: Client, *urls: str) -> list[str]:
    found = []
    for url in urls:
        answer = client.get(url, follow=True)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        for line in KEPT.sub("", answer.content.decode()).splitlines():
            if at := CHINESE.search(line):
                found.append(f"{url} … {line[max(0, at.start() - 60) : at.end() + 60].strip()}")
    return found


def told(found: list[str]) -> str:
    return "\n".join(["translate these (or wrap what is not):", *found])


def test_the_shop_as_a_guest_sees_it(client: Client, town: Town) -> None:
    names = [
        "catalog:home", "catalog:categories", "orders:cart", "orders:personal",
        "account_login", "account_login_by_password", "account_signup", "account_inactive",
        "account_reset_password", "terms", "privacy", "help", "distribution:join", "distribution:recruit",
        "distribution:agreement", "demo:tour", "sandbox:counter", "sandbox:transfers",
        "catalog:manifest",
    ]  # fmt: skip
    found = chinese_in(
        client,
        *(reverse(name) for name in names),
        reverse("catalog:category", args=[town.product.category.slug]),
        reverse("catalog:product", args=[town.product.slug]),
        reverse("catalog:search") + "?q=walnuts",
        reverse("catalog:search") + "?q=nothing+like+it",
        reverse("catalog:search") + "?q=walnuts&low=900&stock=1&sort=price",
    )
    assert not found, told(found)


def test_buying(client: Client, town: Town) -> None:
    client.force_login(town.cleo)
    variant = town.product.variants.first()
    client.post(
        reverse("orders:cart_lines"),
        {"variant": variant.pk, "quantity": 2},
        headers={"Origin": "http://testserver"},
    )
    found = chinese_in(client, reverse("orders:cart"), reverse("orders:checkout"))
    unpaid = make_order(town.cleo, {variant: 1})
    address = reverse("orders:payment", args=[unpaid.number])
    found += chinese_in(client, address)
    cashier = client.post(address, {"method": "sandbox"}, follow=True)
    assert b"Sandbox cashier" in cashier.content
    payment = Payment.objects.get(order=unpaid)
    found += chinese_in(
        client,
        reverse("sandbox:cashier", args=[payment.number]),
        reverse("orders:payment_result", args=[unpaid.number, payment.number]),
        reverse("orders:order", args=[unpaid.number]),
    )
    with translation.override("zh-hans"):  # as beat does it
        expire_orders(unpaid.expires_at)
    found += chinese_in(client, reverse("orders:order", args=[unpaid.number]))
    assert not found, told(found)


def test_what_a_member_has(client: Client, town: Town) -> None:
    client.force_login(town.cleo)
    sent = make_order(town.cleo, {town.product.variants.first(): 3})
    pay(sent)
    ship_order(sent, courier="SF Express", tracking_no="SF2", by=None)
    request_refund(
        sent, [Part(sent.lines.get().pk, 1, Decimal(9))], reason=Refund.Reason.DAMAGED, note="Wet"
    )
    SandboxMessage.objects.create(kind="sms", recipient=town.cleo.phone, text="Your code is 1.")
    names = [
        "accounts:me", "accounts:profile", "accounts:email", "accounts:password",
        "accounts:addresses", "accounts:new_address", "orders:orders", "sandbox:phone",
        "accounts:inbox", "accounts:inbox_choices", "support:announcements",
        "support:tickets", "support:new_ticket",
        "distribution:join",
    ]  # fmt: skip
    found = chinese_in(
        client,
        *(reverse(name) for name in names),
        reverse("accounts:address", args=[town.cleo.addresses.get().pk]),
        reverse("orders:orders") + "?q=nothing",
        *(reverse("orders:order", args=[order.number]) for order in (town.order, sent)),
        reverse("orders:refund", args=[sent.number]),
    )
    assert not found, told(found)


def pay_out(town: Town) -> Payout:
    """One payout to Bob, and one who gets none."""
    mature_commissions(timezone.now() + timedelta(days=30))
    publish_policy(by=None, joining=Policy.Joining.OPEN)
    Schedule.objects.update(channel="sandbox", minimum="2.00")
    run = run_period(Schedule.objects.get(), beijing_date(timezone.now()))
    payout = run.payouts.get(distributor=town.bob)
    approve_payout(payout, by=None)
    return payout


def test_what_a_distributor_sees(client: Client, town: Town) -> None:
    create_link(town.bob, channel="Blog")
    payout = pay_out(town)
    buyer = make_user("Dora")
    bind_by_link(buyer, town.bob, at=START)
    pay(make_order(buyer, {town.product.variants.first(): 1}, address=town.cleo.addresses.get()))
    names = [
        "distribution:dashboard", "distribution:links", "distribution:commissions",
        "distribution:selection", "distribution:statements", "distribution:ranking",
        "distribution:debt",
        "distribution:orders", "distribution:team", "distribution:contact",
        "distribution:story", "distribution:resignation", "payouts:list",
        "academy:courses", "academy:materials",
    ]  # fmt: skip
    found = []
    for person in (town.bob, town.ann):
        client.force_login(person.user)
        found += chinese_in(
            client,
            *(reverse(name) for name in names),
            reverse("accounts:inbox"),
            *(
                reverse("distribution:commission", args=[commission.pk])
                for commission in person.commissions.all()
            ),
        )
    client.force_login(town.bob.user)
    pick(town.bob, town.product)
    goods = f"?goods={town.product.pk}&goods_here={town.product.pk}"
    found += chinese_in(
        client,
        reverse("payouts:detail", args=[payout.number]),
        reverse("distribution:statement", args=[f"{timezone.now():%Y-%m}"]),
        reverse("distribution:dashboard") + "?trend=weeks",
        reverse("distribution:selection"),
        reverse("distribution:shelf", args=[town.bob.code]),
        reverse("orders:personal") + goods,
    )
    for status in (Status.FROZEN, Status.APPROVED, Status.RESIGNED):
        set_status(town.bob, status, by=None, reason="test")
        page = "join" if status == Status.RESIGNED else "dashboard"
        found += chinese_in(client, reverse(f"distribution:{page}"), reverse("payouts:list"))
    assert not found, told(found)


def test_the_back_office(client: Client, town: Town) -> None:
    pay_out(town)
    create_change_set(by=None, name="Campaign")
    client.force_login(make_user("Mary", is_staff=True, is_superuser=True))
    urls = [
        reverse("admin:index"),
        reverse("admin:rule_preview"),
        reverse("admin:compliance"),
        reverse("admin:payout_preview", args=[Schedule.objects.get().pk]),
    ]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.first()
        urls.append(reverse(f"{name}_changelist"))
        urls += [reverse(f"{name}_change", args=[row.pk])] if row else []
        with_form = client.get(reverse(f"{name}_add")).status_code == 200
        urls += [reverse(f"{name}_add")] if with_form else []
    found = chinese_in(client, *urls)
    assert not found, told(found)
