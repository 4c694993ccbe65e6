"""The timeline as each reader sees it: the merchant with names, everybody else without."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from base.accounts.models import User
from base.clock import BEIJING
from distribution.desk.timelines import (
    for_distributor,
    for_member,
    for_merchant,
    history_of,
    service_of,
)
from distribution.models import Binding, Distributor, Policy, Trace
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral.links import create_link
from distribution.referral.recognition import recognise
from distribution.referral.relations import reassign_customer
from distribution.referral.traces import Kind, Sign
from distribution.states import Status
from tests.make import START, make_distributor, make_user

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)


@pytest.fixture
def story() -> tuple[User, Distributor, Distributor]:
    """甲 served first; 乙's link was refused; the merchant gave the member to 乙."""
    first, second = make_distributor(name="甲芳"), make_distributor(name="乙兰")
    member = make_user("陈晨", phone="13911112222")
    recognise(member, [Sign(first, NOON)], at=NOON, is_new=True)
    recognise(member, [Sign(second, NOON + DAY)], at=NOON + DAY)
    reassign_customer(
        member, second, by=make_user("店主"), reason="甲芳投诉太多", at=NOON + 2 * DAY
    )
    return member, first, second


def told(events: Any) -> list[tuple[str, str, str, str, str]]:
    return [(e.what, e.decision, e.why, e.who, e.standing) for e in events]


class TestWords:
    def test_for_the_merchant(self, story: tuple[User, Distributor, Distributor]) -> None:
        member, first, second = story
        one, two = f"甲芳 · {first.code}", f"乙兰 · {second.code}"
        events = for_merchant(history_of(member))
        assert told(events) == [
            ("商家改派顾客", "绑定", "商家决定", two, one),
            ("打开个人推广链接", "维持原绑定", "已有有效的绑定，先到先得", two, one),
            ("注册", "绑定", "此前没有人服务", one, ""),
            ("打开个人推广链接", "绑定", "此前没有人服务", one, ""),
        ]
        assert (events[0].note, events[0].by) == ("甲芳投诉太多", "店主")
        assert events[1].mode == "首次绑定，永久有效"

    def test_for_the_member(self, story: tuple[User, Distributor, Distributor]) -> None:
        events = for_member(history_of(story[0]))
        assert [(e.who, e.standing) for e in events] == [
            ("乙**", "甲**"),
            ("乙**", "甲**"),
            ("甲**", ""),
            ("甲**", ""),
        ]
        assert {(e.note, e.by) for e in events} == {("", "")}

    def test_for_a_distributor(self, story: tuple[User, Distributor, Distributor]) -> None:
        member, first, _ = story
        events = for_distributor(history_of(member), first)
        assert [(e.who, e.standing) for e in events][:2] == [
            ("另一位推荐人", "你"),
            ("另一位推荐人", "你"),
        ]
        assert {(e.note, e.by) for e in events} == {("", "")}

    def test_another_distributors_standing_is_the_merchants_business(self) -> None:
        frozen, member = make_distributor(name="甲"), make_user()
        frozen = set_status(frozen, Status.FROZEN, by=None, reason="test", at=START + DAY)
        recognise(member, [Sign(frozen, NOON)], at=NOON)
        traces = list(history_of(member))
        assert for_merchant(traces)[0].why == "分销商已冻结"
        assert for_member(traces)[0].why == "该推荐人目前不能服务顾客"

    def test_in_english(self, story: tuple[User, Distributor, Distributor]) -> None:
        with translation.override("en"):
            events = for_member(history_of(story[0]))
            assert (events[1].decision, events[1].why) == (
                "Binding kept",
                "a binding was in force; the first one wins",
            )

    def test_every_kind_decision_and_reason_has_words(self) -> None:
        for choices in (Trace.Kind, Trace.Decision, Trace.Why):
            assert all(str(label) and str(label) != value for value, label in choices.choices)

    def test_who_serves_now_and_what_decided_it(
        self, story: tuple[User, Distributor, Distributor]
    ) -> None:
        member, _, _ = story
        service = service_of(member, at=NOON + 3 * DAY)
        assert service is not None and service.decided_by is not None
        assert (service.who, service.decided_by.why) == ("乙**", "商家决定")
        before = service_of(member, at=NOON + DAY)
        assert before is not None and before.decided_by is not None
        assert (before.who, before.decided_by.why) == ("甲**", "此前没有人服务")
        assert service_of(make_user(), at=NOON) is None


