"""The page of links: making one, its codes, and nobody else's."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from PIL import Image

from base.accounts.models import User
from catalog.models import Product
from catalog.products import refresh_listing
from distribution.models import Click, Distributor, Link
from distribution.policy import publish_policy
from distribution.referral.click_buffer import flush_clicks
from distribution.referral.links import archive_link, create_link
from tests.make import make_distributor, make_product, make_variant

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
PAGE = "/distribution/links/"


def recorded(person: Distributor) -> int:
    flush_clicks()
    return Click.objects.filter(distributor=person).count()


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
        ({"channel": "抖音", "target": "//evil.example/"}, "这是别的网站的地址"),
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


def test_put_away_renamed_and_used_again(person: Distributor, pages_of: Pages) -> None:
    link = create_link(person, channel="抖音")
    browser = pages_of(person)
    at = f"{PAGE}{link.code}/"
    assert (
        "名称已改"
        in browser.post(f"{at}name/", {"channel": " 快手 "}, follow=True).content.decode()
    )
    for _twice in range(2):
        html = browser.post(f"{at}archive/", follow=True).content.decode()
        assert "已收起" in html and link.code not in html.split("按渠道分开的链接")[1]
    link.refresh_from_db()
    assert link.channel == "快手" and link.archived_at is not None
    assert link.code in browser.get(PAGE, {"state": "archived"}).content.decode()
    assert browser.get(f"/r/{link.code}/")["Location"] == "/"
    browser.post(f"{at}use/")
    link.refresh_from_db()
    assert link.archived_at is None


@pytest.mark.parametrize("deed", ["name", "archive", "use"])
def test_nothing_of_somebody_elses_changes(person: Distributor, pages_of: Pages, deed: str) -> None:
    link = create_link(make_distributor(name="阿芳"), channel="抖音")
    browser = pages_of(person)
    assert browser.post(f"{PAGE}{link.code}/{deed}/", {"channel": "改"}).status_code == 404
    assert browser.get(f"{PAGE}{link.code}/{deed}/").status_code == 405
    link.refresh_from_db()
    assert (link.channel, link.archived_at) == ("抖音", None)


def test_a_name_that_is_none(person: Distributor, pages_of: Pages) -> None:
    link = create_link(person, channel="抖音")
    answer = pages_of(person).post(f"{PAGE}{link.code}/name/", {"channel": "x" * 41}, follow=True)
    assert "40" in answer.content.decode()
    link.refresh_from_db()
    assert link.channel == "抖音"


def test_found_filtered_and_paged(person: Distributor, pages_of: Pages) -> None:
    create_link(person, channel="小红书笔记")
    for number in range(22):
        create_link(person, channel=f"群 {number}")
    browser = pages_of(person)
    assert "小红书笔记" not in browser.get(PAGE).content.decode()
    assert "小红书笔记" in browser.get(PAGE, {"page": 2}).content.decode()
    found = browser.get(PAGE, {"q": "小红书"}).content.decode()
    assert found.count('class="card stack channel"') == 1
    assert "没有符合条件的链接" in browser.get(PAGE, {"q": "什么都不是"}).content.decode()
    assert (
        browser.get(PAGE, {"since": "垃圾", "until": "2026-13-45", "state": "?"}).status_code == 200
    )


def test_as_a_file(person: Distributor, pages_of: Pages) -> None:
    link = create_link(person, channel="=cmd|' /C calc'!A0", target="/c/")
    archive_link(create_link(person, channel="旧的"))
    answer = pages_of(person).get(PAGE, {"format": "csv", "state": ""})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    head, personal, named = answer.getvalue().decode().lstrip("\ufeff").splitlines()
    assert head.startswith("渠道名称,链接,打开,")
    assert personal.startswith(f"专属,http://127.0.0.1:8000/r/{person.code}/,/,")
    assert named.startswith(f"'=cmd|' /C calc'!A0,http://127.0.0.1:8000/r/{link.code}/,/c/,")
    assert named.endswith(",,0,0,0,0,0,0,0,0.00,0.00")
    other = make_distributor(name="阿芳")
    assert link.code not in pages_of(other).get(f"{PAGE}?format=csv").getvalue().decode()


def test_choosing_a_product(person: Distributor, pages_of: Pages) -> None:
    nuts = make_variant(product=make_product("每日坚果礼盒")).product
    refresh_listing(Product.objects.all())
    make_product("下架坚果", is_active=False)
    browser = pages_of(person)
    html = browser.get(f"{PAGE}goods/", {"q": "坚果"}).content.decode()
    assert "每日坚果礼盒" in html and "下架" not in html
    target = f"/p/{nuts.slug}/"
    assert f'href="{PAGE}?target={target}#new-link"' in html
    assert f'value="{target}"' in browser.get(PAGE, {"target": target}).content.decode()
    part = browser.get(f"{PAGE}goods/", {"q": "没有"}, headers={"HX-Request": "true"})
    assert "没有找到商品" in part.content.decode() and "<html" not in part.content.decode()


def test_a_link_names_the_product_it_opens(person: Distributor, pages_of: Pages) -> None:
    nuts = make_product("每日坚果")
    create_link(person, channel="抖音", target=f"/p/{nuts.slug}/")
    assert "打开 每日坚果" in pages_of(person).get(PAGE).content.decode()


class TestTheShortAddressOfAProduct:
    def test_it_leads_to_the_product_and_keeps_the_click(
        self, person: Distributor, guest: Client
    ) -> None:
        nuts = make_product()
        assert guest.get(f"/r/{person.code}/{nuts.pk}/")["Location"] == f"/p/{nuts.slug}/"
        assert guest.get(f"/en/r/{person.code}/{nuts.pk}/")["Location"] == f"/en/p/{nuts.slug}/"
        assert recorded(person) == 2

    def test_what_is_not_sold_any_more_leads_where_the_link_does(
        self, person: Distributor, guest: Client
    ) -> None:
        link = create_link(person, channel="抖音", target="/c/")
        gone = make_product(is_active=False)
        assert guest.get(f"/r/{link.code}/{gone.pk}/")["Location"] == "/c/"
        assert guest.get("/r/NOBODY/1/")["Location"] == "/"
        assert recorded(person) == 1


@pytest.mark.parametrize(
    ("moment", "mode", "words"),
    [
        ("visit", "first", "登录或注册后就成为你的顾客，他们的订单会给你佣金。 已经有推荐人的人不会改绑。"),
        ("signup", "days", "已有账号的人不会再绑定。 绑定 30 天有效，其间不会改绑。"),
        ("order", "latest", "这一单和以后的订单会给你佣金。 以最近打开的推荐链接为准。"),
    ],
)  # fmt: skip
def test_the_page_promises_what_the_policy_does(
    person: Distributor, pages_of: Pages, moment: str, mode: str, words: str
) -> None:
    publish_policy(by=None, binding_moment=moment, binding_mode=mode, binding_days=30)
    assert words in pages_of(person).get(PAGE).content.decode()


def test_asking_twice_makes_one_link(person: Distributor, pages_of: Pages) -> None:
    browser = pages_of(person)
    for _ in range(2):
        answer = browser.post(PAGE, {"channel": "抖音", "target": "/c/"}, follow=True)
        assert "推广链接“抖音”已建好。" in answer.content.decode()
    assert person.links.count() == 1
    archive_link(person.links.get())
    browser.post(PAGE, {"channel": "抖音", "target": "/c/"})
    browser.post(PAGE, {"channel": "抖音", "target": "/"})
    assert person.links.count() == 3


@pytest.mark.parametrize("number", [1, 3])
def test_thirteen_queries(
    person: Distributor, number: int, pages_of: Pages, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        create_link(person, channel="抖音", target=f"/p/{make_product().slug}/")
    browser = pages_of(person)
    with django_assert_num_queries(13):
        browser.get(PAGE)


@pytest.mark.parametrize("number", [1, 3])
def test_the_goods_to_choose_from_in_five_queries(
    person: Distributor, number: int, pages_of: Pages, django_assert_num_queries: Any
) -> None:
    for place in range(number):
        make_variant(product=make_product(f"春茶{place}"))
    refresh_listing(Product.objects.all())
    browser = pages_of(person)
    for asked in ({}, {"q": "春茶"}):
        with django_assert_num_queries(5):
            page = browser.get(f"{PAGE}goods/", asked)
        assert len(page.context["products"]) == number
    nothing = browser.get(f"{PAGE}goods/", {"q": "没有"}).content.decode()
    assert "没有找到商品" in nothing and "看全部商品" in nothing
