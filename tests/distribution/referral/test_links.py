"""Named links: where they may lead, and what each of them has brought."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import QuerySet

from base.clock import BEIJING
from distribution.models import Click, Distributor, Link, Policy
from distribution.policy import publish_policy
from distribution.referral import links
from distribution.referral.link_figures import EVER, Period, figures_of
from distribution.referral.links import (
    CannotLink,
    archive_link,
    create_link,
    find_links,
    page_of_shop,
    rename_link,
    restore_link,
    target_of,
)
from distribution.referral.recognition import recognise
from distribution.referral.relations import bind_by_link
from distribution.referral.traces import Kind, Sign
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
        assert page_of_shop("127.0.0.1:8000/c/") == "/c/"
        assert page_of_shop("//127.0.0.1:8000/c/") == "/c/"

    def test_a_chinese_address_stays_readable(self) -> None:
        make_product(slug="每日坚果")
        copied = "http://127.0.0.1:8000/p/%E6%AF%8F%E6%97%A5%E5%9D%9A%E6%9E%9C/"
        assert page_of_shop(copied) == "/p/每日坚果/"

    def test_somebody_elses_code_is_taken_off(self) -> None:
        assert page_of_shop("/c/?r=ABCDEFG&sort=new") == "/c/?sort=new"
        assert page_of_shop("/?r=ABCDEFG") == "/"

    def test_what_is_not_there_or_not_sold_is_refused(self) -> None:
        hidden = make_product(is_active=False)
        for address in ("/p/never-was/", f"/p/{hidden.slug}/", "/c/never-was/"):
            with pytest.raises(CannotLink, match="没有这个页面"):
                page_of_shop(address)

    def test_a_foreign_address_is_named_as_such(self) -> None:
        with pytest.raises(CannotLink, match="别的网站"):
            page_of_shop("https://evil.example/p/nuts/")

    def test_an_address_longer_than_can_be_kept(self) -> None:
        with pytest.raises(CannotLink, match="太长"):
            page_of_shop("/search/?q=" + "x" * 200)

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
        codes = {create_link(distributor, channel=f"抖音{n}").code for n in range(3)}
        assert len(codes | {distributor.code}) == 4

    def test_there_is_a_limit(
        self, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(links, "MOST_LINKS", 2)
        for channel in ("抖音", "微信群"):
            create_link(distributor, channel=channel)
        with pytest.raises(CannotLink, match="2"):
            create_link(distributor, channel="小红书")
        create_link(distributor, channel="抖音")  # the one there is
        assert distributor.links.count() == 2


class TestPuttingLinksAway:
    def test_out_of_sight_and_still_leading_somewhere(self, distributor: Distributor) -> None:
        link = create_link(distributor, channel="小红书", target="/c/")
        archive_link(link, at=NOON)
        archive_link(link, at=NOON + DAY)
        link.refresh_from_db()
        assert link.archived_at == NOON
        assert list(find_links(distributor)) == []
        assert list(find_links(distributor, archived=True)) == [link]
        assert list(find_links(distributor, archived=None)) == [link]
        assert target_of(link.code) == "/c/"
        restore_link(link)
        assert list(find_links(distributor)) == [link]

    def test_it_makes_room_and_needs_room_to_come_back(
        self, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(links, "MOST_LINKS", 1)
        old = archive_link(create_link(distributor, channel="旧"))
        create_link(distributor, channel="新")
        with pytest.raises(CannotLink, match="1"):
            restore_link(old)
        old.refresh_from_db()
        assert old.archived_at is not None
        monkeypatch.setattr(links, "MOST_KEPT", 2)
        monkeypatch.setattr(links, "MOST_LINKS", 9)
        with pytest.raises(CannotLink, match="2"):
            create_link(distributor, channel="更新")

    def test_another_name(self, distributor: Distributor) -> None:
        link = create_link(distributor, channel="小红书")
        assert rename_link(link, channel="抖音").channel == "抖音"
        assert Link.objects.get().code == link.code

    def test_found_by_name_product_page_or_code(self, distributor: Distributor) -> None:
        make_product("每日坚果", slug="nuts")
        nuts = create_link(distributor, channel="小红书", target="/p/nuts/")
        tea = create_link(distributor, channel="朋友圈", target="/search/?q=tea")
        for words, found in (
            ("红书", [nuts]),
            ("坚果", [nuts]),
            ("tea", [tea]),
            (tea.code.lower(), [tea]),
            ("没有", []),
            ("", [tea, nuts]),
        ):
            assert list(find_links(distributor, search=words)) == found


def visit(distributor: Distributor, link: Link | None, *, visitor: Any = None) -> None:
    Click.objects.create(
        visitor=visitor or uuid4(), distributor=distributor, link=link, path="/", at=NOON
    )


STAGES = (
    "clicks",
    "visitors",
    "signed_up",
    "bound",
    "placed",
    "paid",
    "refunded",
    "sales",
    "refunded_amount",
)


def seen(distributor: Distributor, period: Period = EVER) -> list[dict[str, Any]]:
    """The figures that are not zero, by link."""
    return [
        {name: value for name in STAGES if (value := getattr(figures, name))}
        for figures in figures_of(distributor, period=period)
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
            "refunded_amount": Decimal("20.00"),
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
        for n in range(number):
            link = create_link(distributor, channel=f"抖音{n}")
            visit(distributor, link)
            bind_by_link(make_user(), distributor, at=NOON, link=link)
        with django_assert_num_queries(5):
            assert len(figures_of(distributor)) == number + 1

    def test_people_count_for_the_last_link_they_opened_before_they_registered(
        self, distributor: Distributor
    ) -> None:
        first = create_link(distributor, channel="小红书")
        last = create_link(distributor, channel="抖音")
        other = make_distributor(name="阿芳")
        member, stranger, elsewhere = (make_user(date_joined=NOON + DAY) for _ in range(3))
        signs = {
            member: [
                Sign(distributor, NOON, Kind.LINK, first),
                Sign(distributor, NOON + DAY / 2, Kind.LINK, last),
            ],
            stranger: [],
            elsewhere: [Sign(distributor, NOON, Kind.LINK, first), Sign(other, NOON + DAY / 2)],
        }
        for user, before in signs.items():
            recognise(user, before, at=NOON + DAY, is_new=True)
            # When they are members already.
            recognise(user, [Sign(distributor, NOON + 2 * DAY)], at=NOON + 2 * DAY)
        assert [row.get("signed_up", 0) for row in seen(distributor)] == [0, 1, 0]
        assert [row.get("signed_up", 0) for row in seen(other)] == [1]

    def test_in_some_days_alone(self, distributor: Distributor) -> None:
        """Beijing days, both included; each stage by its own time."""
        buyer = make_user()
        visit(distributor, None)
        bind_by_link(buyer, distributor, at=NOON)
        pay(make_order(buyer, {make_variant("30.00"): 1}, at=NOON + DAY), at=NOON + DAY)
        day = NOON.date()
        first, next_day, later = (
            seen(distributor, Period.of_days(day + n * DAY, day + n * DAY)) for n in range(3)
        )
        assert first == [{"clicks": 1, "visitors": 1, "bound": 1}]
        assert next_day == [{"placed": 1, "paid": 1, "sales": Decimal("30.00")}]
        assert later == [{}]
        assert seen(distributor, Period.of_days(None, day)) == first
        assert seen(distributor, Period.of_days(day + DAY, None)) == next_day


def test_links_that_are_gone_leave_their_history(distributor: Distributor) -> None:
    link = create_link(distributor, channel="抖音")
    visit(distributor, link)
    rows: QuerySet[Link] = distributor.links.all()
    rows.delete()
    assert seen(distributor) == [{"clicks": 1, "visitors": 1}]
