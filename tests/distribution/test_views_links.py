"""The page of links: making one, its codes, and nobody else's."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from PIL import Image

from base.accounts.models import User
from distribution.links import create_link
from distribution.models import Distributor, Link
from tests.make import make_distributor

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
PAGE = "/distribution/links/"


@pytest.fixture
def person() -> Distributor:
    return make_distributor(name="阿珍")


def test_the_personal_link_ready_to_copy_and_share(person: Distributor, pages_of: Pages) -> None:
    html = pages_of(person).get(PAGE).content.decode()
    address = f"http://127.0.0.1:8000/r/{person.code}/"
    assert f'value="{address}" readonly' in html
    assert f'data-url="{address}"' in html and "data-copies=" in html
    assert f"?r={person.code}" in html


def test_a_new_link(person: Distributor, pages_of: Pages) -> None:
    browser = pages_of(person)
    answer = browser.post(PAGE, {"channel": " 小红书 ", "target": "/c/"}, follow=True)
    link = Link.objects.get()
    assert (link.distributor, link.channel, link.target) == (person, "小红书", "/c/")
    html = answer.content.decode()
    assert answer.redirect_chain == [(PAGE, 302)]
    assert f"/r/{link.code}/" in html and "推广链接“小红书”已建好。" in html
    browser.post(PAGE, {"channel": "抖音", "target": ""})
    assert Link.objects.latest("pk").target == "/"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"channel": "", "target": "/"}, "必填"),
        ({"channel": "抖音", "target": "//evil.example/"}, "请填写本商城页面的地址"),
        ({"channel": "抖音", "target": "/admin/"}, "不能用来推广"),
        ({"channel": "抖音", "target": "/nowhere/"}, "没有这个页面"),
        ({"channel": "x" * 41, "target": "/"}, "40"),
    ],
)
def test_what_cannot_be_a_link(
    person: Distributor, pages_of: Pages, form: dict[str, str], error: str
) -> None:
    answer = pages_of(person).post(PAGE, form)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert error in html
    assert not Link.objects.exists()


def test_its_codes_read_as_its_address(person: Distributor, pages_of: Pages) -> None:
    link = create_link(person, channel="抖音")
    browser = pages_of(person)
    for code in (person.code, link.code):
        answer = browser.get(f"{PAGE}{code}/qr.png")
        assert (answer["Content-Type"], answer["Cache-Control"]) == (
            "image/png",
            "private, max-age=86400",
        )
        (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(answer.content)).convert("L"))
        assert found.text == f"http://127.0.0.1:8000/r/{code}/"
        assert browser.get(f"{PAGE}{code}/qr.svg")["Content-Type"] == "image/svg+xml"


def test_nobody_elses_codes(person: Distributor, pages_of: Pages) -> None:
    other = make_distributor(name="阿芳")
    link = create_link(other, channel="抖音")
    for code in (other.code, link.code, "NOBODY"):
        for kind in ("png", "svg"):
            assert pages_of(person).get(f"{PAGE}{code}/qr.{kind}").status_code == 404


def test_other_peoples_links_are_not_listed(person: Distributor, pages_of: Pages) -> None:
    other = make_distributor(name="阿芳")
    link = create_link(other, channel="别人的")
    html = pages_of(person).get(PAGE).content.decode()
    assert link.code not in html and "别人的" not in html


@pytest.mark.parametrize("number", [1, 3])
def test_seven_queries(
    person: Distributor, number: int, pages_of: Pages, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        create_link(person, channel="抖音")
    browser = pages_of(person)
    with django_assert_num_queries(7):
        browser.get(PAGE)
