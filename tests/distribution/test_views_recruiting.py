"""The recruiting page and a distributor's own story."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from base.accounts.models import User
from distribution.models import Distributor, Policy, Story, Tier
from distribution.policy import publish_policy
from distribution.programme.stories import publish_story, submit_story
from distribution.states import StoryState
from tests.make import make_distributor, make_rule, make_user, make_variant

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
RECRUIT = "/recruit/"
STORY = "/distribution/story/"
TEXT = "我在小区群里分享坚果，邻居们常来回购。"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def goods() -> None:
    make_rule("0.10", "0.05")
    make_variant("100.00")


@pytest.mark.usefixtures("goods")
class TestPage:
    def test_is_the_same_for_everybody_and_cacheable(self, guest: Client, pages_of: Pages) -> None:
        answer = guest.get(RECRUIT)
        assert "public" in answer["Cache-Control"] and not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        assert text_of(pages_of(make_user()).get(RECRUIT)) == text_of(answer)
        again = guest.get(RECRUIT, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304

    def test_estimates_and_says_what_it_assumes(self, guest: Client) -> None:
        values = {"orders": "20", "average": "50.00", "share": "25", "category": ""}
        html = text_of(guest.get(RECRUIT, values))
        # 20 × 50 × 75 % × 10 % and 20 × 50 × 25 % × 5 %
        for words in ("¥75.00", "¥12.50", "一级平均 10%", "二级平均 5%", "这是估算，不是承诺"):
            assert words in html, words

    @pytest.mark.parametrize(
        "values",
        [{"orders": "-1"}, {"orders": "x"}, {"average": "0"}, {"average": "1e9"},
         {"share": "101"}, {"share": "NaN"}, {"category": "no-such"}, {"orders": ""}],
    )  # fmt: skip
    def test_bad_input_is_told_and_nothing_computed(
        self, guest: Client, values: dict[str, str]
    ) -> None:
        html = text_of(guest.get(RECRUIT, values))
        assert 'class="errorlist"' in html or "aria-invalid" in html
        assert "请先改正填写的内容。" in html and "怎么算的" not in html

    def test_one_category(self, guest: Client) -> None:
        variant = make_variant("10.00")
        category = variant.product.category
        make_rule("0.40", "0.00", scope="category", category=category)
        html = text_of(guest.get(RECRUIT, {"category": category.slug}))
        assert "一级平均 40%" in html

    def test_no_second_level_is_promised_to_who_may_bring_in_nobody(self, guest: Client) -> None:
        tier = Tier.objects.order_by("rank").first()
        assert tier is not None
        Tier.objects.filter(pk=tier.pk).update(recruit_limit=0)
        html = text_of(guest.get(RECRUIT, {"orders": "20", "average": "50.00", "share": "25"}))
        assert "没算二级佣金" in html and "二级平均" not in html and 'name="share"' not in html
        assert "¥100.00" in html  # 20 × 50 × 10 %, all from customers of one's own

    def test_one_level_says_so(self, guest: Client) -> None:
        publish_policy(by=None, two_levels=False)
        html = text_of(guest.get(RECRUIT))
        assert "只有这一级" in html and "二级平均" not in html

    @pytest.mark.parametrize(
        ("joining", "words"),
        [("open", "人人可加入"), ("apply", "商家审核后开始"), ("appointed", "由商家邀请"),
         ("order", "完成过一笔订单"), ("spent", "累计满 ¥99.00")],
    )  # fmt: skip
    def test_says_how_one_joins(self, guest: Client, joining: str, words: str) -> None:
        publish_policy(by=None, joining=Policy.Joining(joining), joining_spend=99)
        html = text_of(guest.get(RECRUIT))
        assert words in html
        # No button promises what the policy does not give.
        assert ("免费加入" in html) == (joining in ("open", "order", "spent"))
        assert ("看看怎么参加" in html) == (joining == "appointed")

    def test_stories_with_the_ledgers_figures(self, guest: Client) -> None:
        person = make_distributor(name="真名字")
        story = submit_story(person, display_name="坚果姐", text=TEXT)
        assert TEXT not in text_of(guest.get(RECRUIT))
        publish_story(story, seen=story.version, by=None)
        html = text_of(guest.get(RECRUIT))
        assert TEXT in html and "坚果姐" in html and "实际结算" in html and "¥0.00" in html
        assert "真名字" not in html and person.code not in html

    def test_few_people_have_no_median(self, guest: Client) -> None:
        assert "还不到 5 人" in text_of(guest.get(RECRUIT))

    def test_costs_the_same_for_one_and_three_stories(
        self, guest: Client, django_assert_num_queries: Any
    ) -> None:
        story = submit_story(make_distributor(), display_name="甲", text=TEXT)
        publish_story(story, seen=story.version, by=None)
        guest.get(RECRUIT)
        with django_assert_num_queries(5):
            guest.get(RECRUIT)
        for _ in range(2):
            story = submit_story(make_distributor(), display_name="乙", text=TEXT)
            publish_story(story, seen=story.version, by=None)
        with django_assert_num_queries(5):
            guest.get(RECRUIT)


class TestOwnStory:
    VALUES = {"display_name": "坚果姐", "text": TEXT, "consent": "on"}

    def test_agreed_to_and_taken_back(self, pages_of: Pages) -> None:
        person = make_distributor()
        browser = pages_of(person)
        assert "¥0.00" in text_of(browser.get(STORY))
        assert browser.post(STORY, self.VALUES)["Location"] == STORY
        assert Story.objects.get().state == StoryState.SUBMITTED
        assert browser.post(f"{STORY}withdrawal/")["Location"] == STORY
        assert Story.objects.get().state == StoryState.WITHDRAWN

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"consent": ""}, "公开之前需要你的同意"),
            ({"text": "太短"}, "10"),
            ({"text": "我一个月月入三万，你也可以试试"}, "请不要写收入多少"),
            ({"display_name": ""}, "必填"),
        ],
    )
    def test_not_without_consent_or_with_a_claim(
        self, pages_of: Pages, changes: dict[str, str], says: str
    ) -> None:
        html = text_of(pages_of(make_distributor()).post(STORY, self.VALUES | changes))
        assert says in html
        assert not Story.objects.exists()

    def test_nothing_to_take_back(self, pages_of: Pages) -> None:
        assert pages_of(make_distributor()).post(f"{STORY}withdrawal/").status_code == 404

    def test_not_a_shoppers(self, pages_of: Pages) -> None:
        assert pages_of(make_user()).post(STORY, self.VALUES)["Location"] == "/distribution/join/"
        assert not Story.objects.exists()