def test_a_binding_is_no_adding_in_english(story: tuple[User, Distributor, Distributor]) -> None:
    with translation.override("en"):
        assert [event.decision for event in for_member(history_of(story[0]))][-1] == "Bound"


class TestTheMembersPage:
    def test_it_says_who_and_why_without_names(
        self, story: tuple[User, Distributor, Distributor], pages_of: Pages
    ) -> None:
        member, first, second = story
        text = pages_of(member).get("/me/recommender/").content.decode()
        assert "乙**" in text and "商家决定" in text and "甲**" in text
        for secret in ("甲芳", "乙兰", first.code, second.code, "投诉", "店主"):
            assert secret not in text

    def test_it_is_ones_own(self, guest: Client) -> None:
        assert guest.get("/me/recommender/").status_code == 302

    def test_with_nobody_and_nothing(self, pages_of: Pages) -> None:
        text = pages_of(make_user()).get("/me/recommender/").content.decode()
        assert "目前没有推荐人为你服务" in text

    def test_whom_a_distributors_own_purchases_pay(self, pages_of: Pages) -> None:
        recruiter = make_distributor(name="甲芳")
        person = make_distributor(recruiter=recruiter)
        alone = make_distributor()
        Binding.objects.filter(customer=person.user).update(ends_at=timezone.now())
        address = "/me/recommender/"
        assert pages_of(person).get(address).context["own_purchases"] == (
            "目前没有推荐人绑定你。你自己买东西时，带你做推广的甲**得一级佣金；你付的钱不会因此变多。"
        )
        assert pages_of(alone).get(address).context["own_purchases"] == (
            "目前没有推荐人为你服务。你买东西不会给任何人带来佣金。"
        )
        set_status(person, Status.RESIGNED, by=None, reason="不做了")
        assert pages_of(person).get(address).context["own_purchases"] == (
            "目前没有推荐人为你服务。你买东西不会给任何人带来佣金。"
        )
        publish_policy(by=None, self_purchase=True)
        assert pages_of(alone).get(address).context["own_purchases"] == (
            "你是分销商，商家开着自购返佣：你自己买东西，一级佣金算给你自己。"
        )

    def test_what_waits_for_the_first_order_is_not_nobody(self, pages_of: Pages) -> None:
        publish_policy(by=None, binding_moment=Policy.BindingMoment.FIRST_ORDER)
        member, now = make_user(), timezone.now()
        browser = pages_of(member)
        words = [browser.get("/me/recommender/").context["own_purchases"]]
        recognise(member, [Sign(make_distributor(), now)], at=now)
        words.append(browser.get("/me/recommender/").context["own_purchases"])
        publish_policy(by=None, binding_moment=Policy.BindingMoment.SIGN_UP)
        words.append(browser.get("/me/recommender/").context["own_purchases"])
        nobody = "目前没有推荐人为你服务。你买东西不会给任何人带来佣金。"
        assert [word == nobody for word in words] == [True, False, True]
        assert words[1].startswith("目前还没有推荐人为你服务。你第一次下单时，")

    def test_one_who_is_frozen_earns_nothing(self, pages_of: Pages) -> None:
        member, person = make_user(), make_distributor()
        recognise(member, [Sign(person, NOON)], at=NOON)
        browser = pages_of(member)
        assert "商家会付给这位推荐人" in browser.get("/me/recommender/").context["own_purchases"]
        set_status(person, Status.FROZEN, by=None, reason="test")
        words = browser.get("/me/recommender/").context["own_purchases"]
        assert words == "为你服务的推荐人目前不得佣金。你付的钱不会因此改变。"

    @pytest.mark.parametrize("rows", [1, 3])
    def test_as_many_queries_for_one_row_as_for_three(
        self, pages_of: Pages, django_assert_num_queries: Any, rows: int
    ) -> None:
        member = make_user()
        for number in range(rows):
            recognise(
                member, [Sign(make_distributor(), NOON + number * DAY)], at=NOON + number * DAY
            )
        pages = pages_of(member)
        for asked in ({}, {"q": "推广链接", "kind": "click"}):
            with django_assert_num_queries(7):
                page = pages.get("/me/recommender/", asked)
            assert len(page.context["events"]) == rows
        with django_assert_num_queries(3):  # session, person, rows
            table = b"".join(pages.get("/me/recommender/?format=csv")).decode("utf-8-sig")
        assert table.splitlines()[0] == "时间,事项,结果,原因,推荐人,此前,有效期至"
        assert len(table.splitlines()) == rows + 1


