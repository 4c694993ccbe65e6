"""Coupons: what they take off, to the cent; given once, used once, back when an order closes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override
from pytest_django import DjangoAssertNumQueries

from base.accounts.models import User
from catalog.models import Variant
from distribution.models import Commission
from distribution.programme.welcome import REASON
from orders import coupons
from orders.cancellation import cancel_order
from orders.checkout import CannotPlace, Item, place_order
from orders.coupons import BEST, CannotIssue, coupon_choices, issue_coupon, usable_coupons
from orders.models import Coupon, CouponOffer, Order
from orders.pricing import PricedLine, quote
from orders.refunds import Part
from orders.registries import ChoiceRefused
from tests.make import (
    make_address,
    make_category,
    make_chain,
    make_product,
    make_rule,
    make_user,
    make_variant,
    pay,
    refund,
)

pytestmark = pytest.mark.django_db

D = Decimal


def make_offer(kind: str = "amount", **values: Any) -> CouponOffer:
    worth = {"amount": {"amount": D("10.00")}, "share": {"share": D("0.1")}, "gift": {}}[kind]
    return CouponOffer.objects.create(**{"name": "券", "kind": kind} | worth | values)


def give(user: User, offer: CouponOffer | None = None, **options: Any) -> Coupon:
    return issue_coupon(user, offer or make_offer(), reason="感谢", **options)


def buy(user: User, items: dict[Variant, int], coupon: Coupon | None, **options: Any) -> Order:
    return place_order(
        user,
        [Item(variant.pk, number) for variant, number in items.items()],
        address=user.addresses.first() or make_address(user),
        choices={"coupon": str(coupon.pk)} if coupon else {},
        **options,
    )


def discounts(order: Order) -> list[str]:
    return [f"{line.price}×{line.quantity} −{line.discount}" for line in order.lines.all()]


class TestWorth:
    def test_an_amount_is_spread_over_the_lines(self) -> None:
        user = make_user()
        order = buy(user, {make_variant("20.00"): 1, make_variant("10.00"): 1}, give(user))
        assert discounts(order) == ["20.00×1 −6.67", "10.00×1 −3.33"]
        assert order.total == D("20.00")

    def test_a_share_is_rounded_half_up_once(self) -> None:
        user = make_user()
        coupon = give(user, make_offer("share", share=D("0.15")))
        order = buy(user, {make_variant("9.90"): 1, make_variant("0.80"): 1}, coupon)
        assert sum(line.discount for line in order.lines.all()) == D("1.61")  # 1.605

    def test_it_never_takes_more_than_there_is(self) -> None:
        user = make_user()
        order = buy(user, {make_variant("6.00"): 1}, give(user))
        assert (order.total, order.state) == (D("0.00"), "paid")

    def test_a_present_is_one_piece_beside_what_is_bought(self) -> None:
        user, gift, nuts = make_user(), make_variant("30.00"), make_variant("99.00")
        coupon = give(user, make_offer("gift", product=gift.product, min_amount=D("99.00")))
        with pytest.raises(CannotPlace, match=r"还差 ¥69\.00"):
            buy(user, {gift: 2}, coupon)
        order = buy(user, {gift: 2, nuts: 1}, coupon)
        assert discounts(order) == ["30.00×2 −30.00", "99.00×1 −0.00"]

    def test_only_where_it_is_good(self) -> None:
        user = make_user()
        shelf = make_category()
        nuts = make_variant("50.00", product=make_product(category=shelf))
        cloth = make_variant("50.00")
        coupon = give(user, make_offer(category=shelf, min_amount=D("50.00")))
        order = buy(user, {nuts: 1, cloth: 1}, coupon)
        assert discounts(order) == ["50.00×1 −10.00", "50.00×1 −0.00"]
        with pytest.raises(CannotPlace, match="没有适用的商品"):
            buy(user, {cloth: 1}, give(user, make_offer(category=shelf)))

    def test_commissions_are_on_what_was_paid(self) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        order = buy(chain.c, {make_variant("110.00"): 1}, give(chain.c))
        pay(order)
        amounts = Commission.objects.order_by("level").values_list("amount", flat=True)
        assert list(amounts) == [D("10.00"), D("5.00")]


class TestUsing:
    def test_once(self) -> None:
        user = make_user()
        coupon = give(user)
        order = buy(user, {make_variant("20.00"): 1}, coupon)
        coupon.refresh_from_db()
        assert coupon.order == order
        with pytest.raises(CannotPlace, match="已用过"):
            buy(user, {make_variant("20.00"): 1}, coupon)
        assert Order.objects.count() == 1

    def test_not_somebody_elses_nor_one_that_is_over(self) -> None:
        user, at = make_user(), timezone.now() - timedelta(days=40)
        for coupon in (give(make_user()), give(user, at=at)):
            with pytest.raises(CannotPlace, match="已过期或不存在"):
                buy(user, {make_variant("20.00"): 1}, coupon)
        assert not Order.objects.exists()

    def test_an_order_that_closes_unpaid_gives_it_back(self) -> None:
        user = make_user()
        coupon = give(user)
        cancel_order(buy(user, {make_variant("20.00"): 1}, coupon), reason="不想要了")
        assert list(usable_coupons(user, timezone.now())) == [coupon]

    def test_a_refund_does_not(self) -> None:
        user = make_user()
        coupon = give(user)
        order = buy(user, {make_variant("20.00"): 1}, coupon)
        pay(order)
        refund(order, [Part(order.lines.get().pk, 1, D("10.00"))])
        coupon.refresh_from_db()
        assert coupon.order == order

    def test_of_two_orders_at_once_the_second_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first took it between our look and our use of it."""
        user = make_user()
        coupon = give(user)
        seen = quote([(make_variant("20.00"), 1)], user, "", {"coupon": str(coupon.pk)})
        assert seen.choices == {"coupon": str(coupon.pk)}
        buy(user, {make_variant("20.00"): 1}, coupon)
        monkeypatch.setattr(
            coupons, "usable_coupons", lambda user, at: Coupon.objects.filter(user=user)
        )
        stock = make_variant("20.00", stock=3)
        with pytest.raises(ChoiceRefused, match="已用过"):
            buy(user, {stock: 1}, coupon)
        stock.refresh_from_db()
        assert (Order.objects.count(), stock.stock) == (1, 3)


