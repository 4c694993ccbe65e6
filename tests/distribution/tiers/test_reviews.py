"""A calendar that moves: rise, hold, warning, fall, rise again, each with its figures."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from base.clock import BEIJING, beijing_date, day_start
from base.inbox import shown
from base.models import InboxMessage
from distribution import tasks
from distribution.models import (
    Distributor,
    Standing,
    Tier,
    TierCalendar,
    TierReview,
    TierTask,
)
from distribution.programme.people import approve, set_status, set_tier
from distribution.states import Status
from distribution.tiers.reviews import preview_review, review_tiers
from orders.refunds import Part, request_refund
from tests.make import (
    START,
    make_distributor,
    make_user,
)
from tests.selling import beijing, give_back, make_customer, make_task, sell, tiers_of

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def person() -> Distributor:
    """Silver asks for ¥100 a month, gold for ¥300."""
    make_task("silver", "sales", "100")
    make_task("gold", "sales", "300")
    return make_distributor(name="阿珍")


def calendar(**values: Any) -> None:
    assert TierCalendar.objects.update(**values) == 1


def codes(distributor: Distributor) -> list[str]:
    return [code for code, _ in tiers_of(distributor)]


def notices() -> list[tuple[str, str]]:
    return [(one.title, one.text) for one in shown(InboxMessage.objects.order_by("pk"))]


def reviews(distributor: Distributor) -> list[tuple[str, str, Decimal]]:
    rows = TierReview.objects.filter(distributor=distributor).order_by("pk")
    return [(f"{row.period_start:%m}", row.outcome, row.sales) for row in rows]


def nightly(start: datetime, end: datetime) -> None:
    """A review at 02:00 of every day, from one day to the day before another."""
    while start < end:
        review_tiers(start + timedelta(hours=2))
        start += timedelta(days=1)


class TestMonthsPass:
    def test_rise_hold_warning_fall_and_rise_again(self, person: Distributor) -> None:
        sell(person, "60.00", beijing(2, 10, 12))
        sell(person, "50.00", beijing(2, 20, 12))
        sell(person, "100.00", beijing(3, 5, 12))
        sell(person, "99.99", beijing(4, 5, 12))
        sell(person, "350.00", beijing(5, 20, 12))
        nightly(beijing(2, 1), beijing(6, 2))
        assert tiers_of(person) == [
            ("bronze", START),
            ("silver", beijing(2, 21, 2)),
            ("bronze", beijing(5, 1, 2)),
            ("gold", beijing(5, 21, 2)),
        ]
        assert reviews(person) == [
            ("02", "rose", Decimal("110.00")),
            ("02", "held", Decimal("110.00")),
            ("03", "held", Decimal("100.00")),
            ("04", "fell", Decimal("99.99")),
            ("05", "rose", Decimal("350.00")),
            ("05", "held", Decimal("350.00")),
        ]
        fall = Standing.objects.get(review__outcome="fell")
        assert fall.reason == (
            "2026-04-01 – 2026-04-30：完成 ¥99.99、1 单、1 位顾客，没有达到“白银”的任务"
        )
        assert TierReview.objects.get(outcome="fell").warned_at == beijing(4, 24, 2)

    def test_who_fell_keeps_the_highest_tier_they_did_meet(self, person: Distributor) -> None:
        sell(person, "300.00", beijing(2, 10))
        sell(person, "150.00", beijing(3, 10))
        nightly(beijing(2, 9), beijing(4, 2))
        assert codes(person) == ["bronze", "gold", "silver"]

    def test_what_was_sold_since_counts_when_falling(self, person: Distributor) -> None:
        """They sold enough for silver in the night of the review: silver, not bronze."""
        sell(person, "300.00", beijing(2, 10))
        sell(person, "120.00", beijing(4, 1, 1))
        nightly(beijing(2, 9), beijing(4, 2))
        assert codes(person) == ["bronze", "gold", "silver"]

    def test_twice_is_once(self, person: Distributor) -> None:
        sell(person, "100.00", beijing(2, 10))
        for at in (beijing(2, 11), beijing(3, 1, 2), beijing(3, 25, 2), beijing(4, 1, 2)):
            first = review_tiers(at)
            before = (tiers_of(person), reviews(person), notices())
            assert sum(first.values()) == 1
            assert sum(review_tiers(at).values()) == 0
            assert (tiers_of(person), reviews(person), notices()) == before
        assert codes(person) == ["bronze", "silver", "bronze"]

    def test_nobody_falls_unwarned(self, person: Distributor) -> None:
        """Beat slept over the end of March: they are warned now and have their days from now."""
        sell(person, "100.00", beijing(2, 10))
        nightly(beijing(2, 9), beijing(3, 2))
        assert review_tiers(beijing(4, 3, 2)) == {"open": 1}
        nightly(beijing(4, 4), beijing(4, 10))
        assert codes(person) == ["bronze", "silver"]
        assert review_tiers(beijing(4, 10) - SECOND) == {}
        assert review_tiers(beijing(4, 10)) == {"fell": 1}
        assert codes(person) == ["bronze", "silver", "bronze"]

    def test_who_was_warned_late_may_make_up_for_it(self, person: Distributor) -> None:
        sell(person, "100.00", beijing(2, 10))
        sell(person, "30.00", beijing(3, 10))
        nightly(beijing(2, 9), beijing(3, 2))
        review_tiers(beijing(4, 3, 2))
        sell(person, "70.00", beijing(4, 9))
        assert review_tiers(beijing(4, 10, 2)) == {"held": 1}
        assert codes(person) == ["bronze", "silver"]

    def test_without_warnings_they_fall_at_once(self, person: Distributor) -> None:
        calendar(warning_days=0)
        sell(person, "100.00", beijing(2, 10))
        review_tiers(beijing(2, 11))
        review_tiers(beijing(3, 1))
        assert review_tiers(beijing(4, 1) - SECOND) == {}
        assert review_tiers(beijing(4, 1)) == {"fell": 1}

    def test_grace_can_be_made_use_of(self, person: Distributor) -> None:
        calendar(grace_days=3)
        other = make_distributor(name="阿明")
        for one in (person, other):
            sell(one, "100.00", beijing(2, 10))
        nightly(beijing(2, 9), beijing(4, 1))
        sell(person, "100.00", beijing(4, 3, 23, 59))
        sell(other, "100.00", beijing(4, 4))
        assert review_tiers(beijing(4, 3, 2)) == {}
        assert codes(other) == ["bronze", "silver"]
        assert review_tiers(beijing(4, 4)) == {"fell": 1, "held": 1}
        assert (codes(person)[-1], codes(other)[-1]) == ("silver", "bronze")
        assert review_tiers(beijing(4, 4, 1)) == {"rose": 1}, "in April itself they sold enough"


class TestMessages:
    def test_risk_fall_and_rise_are_told_with_their_figures(self, person: Distributor) -> None:
        """Today is the first day of a period; ten days ago was the first of the one before."""
        today = day_start(beijing_date(timezone.now()))
        calendar(kind="days", days=10, days_from=today.date(), warning_days=3)
        first = today - timedelta(days=20)
        sell(person, "120.00", first + timedelta(days=1))
        sell(person, "99.00", first + timedelta(days=12))
        sell(person, "300.00", today)
        review_tiers(first + timedelta(days=2))
        assert notices() == [], "long past is no news"
        nightly(first + timedelta(days=9), today + timedelta(days=1))
        before = f"{first + timedelta(days=10):%Y-%m-%d} – {today - timedelta(days=1):%Y-%m-%d}"
        assert notices() == [
            (
                "等级提醒：还没有保住“白银”",
                f"{before} 到现在你完成了 ¥99.00、1 单、1 位顾客，还没有达到“白银”的任务。"
                f"{today - timedelta(days=1):%Y-%m-%d} 结束前完成，等级不变。",
            ),
            (
                "等级升为“黄金”",
                "恭喜！这一期你已完成 ¥300.00、1 单、1 位顾客。新订单按新等级计算。",
            ),
        ]
        with translation.override("en"):
            assert [title for title, _ in notices()] == [
                "Your tier: “Silver” is not secured yet",
                "Your tier is now “Gold”",
            ]

    def test_a_fall_says_why(self, person: Distributor) -> None:
        today = day_start(beijing_date(timezone.now()))
        calendar(kind="days", days=10, days_from=today.date(), warning_days=0)
        sell(person, "120.00", today - timedelta(days=19))
        review_tiers(today - timedelta(days=18))
        review_tiers(today)
        ((title, text),) = notices()
        assert title == "等级变为“青铜”"
        assert "你完成了 ¥0.00、0 单、0 位顾客，没有达到“白银”的任务" in text


class TestRefunds:
    def test_later_takes_a_sale_away(self, person: Distributor) -> None:
        """They rose by it; it went back before the period ended."""
        order = sell(person, "100.00", beijing(2, 10))
        review_tiers(beijing(2, 11))
        give_back(order, "0.01", at=beijing(2, 15))
        assert codes(person) == ["bronze", "silver"]
        assert review_tiers(beijing(2, 22)) == {"open": 1}
        assert review_tiers(beijing(3, 1)) == {"fell": 1}
        assert codes(person) == ["bronze", "silver", "bronze"]

    def test_a_closed_period_is_closed(self, person: Distributor) -> None:
        order = sell(person, "100.00", beijing(2, 10))
        nightly(beijing(2, 9), beijing(3, 2))
        give_back(order, "100.00", at=beijing(3, 2, 12))
        nightly(beijing(3, 3), beijing(3, 20))
        assert codes(person) == ["bronze", "silver"]

    def test_one_with_an_open_after_sale_does_not_count_yet(self, person: Distributor) -> None:
        order = sell(person, "100.00", beijing(2, 10))
        request_refund(order, [Part(order.lines.get().pk, 0, Decimal("1.00"))], at=beijing(2, 9))
        assert review_tiers(beijing(2, 11)) == {}

    def test_an_order_wholly_back_is_no_order_and_no_customer(self) -> None:
        make_task("silver", "orders", "2")
        make_task("gold", "customers", "2")
        person = make_distributor()
        orders = [sell(person, "10.00", beijing(2, 10)) for _ in range(2)]
        give_back(orders[0], "10.00", at=beijing(2, 9))
        assert review_tiers(beijing(2, 11)) == {}


class TestWhatCounts:
    def test_complete_is_received_and_past_its_days(self, person: Distributor) -> None:
        sell(person, "100.00", beijing(2, 10, 12))
        assert review_tiers(beijing(2, 10, 12)) == {}
        assert review_tiers(beijing(2, 10, 12) + SECOND) == {"rose": 1}

    def test_beijing_midnight_parts_the_months(self, person: Distributor) -> None:
        """23:59:59 in Beijing is still February, whatever the server's clock says."""
        sell(person, "50.00", beijing(3, 1) - SECOND)
        sell(person, "50.00", beijing(3, 1))
        nightly(beijing(2, 27), beijing(3, 10))
        assert codes(person) == ["bronze"]
        sell(person, "50.00", beijing(3, 31, 23, 59))
        assert review_tiers(beijing(4, 1) - SECOND) == {"rose": 1}

    def test_leap_days_belong_to_february(self, person: Distributor) -> None:
        sell(person, "100.00", beijing(2, 29, 23, 59, year=2028))
        assert review_tiers(beijing(3, 1, year=2028) - SECOND) == {"rose": 1}
        row = TierReview.objects.get()
        assert (row.period_start, row.period_end) == (date(2028, 2, 1), date(2028, 3, 1))

    @pytest.mark.parametrize("kind", ["recruits", "team_sales", "level2", ""])
    def test_the_database_takes_no_such_task(self, kind: str) -> None:
        tier = Tier.objects.get(code="gold")
        with pytest.raises(IntegrityError, match="tier_task_counts_own_sales"):
            with transaction.atomic():
                TierTask.objects.create(tier=tier, kind=kind, target=1)

    @pytest.mark.parametrize(("needed", "tier"), [("all", "bronze"), ("any", "silver")])
    def test_all_or_any_of_the_tasks(self, needed: str, tier: str) -> None:
        make_task("silver", "orders", "2")
        make_task("silver", "customers", "2", needed=needed)
        person = make_distributor()
        customer = make_customer(person)
        for day in (10, 12):
            sell(person, "10.00", beijing(2, day), to=customer)
        review_tiers(beijing(2, 13))
        assert codes(person)[-1] == tier
        sell(person, "10.00", beijing(2, 14))
        review_tiers(beijing(2, 15))
        assert codes(person)[-1] == "silver"