class TestTheDistributorsPage:
    def test_their_customer_masked(
        self, story: tuple[User, Distributor, Distributor], pages_of: Pages
    ) -> None:
        _, first, second = story
        binding = Binding.objects.get(distributor=second)
        team = pages_of(second).get("/distribution/team/").content.decode()
        assert f"/distribution/team/{binding.pk}/" in team
        text = pages_of(second).get(f"/distribution/team/{binding.pk}/").content.decode()
        assert "起由你服务" in text and "陈**" in text
        file = pages_of(second).get(f"/distribution/team/{binding.pk}/?format=csv")
        table = b"".join(file).decode()
        assert "另一位推荐人" in table
        for secret in ("陈晨", "13911112222", "甲芳", "甲**", first.code, "投诉"):
            assert secret not in text + table

    def test_one_who_has_lost_them_sees_that_and_no_more(
        self, story: tuple[User, Distributor, Distributor], pages_of: Pages
    ) -> None:
        member, first, _ = story
        later = make_distributor()
        reassign_customer(member, later, by=make_user(), reason="后来", at=NOON + 5 * DAY)
        binding = Binding.objects.get(distributor=first)
        page = pages_of(first).get(f"/distribution/team/{binding.pk}/")
        assert "由你服务，现在不是" in page.content.decode()
        # What came after them is none of their business: the last row is their own loss.
        assert page.context["events"][0].what == "商家改派顾客"
        assert max(event.at for event in page.context["events"]) == NOON + 2 * DAY

    def test_nobody_elses(
        self, story: tuple[User, Distributor, Distributor], pages_of: Pages
    ) -> None:
        binding = Binding.objects.get(distributor=story[2])
        assert pages_of(story[1]).get(f"/distribution/team/{binding.pk}/").status_code == 404
        stolen = pages_of(story[1]).get(f"/distribution/team/{binding.pk}/?format=csv")
        assert stolen.status_code == 404
        assert pages_of(make_user()).get(f"/distribution/team/{binding.pk}/").status_code == 302
        assert pages_of(story[1]).get("/distribution/team/999999/").status_code == 404

    @pytest.mark.parametrize("rows", [1, 3])
    def test_as_many_queries_for_one_row_as_for_three(
        self, pages_of: Pages, django_assert_num_queries: Any, rows: int
    ) -> None:
        person, member = make_distributor(), make_user()
        for number in range(rows):
            at = NOON + number * DAY
            recognise(member, [Sign(person, at, Kind.CLICK)], at=at)
        pages = pages_of(person)
        binding = Binding.objects.get()
        with django_assert_num_queries(6):
            assert pages.get(f"/distribution/team/{binding.pk}/").status_code == 200
        with django_assert_num_queries(5):  # session, person, distributor, binding, rows
            file = pages.get(f"/distribution/team/{binding.pk}/?format=csv")
            assert len(b"".join(file).splitlines()) == rows + 1


