import re
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from catalog.models import Variant
from orders import cart
from orders.cart import (
    CannotAdd,
    CartOwner,
    add_to_cart,
    count_pieces,
    merge_carts,
    read_cart,
    set_quantity,
)
from orders.models import Cart, CartLine
from tests.make import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db

ORIGIN = "http://testserver"


@pytest.fixture
def guest() -> CartOwner:
    return CartOwner(visitor=uuid.uuid4())


@pytest.fixture
def shopper() -> Client:
    """A guest's browser on one of our pages: it says where its POSTs come from."""
    return Client(headers={"origin": ORIGIN})


def held(owner: CartOwner) -> dict[Variant, int]:
    contents = read_cart(owner)
    return {item.variant: item.quantity for item in (*contents.items, *contents.gone)}


def sign_in(client: Client, user: User) -> None:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")


# --- What the cart does -------------------------------------------------------------------------


def test_putting_in_adds_up_and_the_whole_is_summed(guest: CartOwner) -> None:
    nut, tea = make_variant("10.00"), make_variant("2.50")
    add_to_cart(guest, nut.pk, 1)
    add_to_cart(guest, tea.pk, 2)
    add_to_cart(guest, nut.pk, 3)
    contents = read_cart(guest)
    assert [(item.variant, item.quantity) for item in contents.items] == [(nut, 4), (tea, 2)]
    assert (contents.amount, contents.pieces, contents.is_ready) == (Decimal("45.00"), 6, True)
    assert count_pieces(guest) == 6


def test_nobody_puts_in_more_than_there_is(guest: CartOwner) -> None:
    nut = make_variant(stock=3, product=make_product("坚果"))
    with pytest.raises(CannotAdd, match=r"^“坚果”只剩 3 件。$"):
        add_to_cart(guest, nut.pk, 4)
    add_to_cart(guest, nut.pk, 2)
    with pytest.raises(CannotAdd, match=r"^“坚果”只剩 3 件，购物车里已有 2 件。$"):
        add_to_cart(guest, nut.pk, 2)
    with pytest.raises(CannotAdd, match=r"^“坚果”只剩 3 件。$"):
        set_quantity(guest, nut.pk, 4)
    assert held(guest) == {nut: 2}


def test_what_is_not_for_sale_stays_out(guest: CartOwner) -> None:
    sold_out = make_variant(stock=0)
    hidden = make_variant(is_active=False)
    off = make_variant(product=make_product(is_active=False))
    for variant_id in (sold_out.pk, hidden.pk, off.pk, 0):
        with pytest.raises(CannotAdd):
            add_to_cart(guest, variant_id, 1)
    assert held(guest) == {}


def test_a_cart_has_limits(guest: CartOwner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cart, "MAX_LINES", 1)
    nut, tea = make_variant(stock=5000), make_variant()
    add_to_cart(guest, nut.pk, 999)
    with pytest.raises(CannotAdd, match="最多买 999 件"):
        add_to_cart(guest, nut.pk, 1)
    with pytest.raises(CannotAdd, match="最多放 1 种"):
        add_to_cart(guest, tea.pk, 1)
    assert held(guest) == {nut: 999}


def test_a_quantity_is_set_and_none_takes_it_out(guest: CartOwner) -> None:
    nut = make_variant(stock=5)
    add_to_cart(guest, nut.pk, 2)
    for _again in range(2):
        set_quantity(guest, nut.pk, 5)
        assert held(guest) == {nut: 5}
    for _again in range(2):
        set_quantity(guest, nut.pk, 0)
        assert held(guest) == {}
    set_quantity(guest, nut.pk, 3)
    assert held(guest) == {}, "what is not in the cart is not put in by changing it"


def test_nobody_changes_somebody_elses_cart(guest: CartOwner) -> None:
    nut = make_variant()
    add_to_cart(guest, nut.pk, 2)
    for other in (CartOwner(visitor=uuid.uuid4()), CartOwner(user=make_user()), CartOwner()):
        set_quantity(other, nut.pk, 0)
        assert held(other) == {}
    assert held(guest) == {nut: 2}