class TestGiving:
    def test_the_same_reason_gives_once(self) -> None:
        user, offer = make_user(), make_offer(per_person=5)
        assert give(user, offer, key="invitation:1") == give(user, offer, key="invitation:1")
        assert Coupon.objects.count() == 1

    def test_not_more_than_a_person_may_have(self) -> None:
        user, offer = make_user(), make_offer()
        give(user, offer)
        with pytest.raises(CannotIssue, match="每人最多 1 张"):
            give(user, offer)

    def test_not_more_than_there_are(self) -> None:
        offer = make_offer(most=1)
        give(make_user(), offer)
        with pytest.raises(CannotIssue, match="已发完"):
            give(make_user(), offer)

    def test_not_when_it_was_stopped(self) -> None:
        with pytest.raises(CannotIssue, match="已停止"):
            give(make_user(), make_offer(is_active=False))

    @pytest.mark.parametrize(
        "values",
        [
            {"kind": "amount", "amount": None},
            {"kind": "share", "share": D("1.5")},
            {"kind": "gift"},
        ],
    )
    def test_an_offer_says_one_thing(self, values: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            CouponOffer.objects.create(name="券", **values)


class TestChoosing:
    def test_the_best_first_and_what_does_not_apply_last(self) -> None:
        user, nuts = make_user(), make_variant("50.00")
        small = give(user, make_offer(amount=D("1.00")))
        far = give(user, make_offer(min_amount=D("99.00")))
        big = give(user, make_offer("share", share=D("0.5")))
        lines = [PricedLine(nuts, 1, D("50.00"))]
        found = coupon_choices(user, lines, timezone.now())
        assert [(c.coupon, c.discount, c.refusal) for c in found] == [
            (big, D("25.00"), ""),
            (small, D("1.00"), ""),
            (far, D("0.00"), "还差 ¥49.00 可用"),
        ]
        priced = quote([(nuts, 1)], user, "", {"coupon": BEST})
        assert (priced.total, priced.choices) == (D("25.00"), {"coupon": str(big.pk)})

    def test_at_checkout_the_best_is_taken_until_the_buyer_says_otherwise(
        self, client: Client
    ) -> None:
        user, nuts = make_user(), make_variant("50.00")
        make_address(user)
        coupon = give(user)
        client.force_login(user)
        item = f"/checkout/?item={nuts.pk}:1"
        assert 'name="expected_total" value="40.00"' in client.get(item).content.decode()
        assert 'value="50.00"' in client.get(f"{item}&coupon=").content.decode()
        page = client.get(f"{item}&coupon=999999").content.decode()
        assert "已过期或不存在" in page and 'name="expected_total" value="50.00"' in page
        form = {"item": f"{nuts.pk}:1", "address": user.addresses.get().pk, "token": "t"}
        # Chosen without a script: the new amount is shown before anything is placed.
        asked = client.post("/checkout/", form | {"coupon": coupon.pk, "expected_total": "50.00"})
        assert not Order.objects.exists()
        assert 'name="expected_total" value="40.00"' in asked.content.decode()
        client.post("/checkout/", form | {"coupon": coupon.pk, "expected_total": "40.00"})
        assert Order.objects.get().total == D("40.00")

    @pytest.mark.parametrize("number", [1, 3])
    def test_my_coupons_in_few_queries(
        self, client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        user = make_user()
        for _ in range(number):
            give(user)
        client.force_login(user)
        client.get("/me/coupons/")
        with django_assert_num_queries(4):
            page = client.get("/me/coupons/")
        assert page.content.decode().count('class="card coupon"') == number
        assert "现在没有" in _page_of(make_user(), client)

    @pytest.mark.parametrize("number", [1, 3])
    def test_taken_away_in_few_queries(
        self, client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        user = make_user()
        for _ in range(number):
            give(user)
        give(make_user("别人"))
        client.force_login(user)
        with django_assert_num_queries(3):  # session, user, coupons
            file = b"".join(client.get("/me/coupons/?format=csv")).decode("utf-8-sig")
        header, *rows = file.splitlines()
        assert header == "优惠券,内容,发放原因,发放时间,有效期至,使用时间,用于订单"
        assert len(rows) == number

    def test_the_programmes_own_reason_in_the_readers_language(self, client: Client) -> None:
        user = make_user()
        issue_coupon(user, make_offer(), reason=REASON)
        client.force_login(user)
        with override("en"):
            told = gettext(REASON)
        assert told != REASON
        assert told in client.get("/en/me/coupons/").content.decode()
        assert told in b"".join(client.get("/en/me/coupons/?format=csv")).decode()

    def test_found_and_filtered(self, client: Client) -> None:
        user = make_user()
        give(user, make_offer(name="生日券", name_en="Birthday"))
        over = give(user, make_offer(name="旧券"))
        Coupon.objects.filter(pk=over.pk).update(
            issued_at=timezone.now() - timedelta(days=9), expires_at=timezone.now()
        )
        client.force_login(user)
        for query, names in {
            "": ["生日券"],
            "?q=birth": ["生日券"],
            "?q=旧": [],
            "?state=past": ["旧券"],
            "?state=past&q=生日": [],
            "?state=nonsense&page=-1": ["生日券"],
        }.items():
            page = client.get(f"/me/coupons/{query}").context["page"]
            assert [row.offer.name for row in page] == names, query
        assert "没有符合条件的优惠券" in client.get("/me/coupons/?q=无").content.decode()

    def test_a_guest_is_sent_to_sign_in(self, client: Client) -> None:
        for query in ("", "?format=csv"):
            assert client.get(f"/me/coupons/{query}").status_code == 302


def _page_of(user: User, client: Client) -> str:
    client.force_login(user)
    return client.get("/me/coupons/").content.decode()
