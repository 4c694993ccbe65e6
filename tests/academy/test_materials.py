"""The library: one's own link in the text, privileges at every door, everything counted."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from base.accounts.models import User
from distribution.academy.materials import address_for, text_for
from distribution.academy.models import Taking
from distribution.models import Distributor, PositionPrivileges, Tier
from distribution.programme.people import set_status, set_tier
from distribution.referral.links import address_of, product_address
from distribution.states import Status
from tests.academy_make import make_material
from tests.make import make_category, make_distributor, make_product, make_user

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
PAGE = "/distribution/academy/materials/"


@pytest.fixture
def anna() -> Distributor:
    PositionPrivileges.objects.update(material_level=0)
    Tier.objects.update(material_level=0)
    return make_distributor(name="安娜")


def takings() -> list[str]:
    return [row.what for row in Taking.objects.order_by("pk")]


def test_the_link_is_ones_own(anna: Distributor) -> None:
    product = make_product()
    material = make_material(product=product, body="尝尝 {link} ，真好")
    address = product_address(anna.code, product)
    assert anna.code in address
    assert address_for(material, anna) == address
    assert text_for(material, anna) == f"尝尝 {address} ，真好"
    assert text_for(make_material(body="没写链接"), anna).splitlines() == [
        "没写链接",
        address_of(anna.code),
    ]
    assert text_for(make_material(body=""), anna) == ""


@pytest.mark.parametrize("number", [1, 3])
def test_the_list(
    anna: Distributor, pages_of: Pages, number: int, django_assert_num_queries: Any
) -> None:
    for _material in range(number):
        make_material(pictures=1, product=make_product())
    make_material("草稿", is_published=False)
    browser = pages_of(anna)
    # session, person, distributor, 2 privileges, shelves, count, page, pictures
    with django_assert_num_queries(9):
        page = browser.get(PAGE)
    assert [row["is_open"] for row in page.context["rows"]] == [True] * number
    assert page.content.decode().count("readonly") == number
    assert f"/r/{anna.code}/" in page.content.decode()


def test_found_by_goods_category_channel_and_words(anna: Distributor, pages_of: Pages) -> None:
    shelf = make_category("饮品")
    tea = make_product("龙井", category=make_category("茶", parent=shelf))
    make_material("喝茶", product=tea, channel="douyin")
    make_material("全店")
    browser = pages_of(anna)
    for query, number in (
        ("", 2), (f"?product={tea.slug}", 1), (f"?category={shelf.slug}", 1),
        ("?channel=douyin", 1), ("?q=龙井", 1), ("?q=没有", 0), ("?channel=x&product=x", 2),
    ):  # fmt: skip
        assert len(browser.get(PAGE + query).context["rows"]) == number, query
    text = b"".join(browser.get(f"{PAGE}?format=csv&q=龙井")).decode()
    assert (len(text.split("喝茶")), f"/r/{anna.code}/" in text) == (2, True)


class TestPrivileges:
    def test_a_higher_level_is_named_but_not_given(
        self, anna: Distributor, pages_of: Pages
    ) -> None:
        material = make_material("金牌素材", level=2, pictures=1, video="https://b23.tv/1")
        picture = material.pictures.get()
        doors = [f"{PAGE}{material.pk}/all.zip", f"{PAGE}{material.pk}/video/", f"{PAGE}pictures/{picture.pk}/small.jpg"]  # fmt: skip
        browser = pages_of(anna)
        html = browser.get(PAGE).content.decode()
        assert ("金牌素材" in html, "好吃" in html, "没有等级可以领取" in html) == (
            True,
            False,
            True,
        )
        assert "金牌素材" not in b"".join(browser.get(f"{PAGE}?format=csv")).decode()
        assert [browser.get(door).status_code for door in doors] == [403] * 3
        assert browser.post(f"{PAGE}{material.pk}/takings/").status_code == 403
        assert takings() == []
        gold = Tier.objects.get(code="gold")
        Tier.objects.filter(pk=gold.pk).update(material_level=2)
        set_tier(anna, gold, by=None)
        assert [browser.get(door).status_code for door in doors] == [200, 302, 200]

    def test_the_frozen_take_nothing(self, anna: Distributor, pages_of: Pages) -> None:
        material = make_material()
        set_status(anna, Status.FROZEN, by=None, reason="test")
        assert pages_of(anna).post(f"{PAGE}{material.pk}/takings/").status_code == 403

    def test_drafts_are_not_there(self, anna: Distributor, pages_of: Pages) -> None:
        material = make_material(pictures=1, is_published=False)
        browser = pages_of(anna)
        picture = material.pictures.get()
        for door in (f"{material.pk}/all.zip", f"pictures/{picture.pk}/small.jpg"):
            assert browser.get(PAGE + door).status_code == 404

    def test_a_guest_and_a_shopper_see_no_file(self, anna: Distributor, pages_of: Pages) -> None:
        picture = make_material(pictures=1).pictures.get()
        address = f"{PAGE}pictures/{picture.pk}/small.jpg"
        for browser in (Client(), pages_of(make_user())):
            assert browser.get(address).status_code == 302


class TestTaking:
    def test_a_copy_is_counted(self, anna: Distributor, pages_of: Pages) -> None:
        material = make_material()
        browser = pages_of(anna)
        assert browser.post(f"{PAGE}{material.pk}/takings/").status_code == 302
        answer = browser.post(f"{PAGE}{material.pk}/takings/", headers={"HX-Request": "true"})
        assert answer.status_code == 204
        assert takings() == ["copy", "copy"]

    @pytest.mark.parametrize(
        ("size", "expected"), [("small", (750, 500)), ("medium", (1242, 828)), ("original", (1500, 1000))]
    )  # fmt: skip
    def test_a_picture_in_every_size(
        self, anna: Distributor, pages_of: Pages, size: str, expected: tuple[int, int]
    ) -> None:
        picture = make_material(pictures=1).pictures.get()
        address = f"{PAGE}pictures/{picture.pk}/{size}.jpg"
        browser = pages_of(anna)
        assert Image.open(BytesIO(browser.get(address).content)).size == expected
        assert takings() == []
        answer = browser.get(f"{address}?download=1")
        assert answer["Content-Disposition"].startswith("attachment")
        assert takings() == ["picture"]
        assert browser.get(f"{PAGE}pictures/{picture.pk}/huge.jpg").status_code == 404

    def test_all_in_one_file(self, anna: Distributor, pages_of: Pages) -> None:
        material = make_material(pictures=2)
        answer = pages_of(anna).get(f"{PAGE}{material.pk}/all.zip")
        archive = zipfile.ZipFile(BytesIO(answer.content))
        assert archive.namelist() == ["01.jpg", "02.jpg", "text.txt"]
        assert anna.code in archive.read("text.txt").decode()
        assert takings() == ["all"]

    def test_a_video(self, anna: Distributor, pages_of: Pages) -> None:
        material = make_material(video="https://b23.tv/1")
        browser = pages_of(anna)
        assert browser.get(f"{PAGE}{material.pk}/video/")["Location"] == "https://b23.tv/1"
        assert browser.get(f"{PAGE}{make_material().pk}/video/").status_code == 404
        assert takings() == ["video"]


@pytest.mark.parametrize(
    ("level", "words"),
    [(1, "升到“白银”后可以领取。"), (2, "升到“黄金”后可以领取。"), (9, "目前没有等级可以领取")],
)
def test_what_is_closed_says_what_opens_it(
    anna: Distributor, pages_of: Pages, level: int, words: str
) -> None:
    for code, opens in (("silver", 1), ("gold", 2)):
        Tier.objects.filter(code=code).update(material_level=opens)
    material = make_material(level=level)
    browser = pages_of(anna)
    assert words in browser.get(PAGE).content.decode()
    answer = browser.post(f"{PAGE}{material.pk}/takings/")
    assert (answer.status_code, words in answer.content.decode()) == (403, True)
    assert takings() == []


def test_who_is_frozen_is_told_that_it_is_not_their_tier(
    anna: Distributor, pages_of: Pages
) -> None:
    make_material()
    set_status(anna, Status.FROZEN, by=None, reason="核实")
    html = pages_of(anna).get(PAGE).content.decode()
    assert ("账号目前不是正常状态" in html, "升到" in html) == (True, False)


@pytest.mark.parametrize("number", [1, 3])
def test_what_is_closed_costs_one_query(
    anna: Distributor, pages_of: Pages, number: int, django_assert_num_queries: Any
) -> None:
    for _material in range(number):
        make_material(level=2)
    browser = pages_of(anna)
    with django_assert_num_queries(10):
        browser.get(PAGE)