class TestCalendars:
    def test_quarters(self, person: Distributor) -> None:
        calendar(kind="quarter", warning_days=0)
        sell(person, "60.00", beijing(4, 10))
        sell(person, "60.00", beijing(6, 10))
        nightly(beijing(4, 9), beijing(7, 2))
        assert tiers_of(person)[-1] == ("silver", beijing(6, 10, 2))
        assert review_tiers(beijing(9, 30)) == {}
        assert review_tiers(beijing(10, 1)) == {"fell": 1}

    def test_so_many_days(self, person: Distributor) -> None:
        calendar(kind="days", days=10, days_from=date(2026, 2, 1), warning_days=0)
        sell(person, "60.00", beijing(2, 10))
        sell(person, "60.00", beijing(2, 11))
        nightly(beijing(2, 1), beijing(2, 20))
        assert codes(person) == ["bronze"]
        sell(person, "60.00", beijing(2, 20, 23))
        assert review_tiers(beijing(2, 21) - SECOND) == {"rose": 1}
        assert review_tiers(beijing(2, 21)) == {"held": 1}
        assert review_tiers(beijing(3, 3)) == {"fell": 1}

    def test_one_calendar_only(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            TierCalendar.objects.create(pk=2)


class TestTheMerchantsHand:
    def test_a_tier_is_kept_until_the_date(self, person: Distributor) -> None:
        gold = Tier.objects.get(code="gold")
        set_tier(person, gold, by=make_user(), at=beijing(2, 10), keep_until=date(2026, 4, 15))
        nightly(beijing(2, 11), beijing(6, 2))
        assert tiers_of(person) == [
            ("bronze", START),
            ("gold", beijing(2, 10)),
            ("bronze", beijing(5, 1, 2)),
        ]
        assert [row.period_start.month for row in TierReview.objects.all()] == [4]

    @pytest.mark.parametrize(("until", "falls"), [(date(2026, 4, 30), 5), (date(2026, 5, 1), 6)])
    def test_a_period_that_ends_before_the_date_is_not_examined(
        self, person: Distributor, until: date, falls: int
    ) -> None:
        gold = Tier.objects.get(code="gold")
        set_tier(person, gold, by=make_user(), at=beijing(2, 10), keep_until=until)
        nightly(beijing(4, 20), beijing(6, 2))
        assert tiers_of(person)[-1] == ("bronze", beijing(falls, 1, 2))

    def test_without_a_date_for_one_whole_period(self, person: Distributor) -> None:
        set_tier(person, Tier.objects.get(code="gold"), by=make_user(), at=beijing(2, 10))
        nightly(beijing(2, 11), beijing(5, 2))
        assert tiers_of(person)[1:] == [("gold", beijing(2, 10)), ("bronze", beijing(4, 1, 2))]

    def test_a_kept_tier_may_rise(self, person: Distributor) -> None:
        silver = Tier.objects.get(code="silver")
        set_tier(person, silver, by=None, at=beijing(2, 1), keep_until=date(2027, 1, 1))
        sell(person, "300.00", beijing(2, 10))
        review_tiers(beijing(2, 11))
        person.refresh_from_db()
        assert (person.tier.code, person.tier_kept_until) == ("gold", None)

    def test_a_tier_without_tasks_is_the_merchants_alone(self, person: Distributor) -> None:
        platinum = Tier.objects.create(code="platinum", name="铂金", rank=9)
        set_tier(person, platinum, by=None, at=beijing(2, 1))
        sell(person, "999.00", beijing(2, 10))
        nightly(beijing(2, 1), beijing(6, 1))
        assert codes(person) == ["bronze", "platinum"]

    def test_a_longer_date_alone_is_written(self, person: Distributor) -> None:
        gold = Tier.objects.get(code="gold")
        set_tier(person, gold, by=None, at=beijing(2, 1), keep_until=date(2026, 3, 1))
        set_tier(person, gold, by=None, at=beijing(2, 5), keep_until=date(2026, 6, 1))
        person.refresh_from_db()
        assert (person.tier_since, person.tier_kept_until) == (beijing(2, 1), date(2026, 6, 1))


class TestWhoIsReviewed:
    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED])
    def test_only_who_is_approved(self, person: Distributor, status: Status) -> None:
        sell(person, "100.00", beijing(2, 10))
        set_status(person, status, by=None, reason="test", at=beijing(2, 10))
        assert review_tiers(beijing(2, 11)) == {}

    def test_nobody_while_tiers_have_no_tasks(self, django_assert_num_queries: Any) -> None:
        person = make_distributor()
        sell(person, "100.00", beijing(2, 10))
        with django_assert_num_queries(4):
            assert review_tiers(beijing(2, 11)) == {}

    def test_nothing_is_written_behind_what_came_later(self, person: Distributor) -> None:
        sell(person, "100.00", beijing(2, 10))
        set_status(person, Status.FROZEN, by=None, reason="test", at=beijing(3, 5))
        approve(person, by=None, at=beijing(3, 6))
        assert review_tiers(beijing(2, 11)) == {}

    def test_the_lowest_tier_has_nowhere_to_fall(self) -> None:
        make_task("bronze", "sales", "100")
        person = make_distributor()
        nightly(beijing(2, 1), beijing(4, 2))
        assert (codes(person), reviews(person), notices()) == (["bronze"], [], [])

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_fixed_number_of_queries(
        self, person: Distributor, number: int, django_assert_num_queries: Any
    ) -> None:
        people = [person, *(make_distributor() for _ in range(number - 1))]
        for one in people:
            sell(one, "100.00", beijing(2, 10))
        with django_assert_num_queries(19):
            assert review_tiers(beijing(2, 11)) == {"rose": number}


class TestByHand:
    def test_the_command_says_what_was_done(self, person: Distributor) -> None:
        sell(person, "100.00", beijing(2, 10))
        out = StringIO()
        call_command("review_tiers", "--at", "2026-02-11T02:00", stdout=out)
        call_command("review_tiers", "--at", "2026-02-11T02:00", stdout=out)
        assert out.getvalue() == (
            "1 rose, 0 held, 0 warned, 0 fell\n0 rose, 0 held, 0 warned, 0 fell\n"
        )
        assert tiers_of(person)[-1] == ("silver", datetime(2026, 2, 11, 2, tzinfo=BEIJING))

    def test_beat_does_the_same(self, person: Distributor) -> None:
        assert tasks.review_tiers() == {}

    def test_a_preview_changes_nothing(self, person: Distributor) -> None:
        sell(person, "100.00", beijing(2, 10))
        (decision,) = preview_review(beijing(2, 11))
        assert (decision.distributor_id, decision.outcome, str(decision.to_tier)) == (
            person.pk,
            "rose",
            "白银",
        )
        assert (codes(person), reviews(person), notices()) == (["bronze"], [], [])