class TestFinding:
    """The story, found again by each reader in what that reader may read."""

    def found(self, browser: Client, address: str, **asked: str) -> list[str]:
        events = browser.get(address, asked).context["events"]
        table = b"".join(browser.get(address, asked | {"format": "csv"})).decode()
        assert len(table.splitlines()) == len(events) + 1
        return [f"{event.what}/{event.decision}" for event in events]

    def test_by_the_member(
        self, story: tuple[User, Distributor, Distributor], pages_of: Pages
    ) -> None:
        browser, address = pages_of(story[0]), "/me/recommender/"
        given, refused = "商家改派顾客/绑定", "打开个人推广链接/维持原绑定"
        signed_up, first = "注册/绑定", "打开个人推广链接/绑定"
        for asked, rows in [
            ({}, [given, refused, signed_up, first]),
            ({"kind": "click"}, [refused, first]),
            ({"decision": "won", "kind": "click"}, [first]),
            ({"since": "2026-03-16", "until": "2026-03-16"}, [refused]),
            ({"q": "先到先得"}, [refused]),
            ({"q": "改派"}, [given]),
            ({"q": "维持"}, [refused]),
            ({"q": "甲芳"}, []),
            ({"q": "投诉"}, []),
        ]:
            assert self.found(browser, address, **asked) == rows, asked
        empty = browser.get(address, {"q": "甲芳"}).content.decode()
        assert "没有符合条件的记录" in empty and "看全部记录" in empty

    def test_by_the_distributor(
        self, story: tuple[User, Distributor, Distributor], pages_of: Pages
    ) -> None:
        second = story[2]
        binding = Binding.objects.get(distributor=second)
        browser, address = pages_of(second), f"/distribution/team/{binding.pk}/"
        given, refused = "商家改派顾客/绑定", "打开个人推广链接/维持原绑定"
        assert self.found(browser, address) == [given, refused]
        assert self.found(browser, address, decision="kept") == [refused]
        assert self.found(browser, address, q="投诉") == []
        html = browser.get(address, {"q": "投诉"}).content.decode()
        assert "没有符合条件的记录" in html

    def test_in_the_readers_language(
        self, story: tuple[User, Distributor, Distributor], pages_of: Pages
    ) -> None:
        events = pages_of(story[0]).get("/en/me/recommender/", {"q": "FIRST ONE wins"})
        assert [event.decision for event in events.context["events"]] == ["Binding kept"]

    def test_what_only_the_merchant_is_told_is_not_found_by_its_words(
        self, pages_of: Pages
    ) -> None:
        frozen, member = make_distributor(name="甲"), make_user()
        frozen = set_status(frozen, Status.FROZEN, by=None, reason="test", at=START + DAY)
        recognise(member, [Sign(frozen, NOON)], at=NOON)
        browser, address = pages_of(member), "/me/recommender/"
        assert self.found(browser, address, q="冻结") == []
        assert self.found(browser, address, q="目前不能服务") == ["打开个人推广链接/不绑定"]

    def test_a_channel_is_its_owners_business(self, pages_of: Pages) -> None:
        """The page where channels are named promises it."""
        owner, other = make_distributor(name="甲芳"), make_distributor(name="乙兰")
        member = make_user("陈晨")
        signs = [
            Sign(person, NOON + number * DAY, Kind.LINK, link=create_link(person, channel=channel))
            for number, (person, channel) in enumerate([(owner, "前男友群"), (other, "小红书")])
        ]
        for sign in signs:
            recognise(member, [sign], at=sign.at)
        binding = Binding.objects.get(distributor=owner)
        mine, theirs = pages_of(owner), f"/distribution/team/{binding.pk}/"
        refused, won = "打开渠道链接/维持原绑定", "打开渠道链接“前男友群”/绑定"
        assert self.found(mine, theirs) == [refused, won]
        assert self.found(mine, theirs, q="男友") == [won]
        assert self.found(mine, theirs, q="小红书") == []
        plain = "打开渠道链接/绑定"
        assert self.found(pages_of(member), "/me/recommender/") == [refused, plain]
        assert self.found(pages_of(member), "/me/recommender/", q="男友") == []
        assert "前男友群" not in pages_of(member).get("/me/recommender/").content.decode()


def test_a_thousand_rows_are_paged(pages_of: Pages) -> None:
    member, person = make_user(), make_distributor()
    Trace.objects.bulk_create(
        Trace(
            member=member,
            kind=Kind.CLICK,
            at=timezone.now(),
            decided_at=timezone.now(),
            distributor=person,
            decision="refused",
            why="loop",
        )
        for _ in range(1000)
    )
    page = pages_of(member).get("/me/recommender/?page=3")
    assert len(page.context["events"]) == 20
    asked = {"kind": "click", "decision": "refused", "q": "循环", "page": "2"}
    html = pages_of(member).get("/me/recommender/", asked).content.decode()
    kept = "kind=click&amp;decision=refused&amp;q=%E5%BE%AA%E7%8E%AF"
    assert f"?{kept}&amp;page=3" in html and f"?{kept}&amp;format=csv" in html
