"""Places by own sales and by earnings, counted by beat; whom somebody brought in never counts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.clock import BEIJING
from distribution.desk.ranking import Measure, Period, Row, board, count_results, own_place
from distribution.desk.wording import change_presentation
from distribution.models import Distributor, Presentation, Result
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral.relations import bind_by_link
from distribution.states import Status
from distribution.tasks import count_all_time, count_months
from orders.refunds import Part
from tests.make import (
    START,
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
Pages = Callable[[Distributor | User], Client]
D = Decimal
NOON = datetime(2026, 6, 15, 12, tzinfo=BEIJING)
MASKED, OFF, NAMES = (Presentation.Ranking(name) for name in ("masked", "off", "names"))
PAGE = "/distribution/ranking/"


def sell(person: Distributor, price: str, *, at: datetime = NOON) -> Any:
    buyer = make_user("买家")
    bind_by_link(buyer, person, at=START)
    order = make_order(buyer, {make_variant(price): 1}, at=at)
    pay(order, at=at)
    return order


def places(period: Period, measure: Measure, *people: Distributor, at: datetime) -> list[Any]:
    found = [own_place(person, period, measure, at=at) for person in people]
    return [(own.place, own.amount, own.gap) if own else None for own in found]


class TestCounting:
    def test_sales_and_earnings_each_have_their_order(self) -> None:
        chain = make_chain()
        make_rule("0.10", "0.50")
        sell(chain.b, "100.00")
        sell(chain.a, "60.00")
        count_results(Period.MONTH, at=NOON)
        sales = places(Period.MONTH, Measure.SALES, chain.b, chain.a, at=NOON)
        assert sales == [(1, D("100.00"), None), (2, D("60.00"), D("40.00"))]
        # A: level 2 of B's sale, capped with level 1 at half of it, and level 1 of their own.
        earned = places(Period.MONTH, Measure.EARNED, chain.a, chain.b, at=NOON)
        assert earned == [(1, D("47.66"), None), (2, D("8.34"), D("39.32"))]

    def test_bringing_people_in_counts_for_nothing(self) -> None:
        recruiter, seller = make_distributor(), make_distributor()
        for _ in range(3):
            make_distributor(recruiter=recruiter)
        make_rule()
        sell(seller, "10.00")
        count_results(Period.ALL, at=NOON)
        assert places(Period.ALL, Measure.SALES, recruiter, seller, at=NOON) == [
            None,
            (1, D("10.00"), None),
        ]

    def test_refunds_and_own_purchases_do_not_count(self) -> None:
        publish_policy(by=None, at=START, self_purchase=True)
        person = make_distributor()
        make_rule("0.10", None)
        order = sell(person, "80.00")
        own = make_order(person.user, {make_variant("500.00"): 1}, at=NOON)
        pay(own, at=NOON)
        receive(order, at=NOON)
        refund(order, [Part(order.lines.get().pk, 0, D("30.00"))], at=NOON)
        count_results(Period.MONTH, at=NOON)
        assert places(Period.MONTH, Measure.SALES, person, at=NOON) == [(1, D("50.00"), None)]

    def test_months_are_beijings_and_ties_share_a_place(self) -> None:
        first, second, third = (make_distributor() for _ in range(3))
        make_rule()
        edge = datetime(2026, 6, 1, tzinfo=BEIJING)
        sell(first, "10.00", at=edge)
        sell(second, "10.00", at=edge + timedelta(minutes=1))
        sell(third, "90.00", at=edge - timedelta(minutes=1))
        for period in Period:
            count_results(period, at=NOON)
        assert places(Period.MONTH, Measure.SALES, first, second, third, at=NOON) == [
            (1, D("10.00"), None),
            (1, D("10.00"), None),
            None,
        ]
        assert places(Period.LAST, Measure.SALES, third, at=NOON) == [(1, D("90.00"), None)]
        assert places(Period.ALL, Measure.SALES, second, at=NOON) == [(2, D("10.00"), D("80.00"))]

    def test_again_changes_only_what_changed(self) -> None:
        person, leaver = make_distributor(), make_distributor()
        make_rule()
        sell(person, "10.00")
        sell(leaver, "20.00")
        assert count_results(Period.MONTH, at=NOON) == 2
        assert count_results(Period.MONTH, at=NOON) == 0
        set_status(leaver, Status.RESIGNED, by=None, reason="test")
        assert count_results(Period.MONTH, at=NOON) == 1
        assert list(Result.objects.values_list("distributor", "sales_place")) == [(person.pk, 1)]

    def test_beat_counts_all_of_them(self) -> None:
        person = make_distributor()
        make_rule()
        sell(person, "10.00", at=timezone.now())
        assert (count_months(), count_all_time()) == (1, 1)


class TestTheBoard:
    @pytest.fixture
    def people(self) -> list[Distributor]:
        found = [make_distributor(name=name) for name in ("王小明", "李小红")]
        make_rule()
        for person, price in zip(found, ("90.00", "60.00"), strict=True):
            sell(person, price, at=timezone.now())
        count_months()
        return found

    def test_names_as_the_merchant_says(self, people: list[Distributor]) -> None:
        def seen(setting: str) -> list[Row]:
            return board(people[1], Period.MONTH, Measure.SALES, setting, at=timezone.now())

        assert seen(MASKED) == [
            Row(1, "王**", D("90.00"), 1, False),
            Row(2, "李**", D("60.00"), 1, True),
        ]
        assert [row.name for row in seen(NAMES)] == ["王小明", "李小红"]
        assert seen(OFF) == []

    def test_own_place_also_when_it_is_off(
        self, people: list[Distributor], pages_of: Pages
    ) -> None:
        change_presentation(by=None, ranking="off")
        html = pages_of(people[1]).get(PAGE).content.decode()
        assert "离前一名还差 ¥30.00" in html and "没有公开榜单" in html and "王**" not in html

    def test_masked_until_somebody_decides_otherwise(
        self, people: list[Distributor], pages_of: Pages
    ) -> None:
        html = pages_of(people[1]).get(PAGE).content.decode()
        assert "王**" in html and "王小明" not in html
        change_presentation(by=None, ranking="names")
        assert "王小明" in pages_of(people[1]).get(PAGE).content.decode()

    def test_taken_away_as_it_may_be_seen(self, people: list[Distributor], pages_of: Pages) -> None:
        def table(query: str = "") -> list[str]:
            answer = pages_of(people[1]).get(f"{PAGE}?format=csv{query}")
            return b"".join(answer).decode("utf-8-sig").splitlines()

        assert table() == ["名次,称呼,销售额,订单数", "1,王**,90.00,1", "2,李**,60.00,1"]
        assert table("&by=earned")[:2] == ["名次,称呼,佣金,订单数", "1,王**,9.00,1"]
        assert table("&period=last") == ["名次,称呼,销售额,订单数"]
        change_presentation(by=None, ranking="off")
        assert table() == ["名次,称呼,销售额,订单数"]

    def test_other_periods_and_nonsense(self, people: list[Distributor], pages_of: Pages) -> None:
        browser = pages_of(people[0])
        assert "还没有成交" in browser.get(PAGE + "?period=last&by=earned").content.decode()
        assert browser.get(PAGE + "?period=x&by=y").context["measure"] == Measure.SALES

    def test_only_for_distributors(self, guest: Client, pages_of: Pages) -> None:
        assert guest.get(PAGE).status_code == 302
        assert pages_of(make_user()).get(PAGE).status_code == 302

    @pytest.mark.parametrize("people_count", [1, 3])
    def test_seven_queries(
        self, people_count: int, pages_of: Pages, django_assert_num_queries: Any
    ) -> None:
        found = [make_distributor() for _ in range(people_count)]
        make_rule()
        for person in found:
            sell(person, "10.00", at=timezone.now())
        count_months()
        browser = pages_of(found[0])
        with django_assert_num_queries(7):
            browser.get(PAGE)
