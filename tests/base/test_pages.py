from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils.translation import override

from base.access import public, same_origin
from base.accounts.models import User
from base.pages import page_of
from base.templatetags.shop import json_ld, many, money
from tests.make import make_distributor


def render(text: str, request: HttpRequest | None = None, **context: object) -> str:
    return Template("{% load shop %}" + text).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (Decimal("1234.5"), "¥1,234.50"),
        (Decimal("-3"), "−¥3.00"),
        (Decimal("0.005"), "¥0.01"),
        (0, "¥0.00"),
        (None, ""),
    ],
)
def test_money_is_written_with_thousands_and_two_digits(amount: Decimal | None, words: str) -> None:
    assert money(amount) == words


def test_a_price_has_a_small_sign_and_small_cents() -> None:
    assert render('{% price amount "large" %}', amount=Decimal("-1299.9")) == (
        '<span class="price large">−<span class="yuan">¥</span>1,299<span class="cents">.90</span></span>'
    )


@pytest.mark.parametrize(
    ("amount", "classes"),
    [
        ("99999.99", "price plain"),
        ("100000", "price plain long"),
        ("-1000000", "price plain longer"),
        ("12345678.90", "price plain longer"),
    ],
)
def test_a_price_that_needs_room_says_so(amount: str, classes: str) -> None:
    assert f'class="{classes}"' in render('{% price amount "plain" %}', amount=Decimal(amount))


def test_counts_nobody_needs_to_the_piece() -> None:
    assert [many(count) for count in (0, 9999, 10_000, 12_999, 130_000)] == [
        "0",
        "9999",
        "1万+",
        "1.2万+",
        "13万+",
    ]
    with override("en"):
        assert many(12_999) == "12k+"


def test_an_icon_comes_from_the_sprite_and_is_not_read_aloud() -> None:
    html = render('{% icon "cart" %}')
    assert 'aria-hidden="true"' in html
    assert 'href="/static/icons.svg#cart"' in html


def test_data_for_search_engines_cannot_end_its_element() -> None:
    html = json_ld({"name": "</script><b>&"})
    assert html.count("<") == 2
    assert "\\u003c/script\\u003e\\u003cb\\u003e\\u0026" in html


def test_the_other_language_keeps_page_and_query() -> None:
    request = RequestFactory().get("/search/", {"q": "坚果", "page": "2"})
    assert render('{% page_in "en" %}', request) == "/en/search/?q=%E5%9D%9A%E6%9E%9C&amp;page=2"


@pytest.mark.django_db
def test_a_list_is_paged_with_gaps_and_never_counts_more_than_it_offers(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable
) -> None:
    monkeypatch.setattr("base.pages.MOST_PAGES", 9)
    User.objects.bulk_create(User(phone=f"1390000{i:04}") for i in range(25))
    rows = User.objects.order_by("phone")
    with django_assert_num_queries(2):
        page = page_of(RequestFactory().get("/", {"page": "5"}), rows, 2)
        assert [user.phone for user in page] == ["13900000008", "13900000009"]
    assert vars(page)["near"] == [1, 0, 4, 5, 6, 0, 9]
    assert page.paginator.count == 18, "nine pages of two, of the 25 there are"
    assert page_of(RequestFactory().get("/", {"page": "99"}), rows, 2).number == 9
    for nonsense in ("x", "-1", "0", "00", "", "1e9", "9" * 5000, "\x00", "__class__"):
        assert page_of(RequestFactory().get("/", {"page": nonsense}), rows, 2).number == 1


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        ("http://testserver", True),
        ("https://elsewhere.example", False),
        ("http://testserver.elsewhere.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_post_without_token_must_come_from_our_own_pages(origin: str, *, accepted: bool) -> None:
    view = same_origin(public(lambda request: HttpResponse("done")))
    request = RequestFactory().post("/", headers={"origin": origin} if origin else {})
    request.user = AnonymousUser()
    if accepted:
        assert view(request).content == b"done"
    else:
        with pytest.raises(PermissionDenied):
            view(request)


@pytest.mark.django_db
def test_what_cannot_be_shown_says_so_in_the_shops_own_frame(client: Client) -> None:
    missing = client.get("/p/nothing/")
    assert missing.status_code == 404
    assert "没有这个页面" in missing.content.decode()
    refused = client.post("/cart/lines/", {})
    assert refused.status_code == 403
    assert "请求来源不明" in refused.content.decode()


def test_when_all_fails_the_page_needs_nothing() -> None:
    assert "出了点问题" in Template("{% include '500.html' %}").render(Context({}))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "orders/{}/",
        "me/tickets/{}/",
        "payouts/{}/",
        "distribution/academy/certificates/{}/",
    ],
)
def test_an_address_no_row_can_have_is_not_there(client: Client, path: str) -> None:
    client.force_login(make_distributor().user)
    assert client.get(f"/{path.format('%00')}").status_code == 404
    assert client.get(f"/en/{path.format('a%00b')}").status_code == 404
