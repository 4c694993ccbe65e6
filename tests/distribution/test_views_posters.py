"""The page of posters and their pictures: one's own alone, and only while one may recommend."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from PIL import Image

from base.accounts.limits import HOUR, Limit
from base.accounts.models import User
from catalog.models import Product
from distribution.models import Distributor
from distribution.programme.people import set_status
from distribution.referral.links import create_link
from distribution.sharing import posters
from distribution.states import Status
from tests.distribution.sharing.test_posters import own_store  # noqa: F401  # posters kept apart
from tests.make import make_distributor, make_product, make_user, make_variant

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
PAGE = "/distribution/posters/"


@pytest.fixture
def person() -> Distributor:
    return make_distributor(name="阿珍")


@pytest.fixture
def nuts() -> Product:
    return make_variant("99.00", product=make_product("每日坚果")).product


def code_in(answer: Any) -> str:
    assert answer["Content-Type"] == "image/jpeg"
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(answer.content)))
    return found.text


def test_choosing_how_it_looks(person: Distributor, nuts: Product, pages_of: Pages) -> None:
    link = create_link(person, channel="小红书")
    html = (
        pages_of(person)
        .get(PAGE, {"product": nuts.pk, "layout": "story", "link": link.code, "line": "香脆"})
        .content.decode()
    )
    for layout in ("portrait", "story", "invitation", "shop"):
        assert f"{PAGE}{layout}.jpg?product={nuts.pk}&amp;link={link.code}&amp;line=" in html
    assert 'download="poster-' in html and 'value="香脆"' in html
    assert "长按图片" in html


def test_without_a_product_the_shops_card(
    person: Distributor, nuts: Product, pages_of: Pages
) -> None:
    html = pages_of(person).get(PAGE).content.decode()
    assert f"{PAGE}shop.jpg" in html and f"{PAGE}story.jpg" not in html
    assert f"?product={nuts.pk}" in html


def test_its_code_leads_to_the_product_by_the_chosen_link(
    person: Distributor, nuts: Product, pages_of: Pages
) -> None:
    link = create_link(person, channel="小红书")
    browser = pages_of(person)
    for code, query in ((person.code, {}), (link.code, {"link": link.code})):
        answer = browser.get(f"{PAGE}portrait.jpg", {"product": nuts.pk} | query)
        assert code_in(answer) == f"http://127.0.0.1:8000/r/{code}/{nuts.pk}/"


def test_nobody_elses_link(person: Distributor, nuts: Product, pages_of: Pages) -> None:
    other = create_link(make_distributor(name="阿芳"), channel="抖音")
    answer = pages_of(person).get(f"{PAGE}shop.jpg", {"link": other.code})
    assert code_in(answer) == f"http://127.0.0.1:8000/r/{person.code}/"


def test_kept_by_the_browser_until_it_says_something_else(
    person: Distributor, nuts: Product, pages_of: Pages
) -> None:
    browser = pages_of(person)
    query = {"product": nuts.pk}
    first = browser.get(f"{PAGE}portrait.jpg", query)
    assert first["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": first["ETag"]}
    again = browser.get(f"{PAGE}portrait.jpg", query, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    nuts.variants.update(price="88.00")
    changed = browser.get(f"{PAGE}portrait.jpg", query, headers=tag)
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}shop.jpg"])
def test_strangers_find_how_to_join(path: str, pages_of: Pages, guest: Client) -> None:
    assert pages_of(make_user()).get(path)["Location"] == "/distribution/join/"
    assert guest.get(path)["Location"].startswith("/accounts/login/")


def test_not_while_frozen(person: Distributor, nuts: Product, pages_of: Pages) -> None:
    set_status(person, Status.FROZEN, by=None, reason="test")
    browser = pages_of(person)
    assert "账号状态正常时才能生成海报" in browser.get(PAGE).content.decode()
    assert browser.get(f"{PAGE}shop.jpg").status_code == 403


def test_what_there_is_not(person: Distributor, nuts: Product, pages_of: Pages) -> None:
    browser = pages_of(person)
    hidden = make_product(is_active=False)
    assert browser.get(f"{PAGE}neon.jpg").status_code == 404
    assert browser.get(f"{PAGE}portrait.jpg", {"product": hidden.pk}).status_code == 404
    assert browser.get(f"{PAGE}portrait.jpg").status_code == 403
    assert (
        browser.get(PAGE, {"product": "x" * 300, "layout": "?", "line": "长" * 200}).status_code
        == 200
    )


def test_the_way_from_a_products_page(person: Distributor, nuts: Product, pages_of: Pages) -> None:
    here = {"goods_here": nuts.pk}
    way = f'href="{PAGE}?product={nuts.pk}"'
    assert way in pages_of(person).get("/personal/", here).content.decode()
    assert way not in pages_of(make_user()).get("/personal/", here).content.decode()


def test_too_many_new_ones_are_refused_in_words(
    person: Distributor, nuts: Product, pages_of: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posters, "DRAWN", Limit("poster", 1, HOUR))
    browser = pages_of(person)
    words = "这一小时生成的新海报已经很多"
    assert words not in browser.get(PAGE).content.decode()
    assert browser.get(f"{PAGE}shop.jpg").status_code == 200
    refused = browser.get(f"{PAGE}shop.jpg", {"line": "另一句"})
    assert (refused.status_code, refused["Cache-Control"]) == (429, "no-store")
    assert 0 < int(refused["Retry-After"]) <= HOUR
    assert "操作太频繁" in refused.content.decode()
    assert browser.get(f"{PAGE}shop.jpg").status_code == 200
    assert words in browser.get(PAGE).content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_queries(
    person: Distributor, nuts: Product, number: int, pages_of: Pages, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        create_link(person, channel="抖音")
    browser = pages_of(person)
    with django_assert_num_queries(5):
        browser.get(PAGE, {"product": nuts.pk})
    with django_assert_num_queries(5):
        browser.get(PAGE)


def test_the_pictures_queries(
    person: Distributor, nuts: Product, pages_of: Pages, django_assert_num_queries: Any
) -> None:
    browser = pages_of(person)
    with django_assert_num_queries(6):
        browser.get(f"{PAGE}portrait.jpg", {"product": nuts.pk})