def test_what_changed_since_is_said_in_words(guest: CartOwner) -> None:
    less, gone, off, cheaper = (make_variant("10.00", stock=5) for _ in range(4))
    for variant in (less, gone, off, cheaper):
        add_to_cart(guest, variant.pk, 3)
    Variant.objects.filter(pk=less.pk).update(stock=2)
    Variant.objects.filter(pk=gone.pk).update(stock=0)
    Variant.objects.filter(pk=off.pk).update(is_active=False)
    Variant.objects.filter(pk=cheaper.pk).update(price=Decimal("8.00"))
    contents = read_cart(guest)
    assert [(item.variant, item.problem) for item in contents.items] == [
        (less, "只剩 2 件，请减少数量"),
        (cheaper, ""),
    ]
    assert [(item.variant, item.problem) for item in contents.gone] == [
        (gone, "已售罄"),
        (off, "商品已下架"),
    ]
    assert contents.items[1].drop == Decimal("2.00")
    assert contents.amount == Decimal("54.00"), "what is gone does not count"
    assert not contents.is_ready
    assert count_pieces(guest) == contents.pieces == 6
    set_quantity(guest, less.pk, 2)
    assert read_cart(guest).is_ready


def test_fewer_can_always_be_asked_for(guest: CartOwner) -> None:
    nut = make_variant(stock=9)
    add_to_cart(guest, nut.pk, 9)
    Variant.objects.update(stock=2)
    set_quantity(guest, nut.pk, 5)
    assert held(guest) == {nut: 5}, "still too many, and the line says so"


# --- At sign-in ---------------------------------------------------------------------------------


def test_a_guests_cart_goes_into_the_members(guest: CartOwner) -> None:
    user = make_user()
    both, many, new = make_variant(stock=100), make_variant(stock=5), make_variant()
    add_to_cart(CartOwner(user=user), both.pk, 2)
    add_to_cart(CartOwner(user=user), many.pk, 4)
    add_to_cart(guest, both.pk, 3)
    add_to_cart(guest, many.pk, 4)
    add_to_cart(guest, new.pk, 1)
    assert guest.visitor
    for _again in range(2):
        merge_carts(guest.visitor, user)
        assert held(CartOwner(user=user)) == {both: 5, many: 5, new: 1}
    assert not Cart.objects.filter(visitor=guest.visitor).exists()


def test_what_sold_out_meanwhile_stays_visible(guest: CartOwner) -> None:
    user = make_user()
    nut = make_variant(stock=5)
    add_to_cart(guest, nut.pk, 5)
    Variant.objects.update(stock=0)
    assert guest.visitor
    merge_carts(guest.visitor, user)
    (item,) = read_cart(CartOwner(user=user)).gone
    assert item.problem == "已售罄"


def test_signing_in_takes_the_guests_cart_along(shopper: Client) -> None:
    nut = make_variant()
    shopper.post("/cart/lines/", {"variant": nut.pk, "quantity": 2})
    user = make_user()
    request = shopper.get("/cart/").wsgi_request
    user_logged_in.send(type(user), request=request, user=user)
    assert held(CartOwner(user=user)) == {nut: 2}
    sign_in(shopper, user)
    assert "共 2 件" in shopper.get("/cart/").content.decode()


# --- Pages --------------------------------------------------------------------------------------


def test_a_guest_gets_a_cookie_only_when_something_is_put_in(shopper: Client) -> None:
    nut = make_variant(product=make_product("坚果"))
    assert not shopper.get("/cart/").cookies
    assert not shopper.get("/personal/").cookies
    response = shopper.post("/cart/lines/", {"variant": nut.pk, "quantity": 2})
    assert (response.status_code, response.headers["Location"]) == (302, "/cart/")
    assert list(response.cookies) == ["visitor", "messages"]
    page = shopper.get("/cart/").content.decode()
    assert "已加入购物车。" in page
    assert "坚果" in page


@pytest.mark.parametrize("origin", [None, "http://elsewhere.example", "null"])
def test_a_post_from_elsewhere_changes_nothing(origin: str | None) -> None:
    nut = make_variant()
    client = Client(headers={"origin": origin} if origin else {}, enforce_csrf_checks=True)
    for address in ("/cart/lines/", f"/cart/lines/{nut.pk}/"):
        response = client.post(address, {"variant": nut.pk, "quantity": 2})
        assert response.status_code == 403
    assert not CartLine.objects.exists()


