"""Named links: where they may lead, and what each of them has brought."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import QuerySet

from base.clock import BEIJING
from distribution import links
from distribution.links import CannotLink, create_link, figures_of, page_of_shop
from distribution.models import Click, Distributor, Link, Policy
from distribution.policy import publish_policy
from distribution.relations import bind_by_link
from orders.refunds import Part
from tests.make import (
    make_category,
    make_distributor,
    make_order,
    make_product,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
DAY = timedelta(days=1)


@pytest.fixture
def distributor() -> Distributor:
    return make_distributor(name="阿珍")


class TestWhereALinkMayLead:
    def test_to_pages_of_the_shop(self) -> None:
        shelf = make_category()
        product = make_product(category=shelf)
        for address in (
            "/",
            "/c/",
            f"/c/{shelf.slug}/",
            f"/p/{product.slug}/",
            f"/en/p/{product.slug}/",
            "/search/?q=坚果",
            "/distribution/join/",
        ):
            assert page_of_shop(address) == address

    def test_the_whole_address_as_copied_from_the_browser(self) -> None:
        assert page_of_shop(" http://127.0.0.1:8000/c/?sort=new ") == "/c/?sort=new"
        assert page_of_shop("http://127.0.0.1:8000") == "/"

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "\\/evil.example",
            "javascript:alert(1)",
            "http://127.0.0.1:8000@evil.example/",
            "http://127.0.0.1:8000.evil.example/",
            "http://127.0.0.1:9999/",
            "http://127.0.0.1:8000//evil.example/",
            "evil.example",
            "/\t/evil.example/",
            "/\0",
            "http://[",
        ],
    )
    def test_never_away_from_it(self, distributor: Distributor, address: str) -> None:
        with pytest.raises(CannotLink):
            create_link(distributor, channel="抖音", target=address)
        assert not Link.objects.exists()

    @pytest.mark.parametrize(
        "address",
        ["/no-such-page/", "/admin/", "/orders/", "/distribution/", "/payouts/", "/r/ABC/", "/me/"],
    )
    def test_only_to_pages_that_guests_may_see(
        self, distributor: Distributor, address: str
    ) -> None:
        with pytest.raises(CannotLink):
            create_link(distributor, channel="抖音", target=address)


class TestMakingLinks:
    def test_every_link_has_a_code_of_its_own(self, distributor: Distributor) -> None:
        codes = {create_link(distributor, channel="抖音").code for _ in range(3)}
        assert len(codes | {distributor.code}) == 4

    def test_there_is_a_limit(
        self, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(links, "MOST_LINKS", 2)
        for _ in range(2):
            create_link(distributor, channel="抖音")
        with pytest.raises(CannotLink, match="2"):
            create_link(distributor, channel="抖音")
        assert distributor.links.count() == 2


def visit(distributor: Distributor, link: Link | None, *, visitor: Any = None) -> None:
    Click.objects.create(
        visitor=visitor or uuid4(), distributor=distributor, link=link, path="/", at=NOON
    )


def seen(distributor: Distributor) -> list[dict[str, Any]]:
    """The figures that are not zero, by link."""
    return [
        {
            name: value
            for name in ("clicks", "visitors", "bound", "placed", "paid", "refunded", "sales")
            if (value := getattr(figures, name))
        }
        for figures in figures_of(distributor)
    ]


class TestWhatALinkBrings:
    def test_from_the_click_to_the_money(self, distributor: Distributor) -> None:
        red = create_link(distributor, channel="小红书")
        create_link(distributor, channel="抖音")
        twice = uuid4()
        visit(distributor, red, visitor=twice)
        visit(distributor, red, visitor=twice)
        visit(distributor, None)
        by_red, by_code = make_user(), make_user()
        bind_by_link(by_red, distributor, at=NOON, link=red)
        bind_by_link(by_code, distributor, at=NOON)
        paid = make_order(by_red, {make_variant("30.00"): 2}, at=NOON + DAY)
        pay(paid, at=NOON + DAY)
        make_order(by_red, at=NOON + DAY)
        back = make_order(by_code, {make_variant("20.00"): 1}, at=NOON + DAY)
        pay(back, at=NOON + DAY)
        receive(back, at=NOON + 2 * DAY)
        refund(back, [Part(back.lines.get().pk, 1, Decimal("20.00"))], at=NOON + 3 * DAY)
        personal, douyin, xiaohongshu = seen(distributor)
        assert douyin == {}
        assert xiaohongshu == {
            "clicks": 2,
            "visitors": 1,
            "bound": 1,
            "placed": 2,
            "paid": 1,
            "sales": Decimal("60.00"),
        }
        assert personal == {
            "clicks": 1,
            "visitors": 1,
            "bound": 1,
            "placed": 1,
            "paid": 1,
            "refunded": 1,
            "sales": Decimal("20.00"),
        }

    def test_an_order_belongs_to_the_link_that_had_bound_its_buyer_then(
        self, distributor: Distributor
    ) -> None:
        """Bound by one link, away to somebody else, back by another: each order to its own."""
        publish_policy(by=None, at=NOON - DAY, binding_mode=Policy.BindingMode.LATEST)
        first = create_link(distributor, channel="小红书")
        second = create_link(distributor, channel="抖音")
        other, buyer = make_distributor(name="阿芳"), make_user()
        for number, (who, link) in enumerate(
            [(distributor, first), (other, None), (distributor, second)]
        ):
            at = NOON + number * DAY
            bind_by_link(buyer, who, at=at, link=link)
            pay(make_order(buyer, at=at + DAY / 2), at=at + DAY / 2)
        assert [row.get("paid", 0) for row in seen(distributor)] == [0, 1, 1]
        assert [row.get("bound", 0) for row in seen(distributor)] == [0, 1, 1]
        assert [row.get("paid", 0) for row in seen(other)] == [1]

    def test_other_peoples_links_are_not_counted(self, distributor: Distributor) -> None:
        other = make_distributor(name="阿芳")
        link = create_link(other, channel="抖音")
        visit(other, link)
        bind_by_link(make_user(), other, at=NOON, link=link)
        assert seen(distributor) == [{}]

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_fixed_number_of_queries(
        self, distributor: Distributor, number: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(number):
            link = create_link(distributor, channel="抖音")
            visit(distributor, link)
            bind_by_link(make_user(), distributor, at=NOON, link=link)
        with django_assert_num_queries(4):
            assert len(figures_of(distributor)) == number + 1


def test_links_that_are_gone_leave_their_history(distributor: Distributor) -> None:
    link = create_link(distributor, channel="抖音")
    visit(distributor, link)
    rows: QuerySet[Link] = distributor.links.all()
    rows.delete()
    assert seen(distributor) == [{"clicks": 1, "visitors": 1}]
