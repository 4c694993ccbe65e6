"""The team: two levels and no deeper, names masked, found only by what one knows already."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from distribution.desk.team import Group, Member, masked_name, members_of, shown
from distribution.models import Distributor, PositionPrivileges
from distribution.policy import publish_policy
from distribution.referral.links import create_link
from distribution.referral.relations import bind_by_link, reassign_customer
from tests.make import (
    START,
    Chain,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
DAY = timedelta(days=1)
PAGE = "/distribution/team/"


@pytest.fixture
def chain() -> Chain:
    make_rule("0.10", "0.05")
    return make_chain()


def members(person: Distributor, group: Group, search: str = "") -> list[Member]:
    rows = list(members_of(person, group, at=timezone.now(), search=search))
    return shown(person, group, rows)


def sold(buyer: User, price: str = "100.00") -> None:
    pay(make_order(buyer, {make_variant(price): 1}))


class TestWhoIsInIt:
    def test_two_levels_and_no_deeper(self, chain: Chain) -> None:
        """A → B → D → E; C is bound to B, F to D."""
        d = make_distributor(name="丁", recruiter=chain.b)
        make_distributor(name="戊", recruiter=d)
        f = make_user("己")
        bind_by_link(f, d, at=START + DAY)
        names = {group: {m.name for m in members(chain.a, group)} for group in Group}
        assert names == {
            Group.CUSTOMERS: {"乙**"},
            Group.DISTRIBUTORS: {"乙**"},
            Group.SECOND: {"丙**", "丁**"},
        }

    def test_who_has_gone_elsewhere_is_not(self, chain: Chain) -> None:
        other = make_distributor(name="别")
        reassign_customer(chain.c, other, by=chain.a.user, reason="test")
        assert members(chain.b, Group.CUSTOMERS) == []
        assert members(chain.a, Group.SECOND) == []

    def test_what_each_has_brought(self, chain: Chain) -> None:
        sold(chain.c)
        sold(chain.c)
        sold(chain.b.user, "40.00")
        (customer,) = members(chain.b, Group.CUSTOMERS)
        assert (customer.bought.orders, customer.total) == (2, Decimal("20.00"))
        (recruit,) = members(chain.a, Group.DISTRIBUTORS)
        assert recruit.sold is not None
        assert (recruit.bought.orders, recruit.bought.amount) == (1, Decimal("4.00"))
        assert (recruit.sold.orders, recruit.sold.amount) == (2, Decimal("10.00"))
        (second,) = members(chain.a, Group.SECOND)
        assert (second.bought.orders, second.total, second.via) == (2, Decimal("10.00"), "乙**")

    def test_what_they_bring_to_others_is_not_shown(self, chain: Chain) -> None:
        other = make_distributor(name="别")
        sold(chain.c)
        reassign_customer(chain.c, other, by=chain.a.user, reason="test")
        (customer,) = members(other, Group.CUSTOMERS)
        assert customer.total == 0

    def test_the_link_they_came_by(self, chain: Chain) -> None:
        link = create_link(chain.b, channel="小红书")
        bind_by_link(make_user("庚"), chain.b, at=timezone.now(), link=link)
        assert [m.channel for m in members(chain.b, Group.CUSTOMERS)] == ["小红书", ""]


class TestWhatIsSeenOfThem:
    def test_names_are_masked_whatever_their_length(self) -> None:
        people = [make_user(name) for name in ("李", "王小明", "Anna", "")]
        assert [masked_name(person) for person in people] == ["李**", "王**", "A**", "会员"]

    def test_nothing_more_on_the_page(self, chain: Chain, pages_of: Pages) -> None:
        chain.c.name = "丙小美"
        chain.c.save()
        for person, group in ((chain.b, "customers"), (chain.a, "second")):
            html = pages_of(person).get(f"{PAGE}?group={group}").content.decode()
            assert "丙**" in html
            assert "丙小美" not in html and str(chain.c.phone) not in html

    @pytest.mark.parametrize(
        ("search", "is_found"),
        [
            ("王小明", True),
            ("王", True),
            ("8000", True),
            ("13800138000", True),
            ("小明", False),
            ("王小", False),
            ("138", False),
            ("00", False),
            ("38000", False),
            ("%", False),
            ("_", False),
        ],
    )
    def test_found_only_by_what_one_knows(self, chain: Chain, search: str, is_found: bool) -> None:
        known = make_user("王小明", phone="13800138000")
        bind_by_link(known, chain.b, at=START + DAY)
        found = [m.name for m in members(chain.b, Group.CUSTOMERS, search)]
        assert found == (["王**"] if is_found else [])


class TestThePage:
    def test_groups_with_their_sizes(self, chain: Chain, pages_of: Pages) -> None:
        html = pages_of(chain.a).get(PAGE).content.decode()
        assert '我的顾客 <span class="num">1</span>' in html
        assert '二级顾客 <span class="num">1</span>' in html
        html = pages_of(chain.a).get(f"{PAGE}?group=distributors").content.decode()
        assert "自购 0 单 · 带来 0 单" in html

    @pytest.mark.parametrize(
        ("limit", "words"),
        [
            (None, "你的顾客自己加入推广后，会出现在这里。"),
            (1, "名额用了 0 / 1"),
            (0, "你目前不能带来分销商"),
        ],
    )
    def test_how_many_one_may_bring_in(
        self, pages_of: Pages, limit: int | None, words: str
    ) -> None:
        PositionPrivileges.objects.update(recruit_limit=limit)
        top = make_distributor(name="甲")
        browser = pages_of(top)
        html = browser.get(f"{PAGE}?group=distributors").content.decode()
        assert words in html
        assert ("去分享" in html) == (limit != 0)
        if limit:
            make_distributor(name="乙", recruiter=top)
            full = browser.get(f"{PAGE}?group=distributors").content.decode()
            assert "名额已满（1 / 1）" in full

    @pytest.mark.parametrize("group", ["distributors", "second"])
    def test_one_level_is_not_called_two(self, chain: Chain, pages_of: Pages, group: str) -> None:
        browser, words = pages_of(chain.a), "商家目前只计一级佣金"
        assert words not in browser.get(f"{PAGE}?group={group}").content.decode()
        publish_policy(by=None, two_levels=False)
        html = browser.get(f"{PAGE}?group={group}").content.decode()
        assert words in html and "你得二级佣金" not in html

    @pytest.mark.parametrize("query", ["group=third", "q=%00", "page=999", "group=%00"])
    def test_nonsense_does_no_harm(self, chain: Chain, pages_of: Pages, query: str) -> None:
        assert pages_of(chain.a).get(f"{PAGE}?{query}").status_code == 200

    @pytest.mark.parametrize("number", [1, 3])
    @pytest.mark.parametrize(
        ("group", "queries"), [("customers", 7), ("distributors", 12), ("second", 8)]
    )
    def test_a_fixed_number_of_queries(
        self,
        group: str,
        queries: int,
        number: int,
        pages_of: Pages,
        django_assert_num_queries: Any,
    ) -> None:
        top = make_distributor(name="甲")
        for _ in range(number):
            recruit = make_distributor(name="乙", recruiter=top)
            bind_by_link(make_user("丙"), recruit, at=START + DAY)
        browser = pages_of(top)
        with django_assert_num_queries(queries):
            browser.get(f"{PAGE}?group={group}")
