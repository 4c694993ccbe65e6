"""Success stories: shown only with consent and choice, figures only from the ledger."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from base import inbox
from base.audit import AuditEntry
from base.clock import BEIJING
from base.errors import DomainError, WrongState
from base.models import InboxMessage
from distribution.models import Distributor, Story
from distribution.money.commissions import mature_commissions
from distribution.programme.people import appoint, approve, set_status
from distribution.programme.stories import (
    CannotTell,
    StoryChanged,
    decline_story,
    last_full_month,
    publish_story,
    published_stories,
    submit_story,
    withdraw_story,
)
from distribution.states import Status, StoryState
from orders.refunds import Part
from tests.by_hand import pay_out_by_hand
from tests.make import (
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
APRIL = datetime(2026, 4, 10, 12, tzinfo=BEIJING)
MARCH = last_full_month(APRIL)
NOON = datetime(2026, 3, 3, 12, tzinfo=BEIJING)
TEXT = "我在小区群里分享坚果，邻居们常来回购。"


def tell(
    person: Distributor, text: str = TEXT, *, name: str = "坚果姐", at: datetime = NOON
) -> Story:
    return submit_story(person, display_name=name, text=text, at=at)


def show(story: Story, **values: Any) -> Story:
    """Published as it was read."""
    return publish_story(story, seen=story.version, **values)


def shown() -> list[tuple[str, str, int]]:
    return [(t.story.teller, str(t.paid), t.orders) for t in published_stories(MARCH)]


class TestMonth:
    def test_is_a_whole_one_in_beijing(self) -> None:
        assert MARCH.starts_at == datetime(2026, 3, 1, tzinfo=BEIJING)
        assert MARCH.ends_at == datetime(2026, 4, 1, tzinfo=BEIJING)
        first_second = last_full_month(datetime(2026, 1, 1, tzinfo=BEIJING))
        assert first_second.starts_at == datetime(2025, 12, 1, tzinfo=BEIJING)


class TestFigures:
    def test_are_what_the_ledger_settled_in_that_month(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        for price, day in (("100.00", NOON), ("50.00", NOON + DAY)):
            order = make_order(chain.c, {make_variant(price): 1}, at=day)
            pay(order, at=day)
            receive(order, at=day)
        mature_commissions(NOON + 10 * DAY)
        pay_out_by_hand(at=NOON + 11 * DAY)
        show(tell(chain.b), by=None)
        assert shown() == [("坚果姐", "45.00", 2)]
        # Paid in April, earned in March: not in March's figure.
        late = make_order(chain.c, {make_variant("10.00"): 1}, at=NOON + 2 * DAY)
        pay(late, at=NOON + 2 * DAY)
        receive(late, at=NOON + 2 * DAY)
        mature_commissions(APRIL)
        pay_out_by_hand(at=APRIL)
        assert shown() == [("坚果姐", "45.00", 3)]
        # Wholly refunded: an order less, while what was paid was paid.
        refund(late, [Part(late.lines.get().pk, 1, Decimal("10.00"))], at=APRIL)
        assert shown() == [("坚果姐", "45.00", 2)]

    def test_nothing_is_shown_as_nothing(self) -> None:
        show(tell(make_distributor()), by=None)
        assert shown() == [("坚果姐", "0.00", 0)]

    def test_three_cost_as_much_as_one(self, django_assert_num_queries: object) -> None:
        show(tell(make_distributor()), by=None)
        with django_assert_num_queries(3):  # type: ignore[operator]
            published_stories(MARCH)
        for _ in range(2):
            show(tell(make_distributor()), by=None)
        with django_assert_num_queries(3):  # type: ignore[operator]
            assert len(published_stories(MARCH)) == 3


class TestConsent:
    def test_nothing_is_public_before_the_merchant_chose_it(self) -> None:
        story = tell(make_distributor())
        assert (story.state, shown()) == (StoryState.SUBMITTED, [])

    def test_nor_after_it_was_withdrawn_and_again_is_nothing(self) -> None:
        person = make_distributor()
        show(tell(person), by=None)
        for _ in range(2):
            withdraw_story(person)
        assert shown() == []
        assert AuditEntry.objects.filter(action="withdraw_story").count() == 1
        with pytest.raises(WrongState):
            show(Story.objects.get(), by=None)
        assert shown() == []

    def test_a_changed_story_is_looked_at_again(self) -> None:
        person = make_distributor()
        show(tell(person), by=None, text_en="I share nuts.", display_name_en="Nut")
        tell(person, "换了一种说法，讲讲怎么开始的。", at=NOON + DAY)
        story = Story.objects.get()
        assert (story.state, story.text_en, story.consented_at) == ("submitted", "", NOON + DAY)
        assert shown() == []

    def test_the_same_again_stays_public(self) -> None:
        person = make_distributor()
        show(tell(person), by=None)
        tell(person, at=NOON + DAY)
        assert shown() == [("坚果姐", "0.00", 0)]
        assert Story.objects.get().consented_at == NOON

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED, Status.BANNED])
    def test_out_of_sight_with_its_teller(self, status: Status) -> None:
        person = make_distributor()
        show(tell(person), by=None)
        set_status(person, status, by=None, reason="test")
        assert shown() == []
        with pytest.raises(CannotTell):
            tell(person, "还想再说几句，可以吗可以吗。")

    @pytest.mark.parametrize("out", [Status.RESIGNED, Status.BANNED])
    def test_ends_for_good_when_they_leave(self, out: Status) -> None:
        person = make_distributor()
        story = show(tell(person), by=None, at=NOON)
        set_status(person, out, by=None, reason="test", at=NOON + DAY)
        story.refresh_from_db()
        assert story.state == StoryState.WITHDRAWN
        assert AuditEntry.objects.filter(action="withdraw_story").count() == 1
        if out == Status.RESIGNED:
            appoint(person.user, by=None, reason="test", at=NOON + 2 * DAY)
        assert published_stories(MARCH) == []

    def test_is_back_after_a_freeze(self) -> None:
        person = make_distributor()
        show(tell(person), by=None, at=NOON)
        set_status(person, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
        assert published_stories(MARCH) == []
        approve(person, by=None, at=NOON + 2 * DAY)
        assert len(published_stories(MARCH)) == 1


class TestClaims:
    @pytest.mark.parametrize(
        "text",
        ["我月入过万，你也可以的", "一个月赚了 3000 元很开心", "上个月 ¥888 到手，真不错",
         "每天躺赚的感觉真的很好", "赚了两万多，感谢邻居们", "I made 500 yuan in a week, easily",
         "做了半年 2万 到手，开心", "第一个月到手 5000 多元，开心",
         "周末两天 800块 轻松到手", "赚了八百块，够买菜了哈哈", "月薪比上班高，真的很开心",
         "每月 3w 没问题，加油加油"],
    )  # fmt: skip
    def test_an_income_is_not_written(self, text: str) -> None:
        with pytest.raises(CannotTell):
            tell(make_distributor(), text)
        assert not Story.objects.exists()

    def test_nor_in_the_name_or_the_translation(self) -> None:
        person = make_distributor()
        with pytest.raises(CannotTell):
            tell(person, name="月入三万的我")
        story = tell(person)
        with pytest.raises(CannotTell):
            show(story, by=None, text_en="I earn $500 a week")
        story.refresh_from_db()
        assert story.state == StoryState.SUBMITTED

    @pytest.mark.parametrize(
        "text",
        [
            "做了 3 年社区团长，认识 200 多位邻居。",
            "孩子上小学后开始的，一切顺利。",
            "和邻居一块分享，三块巧克力起步。",
        ],
    )
    def test_other_numbers_may_be(self, text: str) -> None:
        assert tell(make_distributor(), text).text == text


class TestChoosing:
    def test_is_the_merchants_and_written_down(self) -> None:
        merchant = make_user("店主")
        story = show(tell(make_distributor()), by=merchant, at=NOON)
        assert (story.decided_by, story.decided_at) == (merchant, NOON)
        assert AuditEntry.objects.get(action="publish_story").details == {"text": TEXT}

    def test_what_was_read_is_what_is_published(self) -> None:
        person = make_distributor()
        read = tell(person)
        tell(person, "换了一种说法，讲讲怎么开始的。", at=NOON + DAY)
        with pytest.raises(StoryChanged):
            show(read, by=None)
        story = Story.objects.get()
        assert (story.state, story.decided_at, shown()) == ("submitted", None, [])
        # A page that is older than a story which is public by now says so, too.
        show(story, by=None)
        with pytest.raises(StoryChanged):
            show(read, by=None)
        assert len(shown()) == 1

    def test_is_told_in_the_inbox(self) -> None:
        person = make_distributor()
        now = timezone.now()
        story = show(tell(person, at=now), by=None, at=now)
        show(story, by=None, at=now)
        decline_story(story, by=None, reason="换季", at=now)
        told = inbox.shown(InboxMessage.objects.filter(user=person.pk, event__startswith="story").order_by("pk"))  # fmt: skip
        assert [(one.title, one.link) for one in told] == [
            ("你的推广故事已公开", "/distribution/story/"),
            ("你的推广故事没有公开", "/distribution/story/"),
        ]
        assert told[1].text == "原因：换季。修改后可以再提交。"

    def test_in_their_order(self) -> None:
        for name, position in (("后", 2), ("先", 1)):
            show(tell(make_distributor(), name=name), by=None, position=position)
        assert [teller for teller, _, _ in shown()] == ["先", "后"]

    def test_declining_needs_a_reason_and_takes_it_down(self) -> None:
        story = show(tell(make_distributor()), by=None)
        with pytest.raises(DomainError):
            decline_story(story, by=None, reason=" ")
        assert len(shown()) == 1
        decline_story(story, by=None, reason="太短")
        assert shown() == []
        assert Story.objects.get().reason == "太短"

    def test_in_the_readers_language(self) -> None:
        story = show(tell(make_distributor()), by=None, text_en="Nuts.")
        with translation.override("en"):
            assert (story.words, story.language, story.teller) == ("Nuts.", "en", "坚果姐")
        assert (story.words, story.language) == (TEXT, "zh-hans")
