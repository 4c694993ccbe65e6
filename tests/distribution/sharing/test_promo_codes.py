"""Promo codes: what they take off, when they may be used, whom they speak for, how they count."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.models import AuditEntry
from base.money import ZERO
from catalog.models import Category, Variant
from distribution.models import Binding, Distributor, OrderTerms, Policy, PromoCode, PromoUse
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral.links import create_link
from distribution.referral.relations import bind_by_link
from distribution.sharing.promo_codes import (
    BadCode,
    in_words,
    normal_code,
    save_promo_code,
)
from distribution.states import Status
from orders.cancellation import cancel_order
from orders.checkout import CannotPlace, Item, place_order
from orders.models import LineDiscount, Order
from tests.make import (
    START,
    make_address,
    make_category,
    make_distributor,
    make_product,
    make_rule,
    make_user,
    make_variant,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def make_code(code: str = "SWEET", **values: Any) -> PromoCode:
    values = {"amount": Decimal("5.00")} | values
    return save_promo_code(PromoCode(code=code, **values), by=None)


def order_with(
    code: str, buyer: User | None = None, *, price: str = "30.00", quantity: int = 1
) -> Order:
    buyer = buyer or make_user()
    return place_order(
        buyer,
        [Item(make_variant(price).pk, quantity)],
        address=make_address(buyer),
        choices={"promo_code": code},
    )


@pytest.fixture
def owner() -> Distributor:
    return make_distributor(name="甜甜")


class TestWhatItTakesOff:
    @pytest.mark.parametrize(
        ("terms", "total"),
        [
            ({"amount": Decimal("5.00")}, "25.00"),
            ({"amount": Decimal("99.00")}, "0.00"),
            ({"amount": None, "percent": Decimal("0.1250")}, "26.25"),
            ({"amount": None, "percent": Decimal("1")}, "0.00"),
        ],
    )
    def test_an_amount_or_a_share(self, terms: dict[str, Any], total: str) -> None:
        make_code(**terms)
        order = order_with("sweet")
        assert order.total == Decimal(total)
        discount = LineDiscount.objects.get()
        assert (discount.source, discount.label) == ("promo_code", "优惠码 SWEET")
        use = PromoUse.objects.get()
        assert (use.order, use.member, use.discount) == (
            order,
            order.user,
            Decimal(30) - order.total,
        )

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            (" sweet ", "SWEET"),
            ("ＳＷＥＥＴ", "SWEET"),
            ("甜甜520", "甜甜520"),
            ("a b", ""),
            ("x" * 21, ""),
            ("<script>", ""),
            ("\0", ""),
        ],
    )
    def test_how_it_may_be_typed(self, typed: str, code: str) -> None:
        assert normal_code(typed) == code

    def test_in_words(self) -> None:
        assert in_words(make_code(minimum=Decimal("99.00"))) == "满 ¥99.00 减 ¥5.00"
        assert in_words(make_code("HALF", amount=None, percent=Decimal("0.5"))) == "减 50%"


def refused(code: str, why: str, buyer: User | None = None, **values: Any) -> None:
    """Nothing is placed, and the buyer is told why."""
    orders, uses = Order.objects.count(), PromoUse.objects.count()
    stock = make_variant().stock
    with pytest.raises((CannotPlace, BadCode), match=why):
        order_with(code, buyer, **values)
    assert (Order.objects.count(), PromoUse.objects.count()) == (orders, uses)
    assert make_variant().stock == stock
    assert not Binding.objects.exists()


class TestWhenItMayBeUsed:
    def test_nobodys_code(self) -> None:
        refused("NEVER", "没有“NEVER”这个优惠码")
        refused("<b>", "没有“<b>”这个优惠码")

    def test_only_in_its_time(self) -> None:
        now = timezone.now()
        make_code("SOON", starts_at=now + DAY)
        make_code("OVER", starts_at=now - 2 * DAY, ends_at=now - DAY)
        make_code("NOW", starts_at=now - DAY, ends_at=now + DAY)
        make_code("OFF", is_active=False)
        refused("SOON", "还没有开始")
        refused("OVER", "已过期")
        refused("OFF", "已停用")
        assert order_with("NOW").total == Decimal("25.00")

    def test_the_minimum_is_of_goods_without_shipping(self) -> None:
        make_code(minimum=Decimal("30.01"))
        refused("SWEET", "满 ¥30.01")
        assert order_with("SWEET", price="30.01").total == Decimal("25.01")

    def test_so_often_in_all_and_for_each(self) -> None:
        make_code(most_uses=2, most_per_person=1)
        once = make_user()
        order_with("SWEET", once)
        refused("SWEET", "已经用过", once)
        order_with("SWEET")
        refused("SWEET", "用完")
        assert PromoCode.objects.get().used == 2

    def test_without_limits(self) -> None:
        make_code(most_per_person=None)
        buyer = make_user()
        for _ in range(3):
            order_with("SWEET", buyer)
        assert PromoCode.objects.get().used == 3

    def test_an_order_closed_unpaid_gives_it_back_once(self) -> None:
        make_code(most_uses=1)
        buyer = make_user()
        order = order_with("SWEET", buyer)
        for _ in range(2):
            cancel_order(order, reason="改主意")
        assert PromoCode.objects.get().used == 0
        assert PromoUse.objects.get().released_at is not None
        assert order_with("SWEET", buyer).total == Decimal("25.00")

    def test_not_ones_own_nor_that_of_somebody_who_is_out(self, owner: Distributor) -> None:
        make_code(owner=owner)
        refused("SWEET", "自己", owner.user)
        refused(owner.code, "自己", owner.user)
        set_status(owner, Status.FROZEN, by=None, reason="test")
        refused("SWEET", "目前不能使用")
        refused(owner.code, "目前不能使用")


class TestWhomItSpeaksFor:
    def payee(self, order: Order) -> Distributor | None:
        return OrderTerms.objects.get(order=order).payee1

    def test_it_binds_before_the_payees_are_read(self, owner: Distributor) -> None:
        make_rule()
        make_code(owner=owner)
        order = order_with("SWEET")
        binding = Binding.objects.get()
        assert (binding.distributor, binding.source) == (owner, Binding.Source.PROMO_CODE)
        assert binding.starts_at == order.placed_at
        assert self.payee(order) == owner

    @pytest.mark.parametrize("which", ["personal", "link"])
    def test_a_distributors_own_codes_do_too_and_take_nothing_off(
        self, owner: Distributor, which: str
    ) -> None:
        code = owner.code if which == "personal" else create_link(owner, channel="抖音").code
        order = order_with(code.lower())
        assert (order.discount_amount, order.total) == (ZERO, Decimal("30.00"))
        assert self.payee(order) == owner
        use = PromoUse.objects.get()
        assert (use.code, use.promo, use.owner, use.discount) == (code, None, owner, ZERO)

    def test_a_code_of_the_shop_binds_nobody(self) -> None:
        make_code()
        order = order_with("SWEET")
        assert self.payee(order) is None and not Binding.objects.exists()

    @pytest.mark.parametrize(
        ("mode", "is_taken"),
        [
            (Policy.BindingMode.FIRST_FOREVER, False),
            (Policy.BindingMode.FIRST_FOR_DAYS, False),
            (Policy.BindingMode.LATEST, True),
        ],
    )
    def test_against_a_binding_that_stands_the_merchants_mode_decides(
        self, owner: Distributor, mode: str, is_taken: bool
    ) -> None:
        publish_policy(by=None, at=START, binding_mode=mode, binding_days=9999)
        first, buyer = make_distributor(name="先"), make_user()
        bind_by_link(buyer, first, at=START + DAY)
        make_code(owner=owner)
        order = order_with("SWEET", buyer)
        assert order.total == Decimal("25.00"), "the discount is the buyer's all the same"
        assert self.payee(order) == (owner if is_taken else first)

    def test_an_order_with_ones_own_code_that_closes_unpaid(self, owner: Distributor) -> None:
        order = order_with(owner.code)
        for _ in range(2):
            cancel_order(order, reason="改主意")
        assert PromoUse.objects.get().released_at is not None


class TestWhatItIsFor:
    """A code for one product, or for a category and what lies below it."""

    @pytest.fixture
    def shelves(self) -> tuple[Category, Category]:
        above = make_category("食品")
        return above, make_category("坚果", parent=above)

    def order(self, *variants: Variant) -> Order:
        buyer = make_user()
        return place_order(
            buyer,
            [Item(variant.pk, 1) for variant in variants],
            address=make_address(buyer),
            choices={"promo_code": "SWEET"},
        )

    @pytest.mark.parametrize("scope", ["product", "category"])
    def test_it_takes_off_these_goods_alone(
        self, shelves: tuple[Category, Category], scope: str
    ) -> None:
        nuts = make_variant("3.00", product=make_product("腰果", category=shelves[1]))
        other = make_variant("50.00")
        target = nuts.product if scope == "product" else shelves[0]
        make_code(minimum=Decimal("3.00"), most_uses=1, **{scope: target})
        order = self.order(other, nuts)
        taken = {line.variant_id: line.discount for line in order.lines.all()}
        assert taken == {nuts.pk: Decimal("3.00"), other.pk: ZERO}
        assert PromoUse.objects.get().discount == Decimal("3.00")
        assert in_words(PromoCode.objects.get()) == f"满 ¥3.00 减 ¥5.00，限{target}"

    @pytest.mark.parametrize("scope", ["product", "category"])
    def test_the_minimum_is_of_these_goods(
        self, shelves: tuple[Category, Category], scope: str
    ) -> None:
        nuts = make_variant("3.00", product=make_product("腰果", category=shelves[1]))
        target = nuts.product if scope == "product" else shelves[1]
        make_code(minimum=Decimal("3.01"), **{scope: target})
        for variants, why in (([make_variant("50.00"), nuts], "满 ¥3.01"), ([make_variant("50.00")], "所选的商品")):  # fmt: skip
            with pytest.raises((CannotPlace, BadCode), match=why):
                self.order(*variants)
        assert (Order.objects.count(), PromoUse.objects.count()) == (0, 0)

    def test_not_a_product_and_a_category(self, shelves: tuple[Category, Category]) -> None:
        with pytest.raises(ValidationError):
            make_code(product=make_product(), category=shelves[0])
        make_code()
        with pytest.raises(IntegrityError), transaction.atomic():
            PromoCode.objects.update(product=make_product(), category=shelves[0])


class TestSaving:
    def test_it_is_written_down(self, owner: Distributor) -> None:
        boss = make_user("店主")
        save_promo_code(PromoCode(code=" sweet ", owner=owner), by=boss)
        entry = AuditEntry.objects.get(action="save_promo_code")
        assert (entry.actor, entry.target_name, entry.details["terms"]) == (
            boss,
            "SWEET",
            "只记推荐",
        )

    def test_letters_and_owner_stay_and_the_count_is_not_overwritten(
        self, owner: Distributor
    ) -> None:
        old = make_code(owner=owner)
        order_with("SWEET")
        old.code, old.owner, old.amount = "OTHER", None, Decimal("6.00")
        save_promo_code(old, by=None)
        fresh = PromoCode.objects.get()
        assert (fresh.code, fresh.owner, fresh.amount, fresh.used) == (
            "SWEET",
            owner,
            Decimal("6.00"),
            1,
        )

    def test_what_cannot_be_one(self, owner: Distributor) -> None:
        for code in ("a b", "", "x" * 21, owner.code):
            with pytest.raises(BadCode):
                make_code(code)
        make_code("SWEET")
        for values in (
            {"code": "sweet"},
            {"amount": None},
            {"percent": Decimal("0.1")},
            {"amount": Decimal("-1")},
            {"amount": None, "percent": Decimal("1.1")},
            {"starts_at": START + DAY, "ends_at": START},
        ):
            with pytest.raises(ValidationError):
                make_code(**{"code": "OTHER"} | values)
        assert PromoCode.objects.count() == 1

    @pytest.mark.parametrize(
        "values",
        [
            {"amount": None},
            {"percent": Decimal("0.1")},
            {"amount": ZERO},
            {"minimum": Decimal(-1)},
            {"used": -1},
        ],
    )
    def test_the_database_keeps_it_so(self, values: dict[str, Any]) -> None:
        make_code()
        with pytest.raises(IntegrityError), transaction.atomic():
            PromoCode.objects.update(**values)


class TestAtCheckout:
    def test_a_code_is_typed_looked_at_and_used(self, client: Client) -> None:
        make_code()
        buyer, variant = make_user(), make_variant("30.00")
        address = make_address(buyer)
        client.force_login(buyer)
        query = {"item": f"{variant.pk}:1", "address": address.pk, "promo_code": "sweet"}
        html = client.get("/checkout/", query).content.decode()
        assert "优惠码 SWEET" in html and 'name="expected_total" value="25.00"' in html

    def test_a_friends_code_that_takes_nothing_off_is_noted(
        self, owner: Distributor, client: Client
    ) -> None:
        """Or the buyer would not know that it counts."""
        buyer, variant = make_user(), make_variant("30.00")
        client.force_login(buyer)
        query = {"item": f"{variant.pk}:1", "promo_code": owner.code}
        html = client.get("/checkout/", query).content.decode()
        assert f"“{owner.code}”已记下，不影响价格。" in html
        for other in ({"promo_code": ""}, {"promo_code": "NEVER"}):
            assert "已记下" not in client.get("/checkout/", query | other).content.decode()
        make_code()
        html = client.get("/checkout/", query | {"promo_code": "SWEET"}).content.decode()
        assert "优惠码 SWEET" in html and "已记下" not in html

    def test_a_bad_one_is_named_and_the_order_is_not_lost(self, client: Client) -> None:
        buyer, variant = make_user(), make_variant("30.00")
        address = make_address(buyer)
        client.force_login(buyer)
        sent = {
            "item": f"{variant.pk}:1",
            "address": address.pk,
            "note": "放门口",
            "promo_code": "NEVER",
            "expected_total": "30.00",
            "token": "t" * 20,
        }
        html = client.post("/checkout/", sent).content.decode()
        assert "没有“NEVER”这个优惠码" in html
        assert 'value="放门口"' in html and f'value="{variant.pk}:1"' in html
        assert not Order.objects.exists()
        client.post("/checkout/", sent | {"promo_code": ""})
        assert Order.objects.get().total == Decimal("30.00")


def test_a_distributor_sees_their_codes(owner: Distributor, client: Client) -> None:
    make_code(owner=owner)
    make_code("OTHERS", owner=make_distributor(name="别人"))
    client.force_login(owner.user)
    html = client.get("/distribution/links/").content.decode()
    assert "SWEET" in html and "减 ¥5.00" in html and "OTHERS" not in html
