"""What tests are made of: typed functions that go through the domain, each at its own time.

People and relations begin at START unless told otherwise, so that orders placed now find them.
Every name and number is new, so any number of each may be made in one test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from base.accounts.models import Address, User
from base.clock import BEIJING
from base.money import ZERO
from catalog.models import Category, Product, Variant
from catalog.models.product import Kind
from distribution.models import Agreement, Distributor, Rule
from distribution.programme.agreements import accept_agreement, publish_agreement
from distribution.programme.people import appoint
from distribution.referral.relations import bind_by_link
from distribution.rules import publish_rule
from orders.checkout import Item, place_order
from orders.models import Order, Payment, Refund, ShippingRate
from orders.payments import confirm_payment, start_payment
from orders.receipt import receive_order
from orders.refunds import Part, approve_refund, request_refund
from orders.registries import Outcome
from orders.repayments import record_outcome, send_repayment
from orders.shipping import ship_order

START = datetime(2026, 1, 1, tzinfo=BEIJING)

_numbers = count(1)


def make_user(name: str = "小林", *, phone: str | None = None, **fields: Any) -> User:
    phone = phone or f"138{next(_numbers):08d}"
    return User.objects.create_user(phone, name=name, **{"date_joined": START} | fields)


def make_address(user: User, *, province: str = "浙江省", is_default: bool = False) -> Address:
    return Address.objects.create(
        user=user,
        recipient=user.name,
        phone="13800138000",
        province=province,
        city="杭州市",
        district="西湖区",
        street="文三路 1 号",
        is_default=is_default,
    )


def make_category(name: str = "", parent: Category | None = None) -> Category:
    number = next(_numbers)
    category = Category.objects.create(
        name=name or f"零食{number}", slug=f"shelf-{number}", parent=parent
    )
    category.path = [category.pk, *(parent.path if parent else [])]
    category.save(update_fields=["path"])
    return category


def make_product(
    name: str = "", *, category: Category | None = None, kind: str = Kind.PHYSICAL, **fields: Any
) -> Product:
    """A product without variants; `make_variant` makes both."""
    number = next(_numbers)
    return Product.objects.create(
        name=name or f"坚果{number}",
        category=category or make_category(),
        kind=kind,
        **{"slug": f"goods-{number}"} | fields,
    )


def make_variant(
    price: str = "10.00",
    *,
    product: Product | None = None,
    stock: int = 100,
    cost: str | None = None,
    **fields: Any,
) -> Variant:
    """Something to buy, with a product of its own unless one is given."""
    product = product or make_product()
    variant = Variant.objects.create(
        product=product,
        sku=f"SKU{next(_numbers)}",
        price=Decimal(price),
        stock=stock,
        cost=None if cost is None else Decimal(cost),
        **fields,
    )
    if not product.price_from or variant.price < product.price_from:
        Product.objects.filter(pk=product.pk).update(price_from=variant.price)
    return variant


def make_virtual(price: str = "10.00", *, delivery_note: str = "兑换码", **fields: Any) -> Variant:
    """A variant of a virtual product."""
    product = make_product(kind=Kind.VIRTUAL, delivery_note=delivery_note)
    return make_variant(price, product=product, **fields)


def make_shipping_rate(first_fee: str = "8.00", **fields: Any) -> ShippingRate:
    return ShippingRate.objects.create(name="标准快递", first_fee=Decimal(first_fee), **fields)


def make_order(
    buyer: User | None = None,
    items: Mapping[Variant, int] | None = None,
    *,
    at: datetime | None = None,
    address: Address | None = None,
    note: str = "",
) -> Order:
    """A placed, unpaid order; one piece of something new unless told otherwise."""
    buyer = buyer or make_user()
    items = items or {make_variant(): 1}
    return place_order(
        buyer,
        [Item(variant.pk, quantity) for variant, quantity in items.items()],
        address=address or buyer.addresses.first() or make_address(buyer),
        note=note,
        at=at,
    )


def pay(order: Order, *, at: datetime | None = None, method: str = "offline") -> Payment:
    """Money arrives for the order."""
    payment = start_payment(order, method, at=at)
    payment = confirm_payment(
        payment.number, amount=payment.amount, gateway_no=f"G{payment.number}", at=at
    )
    order.refresh_from_db()
    return payment


def ship(order: Order, *, at: datetime | None = None) -> Order:
    ship_order(order, courier="顺丰", tracking_no=f"SF{next(_numbers)}", by=None, at=at)
    order.refresh_from_db()
    return order


def receive(order: Order, *, at: datetime | None = None) -> Order:
    """A paid order is sent and received; a virtual one is received already."""
    order.refresh_from_db()
    if order.received_at is None:
        if order.shipped_at is None:
            ship(order, at=at)
        receive_order(order, at=at)
        order.refresh_from_db()
    return order


def refund(
    order: Order,
    parts: Sequence[Part],
    *,
    shipping_amount: Decimal = ZERO,
    at: datetime | None = None,
) -> Refund:
    """Asked for, approved by the merchant, and back with the buyer."""
    asked = request_refund(order, parts, shipping_amount=shipping_amount, at=at)
    approved = approve_refund(asked, by=None, at=asked.requested_at)
    sent = send_repayment(approved.repayment, at=asked.requested_at)
    record_outcome(sent, Outcome("paid"), at=asked.requested_at)
    approved.refresh_from_db()
    order.refresh_from_db()
    return approved


def make_distributor(
    user: User | None = None,
    *,
    recruiter: Distributor | None = None,
    at: datetime = START,
    name: str = "阿姐",
) -> Distributor:
    """An approved distributor who agreed; with a recruiter they were bound to that one first."""
    user = user or make_user(name)
    if recruiter is not None:
        bind_by_link(user, recruiter, at=at)
    accept_agreement(user, at=at)
    return appoint(user, by=None, reason="test", at=at)


def make_agreement(
    version: str, *, at: datetime | None = None, note: str = "", text: str = "## 新版\n\n正文。"
) -> Agreement:
    """A version of the agreement that is published and in force from `at` (now) on."""
    draft = Agreement.objects.create(
        version=version, text=text, text_en="## New\n\nText.", note=note
    )
    return publish_agreement(draft, by=None, at=at)


@dataclass(frozen=True)
class Chain:
    """A recommended B, B recommended C: when C buys, B stands at level 1 and A at level 2."""

    a: Distributor
    b: Distributor
    c: User


def make_chain(*, at: datetime = START) -> Chain:
    a = make_distributor(name="甲", at=at)
    b = make_distributor(name="乙", recruiter=a, at=at)
    c = make_user("丙")
    bind_by_link(c, b, at=at)
    return Chain(a, b, c)


def make_rule(
    level1: str | None = "0.10", level2: str | None = "0.05", *, at: datetime = START, **values: Any
) -> Rule:
    """Rates of both levels for the whole shop, unless `values` name another scope or amounts."""
    rates = {
        "rate1": None if level1 is None else Decimal(level1),
        "rate2": None if level2 is None else Decimal(level2),
    }
    return publish_rule(by=None, at=at, **{"scope": Rule.Scope.SHOP} | rates | values)
