"""The page about one's tier: what I am, what I have, how far I am, what happens next, and why."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.clock import beijing_date, day_start
from distribution.models import Distributor, PositionPrivileges, Tier, TierCalendar, TierUplift
from distribution.programme.people import set_status, set_tier
from distribution.states import Status
from distribution.tiers.progress import Bar, TierProgress, tier_progress
from distribution.tiers.reviews import review_tiers
from tests.make import START, make_chain, make_distributor, make_user
from tests.selling import beijing, make_customer, make_task, sell

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
PAGE = "/distribution/tier/"


@pytest.fixture
def person() -> Distributor:
    """Silver asks for ¥100 and two orders, gold for ¥300; silver gives 5 %, gold 10 % uplift."""
    make_task("silver", "sales", "100")
    make_task("silver", "orders", "2")
    gold = make_task("gold", "sales", "300")
    Tier.objects.filter(code="silver").update(own_discount="0.05", recruit_limit=5)
    TierUplift.objects.create(tier=gold, uplift="0.1", valid_from=START)
    return make_distributor(name="阿珍")


def progress(person: Distributor, at: Any) -> TierProgress:
    person.refresh_from_db()
    return tier_progress(person, at=at)


def test_how_far_to_the_next_tiers_with_exact_numbers(person: Distributor) -> None:
    sell(person, "60.50", beijing(2, 10))
    silver, gold = progress(person, beijing(2, 11)).higher
    assert silver.bars == [
        Bar("完成销售额", "¥60.50", "¥100.00", "¥39.50", 60, False),
        Bar("完成订单数", "1 单", "2 单", "1 单", 50, False),
    ]
    assert silver.gives == ["自己买东西减 5%", "可取用 1 级及以下的素材", "最多带来 5 位分销商"]
    assert gold.bars == [Bar("完成销售额", "¥60.50", "¥300.00", "¥239.50", 20, False)]
    assert gold.gives == ["每笔佣金加成 10%", "可取用 2 级及以下的素材", "可以带来分销商，人数不限"]


def test_bringing_in_nobody_is_no_benefit(person: Distributor, pages_of: Pages) -> None:
    PositionPrivileges.objects.update(recruit_limit=0)
    silver, _gold = progress(person, beijing(2, 11)).higher
    assert silver.gives == ["自己买东西减 5%", "可取用 1 级及以下的素材"]
    assert '<dd class="num">目前不能带来</dd>' in pages_of(person).get(PAGE).content.decode()


def test_by_when_and_what_happens_otherwise(person: Distributor) -> None:
    sell(person, "300.00", beijing(2, 10))
    review_tiers(beijing(2, 11))
    (deadline,) = progress(person, beijing(2, 12)).deadlines
    assert deadline.is_met
    (second,) = progress(person, beijing(3, 1)).deadlines
    assert second.bars == [Bar("完成销售额", "¥0.00", "¥300.00", "¥300.00", 0, False)]
    assert (second.last_day, second.falls_on, str(second.falls_to)) == (
        date(2026, 3, 31),
        date(2026, 4, 1),
        "青铜",
    )


def test_who_was_warned_late_sees_both_days(person: Distributor) -> None:
    sell(person, "300.00", beijing(2, 10))
    for at in (beijing(2, 11), beijing(3, 1), beijing(4, 3, 2)):
        review_tiers(at)
    late, running = progress(person, beijing(4, 4)).deadlines
    assert (late.last_day, running.last_day) == (date(2026, 4, 9), date(2026, 4, 30))


def test_what_the_merchant_keeps(person: Distributor) -> None:
    gold = Tier.objects.get(code="gold")
    set_tier(person, gold, by=None, at=beijing(2, 10), keep_until=date(2026, 4, 15))
    found = progress(person, beijing(3, 10))
    assert (found.deadlines, found.kept_until) == ([], date(2026, 4, 15))
    set_tier(person, gold, by=None, at=beijing(3, 11))
    assert progress(person, beijing(2, 20)).deadlines == []


def test_history_says_why(person: Distributor) -> None:
    sell(person, "300.00", beijing(2, 10))
    TierCalendar.objects.update(warning_days=0)
    for at in (beijing(2, 11), beijing(3, 1), beijing(4, 1)):
        review_tiers(at)
    set_tier(person, Tier.objects.get(code="silver"), by=make_user(), at=beijing(4, 2))
    assert [(m.tier.title, m.why) for m in progress(person, beijing(4, 3)).history if m.tier] == [
        ("白银", "由商家设定"),
        (
            "青铜",
            "2026-03-01 – 2026-03-31：完成 ¥0.00、0 单、0 位顾客，没有达到“黄金”的任务",
        ),
        ("黄金", "2026-02-01 – 2026-02-28：完成 ¥300.00、1 单、1 位顾客，达到“黄金”的任务"),
        ("青铜", "申请加入"),
    ]


def test_what_everybody_may_take_has_no_number(person: Distributor) -> None:
    Tier.objects.filter(code="bronze").update(material_level=0)
    PositionPrivileges.objects.update(material_level=0)
    assert progress(person, beijing(2, 1)).has == ["可取用基础素材", "可以带来分销商，人数不限"]


def test_the_page(person: Distributor, pages_of: Pages) -> None:
    today = day_start(beijing_date(timezone.now()))
    TierCalendar.objects.update(kind="days", days=30, days_from=today.date())
    sell(person, "60.50", today)
    text = re.sub(r"\s+", " ", pages_of(person).get(PAGE).content.decode())
    for words in (
        "升到“白银”",
        "<strong>¥60.50</strong> / ¥100.00",
        "还差 ¥39.50",
        'value="60"',
        "自己买的、带了多少人、团队卖了多少，都不算",
    ):
        assert words in text
    last = today + timedelta(days=29)
    assert f"{last.month}月{last.day}日 结束前完成，随时升级" in text
    english = pages_of(person).get(f"/en{PAGE}").content.decode()
    assert "Silver" in english


def test_only_ones_own(person: Distributor, pages_of: Pages) -> None:
    assert pages_of(make_user()).get(PAGE).status_code == 302
    assert Client().get(PAGE).status_code == 302
    assert pages_of(person).post(PAGE).status_code == 405


def test_recruits_are_shown_with_the_limit(person: Distributor) -> None:
    chain = make_chain()
    set_tier(chain.a, Tier.objects.get(code="silver"), by=None, at=beijing(2, 1))
    room = progress(chain.a, beijing(2, 2)).room
    assert (room.used, room.limit) == (1, 5)


@pytest.mark.parametrize("number", [1, 3])
def test_a_fixed_number_of_queries(
    person: Distributor, number: int, pages_of: Pages, django_assert_num_queries: Any
) -> None:
    customer = make_customer(person)
    for day in range(number):
        sell(person, "300.00", beijing(2, 10 + day), to=customer)
        review_tiers(beijing(2 + day, 20))
    browser = pages_of(person)
    with django_assert_num_queries(16):
        browser.get(PAGE)


class TestTheCardOfTheDashboard:
    """htmx asks the page about the tier for it."""

    def card(self, person: Distributor, pages_of: Pages) -> str:
        answer = pages_of(person).get(PAGE, headers={"HX-Request": "true"})
        assert (answer.status_code, b"<html" in answer.content) == (200, False)
        return re.sub(r"\s+", " ", answer.content.decode())

    @pytest.fixture
    def today(self) -> datetime:
        """A period of thirty days begins today."""
        today = day_start(beijing_date(timezone.now()))
        TierCalendar.objects.update(kind="days", days=30, days_from=today.date())
        return today

    def test_what_the_next_tier_asks_for(
        self, person: Distributor, today: datetime, pages_of: Pages
    ) -> None:
        sell(person, "60.50", today)
        text, last = self.card(person, pages_of), today + timedelta(days=29)
        assert f"{last.month}月{last.day}日 结束前完成，升到“白银”。" in text
        assert "<strong>¥60.50</strong> / ¥100.00" in text and "黄金" not in text

    def test_first_what_keeps_the_present_one(
        self, person: Distributor, today: datetime, pages_of: Pages
    ) -> None:
        silver = Tier.objects.get(code="silver")
        set_tier(person, silver, by=None, at=today - timedelta(days=30))
        text = self.card(person, pages_of)
        assert "保住“白银”，否则变为“青铜”。" in text and "升到" not in text
        for _ in range(2):
            sell(person, "50.00", today)
        text = self.card(person, pages_of)
        assert "保住" not in text and "升到“黄金”" in text

    def test_at_the_top_there_is_nothing_to_do(
        self, person: Distributor, today: datetime, pages_of: Pages
    ) -> None:
        set_tier(person, Tier.objects.get(code="gold"), by=None)
        assert "没有可以靠任务升到的更高等级" in self.card(person, pages_of)

    def test_whom_the_merchant_lowered_is_promised_no_rise(
        self, person: Distributor, today: datetime, pages_of: Pages
    ) -> None:
        sell(person, "100.00", today)
        sell(person, "10.00", today)
        assert "一小时内升级" in self.card(person, pages_of)
        set_tier(person, Tier.objects.get(code="silver"), by=None)
        set_tier(person, Tier.objects.get(code="bronze"), by=None)
        for text in (self.card(person, pages_of), pages_of(person).get(PAGE).content.decode()):
            assert "商家调整了你的等级" in text
            assert "一小时内升级" not in text and "随时升级" not in text

    def test_the_dashboard_asks_for_it(self, person: Distributor, pages_of: Pages) -> None:
        asks = f'hx-get="{PAGE}"'
        html = pages_of(person).get("/distribution/").content.decode()
        assert (html.count(asks), "青铜" in html) == (1, True)
        assert asks not in self.card(person, pages_of)
        set_status(person, Status.FROZEN, by=None, reason="test")
        assert asks not in pages_of(person).get("/distribution/").content.decode()

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_fixed_number_of_queries(
        self, person: Distributor, today: datetime, number: int, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:  # fmt: skip
        for _ in range(number):
            sell(person, "10.00", today)
        browser = pages_of(person)
        with django_assert_num_queries(10):
            browser.get(PAGE, headers={"HX-Request": "true"})


def test_while_frozen_nothing_is_promised(person: Distributor, pages_of: Pages) -> None:
    set_status(person, Status.FROZEN, by=None, reason="test")
    rests = "账号冻结期间不考核、不升降级，也没有等级权益；解冻后恢复。"
    text = pages_of(person).get(PAGE).content.decode()
    card = pages_of(person).get("/distribution/").content.decode()
    assert rests in text and rests in card
    assert "升级后你有" not in text and "账号目前不是正常状态" in text
    assert "/me/tickets/new/" in card
    links = pages_of(person).get("/distribution/links/").content.decode()
    assert "登录或注册后就成为你的顾客" not in links