def test_our_own_pages_need_no_token(shopper: Client) -> None:
    nut = make_variant()
    client = Client(headers={"origin": ORIGIN}, enforce_csrf_checks=True)
    assert client.post("/cart/lines/", {"variant": nut.pk, "quantity": 1}).status_code == 302
    assert CartLine.objects.get().quantity == 1


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"quantity": 1}, "请选择规格。"),
        ({"variant": "x", "quantity": 1}, "输入整数。"),
        ({"variant": 1}, "请填写数量。"),
        ({"variant": 1, "quantity": 0}, "数量至少为 1。"),
        ({"variant": 1, "quantity": 1000}, "一种规格一次最多买 999 件。"),
        ({"variant": 0, "quantity": 1}, "这件商品已下架。"),
    ],
)
def test_what_makes_no_sense_is_said(shopper: Client, posted: dict, words: str) -> None:
    shopper.post("/cart/lines/", posted)
    assert words in shopper.get("/cart/").content.decode()
    assert not CartLine.objects.exists()


def test_htmx_gets_a_word_and_the_news(shopper: Client) -> None:
    nut = make_variant(stock=2, product=make_product("坚果"))
    headers = {"hx-request": "true"}
    posted = {"variant": nut.pk, "quantity": 2}
    response = shopper.post("/cart/lines/", posted, headers=headers)
    assert "已加入购物车" in response.content.decode()
    assert response.headers["HX-Trigger"] == "cart-added, cart-changed"
    refused = shopper.post("/cart/lines/", posted, headers=headers)
    assert "只剩 2 件" in refused.content.decode()
    assert "HX-Trigger" not in refused.headers


def test_a_line_is_changed_with_and_without_htmx(shopper: Client) -> None:
    nut = make_variant(stock=9)
    shopper.post("/cart/lines/", {"variant": nut.pk, "quantity": 1})
    line = reverse("orders:cart_line", args=[nut.pk])
    assert shopper.post(line, {"quantity": 4}).headers["Location"] == "/cart/"
    assert CartLine.objects.get().quantity == 4
    part = shopper.post(line, {"quantity": 10}, headers={"hx-request": "true"})
    text = part.content.decode()
    assert "<html" not in text
    assert "只剩 9 件" in text
    assert 'value="4"' in text, "the quantity that still stands"
    shopper.post(line, {"quantity": 0})
    assert not CartLine.objects.exists()


def test_an_empty_cart_shows_the_way_to_the_shop(client: Client) -> None:
    text = client.get("/cart/").content.decode()
    assert "购物车还是空的" in text
    assert "no-store" in client.get("/cart/").headers["Cache-Control"]


@pytest.mark.parametrize("number", [1, 3])
def test_the_cart_costs_the_same_however_full(
    number: int, shopper: Client, django_assert_num_queries: Callable
) -> None:
    user = make_user()
    for variant in [make_variant() for _ in range(number)]:
        add_to_cart(CartOwner(user=user), variant.pk, 1)
        shopper.post("/cart/lines/", {"variant": variant.pk, "quantity": 1})
    with django_assert_num_queries(1):  # lines
        assert shopper.get("/cart/").status_code == 200
    with django_assert_num_queries(1):  # the sum of pieces
        shopper.get("/personal/")
    member = Client(headers={"origin": ORIGIN})
    sign_in(member, user)
    with django_assert_num_queries(4):  # session, user, lines, whether they are a distributor
        assert member.get("/cart/").status_code == 200


def test_the_personal_fragment_carries_count_and_messages_and_is_kept_by_nobody(
    shopper: Client,
) -> None:
    nut = make_variant(stock=500)
    shopper.post("/cart/lines/", {"variant": nut.pk, "quantity": 2})
    response = shopper.get("/personal/")
    text = response.content.decode()
    assert response.headers["Cache-Control"] == "private, no-store"
    assert re.search(r'innerHTML:\.cart-count">2<', text)
    assert "已加入购物车。" in text
    again = shopper.get("/personal/").content.decode()
    assert "已加入购物车。" not in again
    shopper.post(f"/cart/lines/{nut.pk}/", {"quantity": 200})
    assert "99+" in shopper.get("/personal/").content.decode()


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()
