"""When a sign becomes a relation, and what the timeline says about it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from base.accounts.models import User
from base.clock import BEIJING
from distribution.models import Binding, Distributor, Policy, Trace
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral.recognition import note_expiries, recognise, use_promo_code
from distribution.referral.relations import bind_by_link, reassign_customer, reassign_recruiter
from distribution.referral.traces import MOST_WHILE_QUIET, Kind, Sign
from distribution.states import Status
from orders.events import replay_events
from tests.books import name_of
from tests.make import START, make_chain, make_distributor, make_order, make_user, pay

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
Mode, Moment = Policy.BindingMode, Policy.BindingMoment


def policy(mode: str = Mode.FIRST_FOREVER, moment: str = Moment.VISIT, days: int = 30) -> None:
    publish_policy(by=None, at=START, binding_mode=mode, binding_moment=moment, binding_days=days)


def follow(member: User, distributor: Distributor, at: datetime, *, is_new: bool = False) -> None:
    recognise(member, [Sign(distributor, at)], at=at, is_new=is_new)


def timeline(member: User) -> list[str]:
    """Every row, the earliest first: kind, for whom, decision, why."""
    rows = Trace.objects.filter(member=member).order_by("at", "pk")
    return [
        " ".join(
            [
                row.kind,
                name_of(row.distributor_id) if row.distributor_id else "—",
                row.decision,
                row.why,
            ]
        )
        for row in rows
    ]


def served_by(member: User) -> list[tuple[str, datetime, datetime | None]]:
    rows = Binding.objects.filter(customer=member).order_by("starts_at")
    return [(name_of(row.distributor_id), row.starts_at, row.ends_at) for row in rows]


class TestTheTable:
    """Three modes by three moments: a guest follows 先 on day 1 and 后 on day 2 and signs up on
    day 3; 三 is followed as a member on day 4; the first order comes on day 5."""

    @pytest.mark.parametrize(
        ("mode", "moment", "at_sign_up", "in_the_end"),
        [
            (Mode.FIRST_FOREVER, Moment.VISIT, "先", [("先", 3, None)]),
            (Mode.FIRST_FOREVER, Moment.SIGN_UP, "先", [("先", 3, None)]),
            (Mode.FIRST_FOREVER, Moment.FIRST_ORDER, None, [("先", 5, None)]),
            (Mode.FIRST_FOR_DAYS, Moment.VISIT, "先", [("先", 3, 33)]),
            (Mode.FIRST_FOR_DAYS, Moment.SIGN_UP, "先", [("先", 3, 33)]),
            (Mode.FIRST_FOR_DAYS, Moment.FIRST_ORDER, None, [("先", 5, 35)]),
            (Mode.LATEST, Moment.VISIT, "后", [("后", 3, 4), ("三", 4, None)]),
            (Mode.LATEST, Moment.SIGN_UP, "后", [("后", 3, None)]),
            (Mode.LATEST, Moment.FIRST_ORDER, None, [("三", 5, None)]),
        ],
    )
    def test_who_serves_and_since_when(
        self,
        mode: str,
        moment: str,
        at_sign_up: str | None,
        in_the_end: list[tuple[str, int, int | None]],
    ) -> None:
        policy(mode, moment)
        first, second, third = (make_distributor(name=name) for name in ("先", "后", "三"))
        member = make_user("客")

        def day(number: int) -> datetime:
            return NOON + number * DAY

        signs = [Sign(first, day(1)), Sign(second, day(2))]
        recognise(member, signs, at=day(3), is_new=True)
        assert [name for name, _, _ in served_by(member)] == ([at_sign_up] if at_sign_up else [])
        follow(member, third, day(4))
        order = make_order(member, at=day(5))
        expected = [
            (name, day(since), None if until is None else day(until))
            for name, since, until in in_the_end
        ]
        assert served_by(member) == expected
        terms = order.distribution_terms
        assert terms.payee1 is not None
        assert name_of(terms.payee1_id) == in_the_end[-1][0]
        # An order later changes nothing any more.
        pay(order, at=day(5))
        follow(member, first, day(6))
        make_order(member, at=day(7))
        after = served_by(member)
        if (mode, moment) == (Mode.LATEST, Moment.VISIT):
            assert [name for name, _, _ in after] == ["后", "三", "先"]
        else:
            assert after == expected

    def test_the_timeline_says_who_won_and_why(self) -> None:
        policy(Mode.LATEST, Moment.FIRST_ORDER)
        first, second = make_distributor(name="先"), make_distributor(name="后")
        member = make_user("客")
        recognise(
            member, [Sign(first, NOON), Sign(second, NOON + DAY)], at=NOON + 2 * DAY, is_new=True
        )
        make_order(member, at=NOON + 3 * DAY)
        assert timeline(member) == [
            "click 先 waiting at_order",
            "click 后 waiting at_order",
            "signup — waiting at_order",
            "order 后 won first",
            "order 先 refused other_later",
        ]


class TestWhatIsWrittenDown:
    def test_an_earlier_binding_is_kept(self) -> None:
        policy()
        first, second, member = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        follow(member, first, NOON)
        follow(member, second, NOON + DAY)
        follow(member, first, NOON + 2 * DAY)
        assert timeline(member) == [
            "click 先 won first",
            "click 后 kept earlier",
            "click 先 nothing same",
        ]
        kept = Trace.objects.get(decision="kept")
        assert kept.standing == first
        assert kept.policy is not None and kept.policy.binding_mode == Mode.FIRST_FOREVER

    def test_what_the_merchant_decided_is_kept(self) -> None:
        policy(Mode.LATEST)
        first, second, member = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        merchant = make_user("商家")
        reassign_customer(member, first, by=merchant, reason="老顾客", at=NOON)
        follow(member, second, NOON + DAY)
        reassign_customer(member, None, by=merchant, reason="本人要求", at=NOON + 2 * DAY)
        assert timeline(member) == [
            "merchant 先 won merchant",
            "click 后 kept by_merchant",
            "merchant — ended merchant",
        ]
        rows = Trace.objects.filter(kind=Kind.MERCHANT).order_by("at")
        assert [(row.by, row.note, row.standing) for row in rows] == [
            (merchant, "老顾客", None),
            (merchant, "本人要求", first),
        ]

    @pytest.mark.parametrize(
        ("status", "why"),
        [
            (Status.FROZEN, "frozen"),
            (Status.RESIGNED, "resigned"),
            (Status.BANNED, "banned"),
        ],
    )
    def test_somebody_who_is_out_is_refused(self, status: Status, why: str) -> None:
        gone, member = make_distributor(name="走"), make_user()
        gone = set_status(gone, status, by=None, reason="test", at=START + DAY)
        follow(member, gone, NOON)
        assert timeline(member) == [f"click 走 refused {why}"]

    def test_oneself_and_a_loop_are_refused(self) -> None:
        chain = make_chain()
        follow(chain.a.user, chain.a, NOON)
        follow(chain.a.user, chain.b, NOON)
        assert timeline(chain.a.user) == ["click 甲 refused self", "click 乙 refused loop"]

    def test_under_the_mode_of_days_an_old_link_is_refused(self) -> None:
        policy(Mode.FIRST_FOR_DAYS, days=30)
        old, new, member = make_distributor(name="旧"), make_distributor(name="新"), make_user()
        signs = [Sign(old, NOON - 30 * DAY), Sign(new, NOON - 29 * DAY)]
        recognise(member, signs, at=NOON, is_new=True)
        assert timeline(member) == [
            "click 旧 refused too_old",
            "click 新 won first",
            "signup 新 won first",
        ]

    def test_a_binding_that_lapses_is_said_once(self) -> None:
        policy(Mode.FIRST_FOR_DAYS, days=30)
        first, second = make_distributor(name="先"), make_distributor(name="后")
        lapsing, moved = make_user("到期"), make_user("改派")
        for member in (lapsing, moved):
            follow(member, first, NOON)
        reassign_customer(moved, second, by=make_user(), reason="test", at=NOON + DAY)
        assert note_expiries(NOON + 30 * DAY - timedelta(seconds=1)) == 0
        assert note_expiries(NOON + 30 * DAY) == 1
        assert note_expiries(NOON + 31 * DAY) == 0
        assert timeline(lapsing) == ["click 先 won first", "expiry — ended lapsed"]
        assert timeline(moved) == ["click 先 won first", "merchant 后 won merchant"]

    def test_becoming_a_distributor_and_another_recruiter(self) -> None:
        chain = make_chain()
        reassign_recruiter(
            chain.b, make_distributor(name="新"), by=make_user(), reason="r", at=NOON
        )
        assert timeline(chain.b.user) == [
            "click 甲 won first",
            "joining 甲 won brought_in",
            "recruiter 新 won merchant",
        ]

    def test_signing_up_without_a_link(self) -> None:
        member = make_user()
        for _ in range(2):
            recognise(member, [], at=NOON, is_new=True)
        assert timeline(member) == ["signup — nothing no_sign"]

    def test_the_same_cookie_twice_is_heard_once(self) -> None:
        first, member, browser = make_distributor(name="先"), make_user(), uuid4()
        for _ in range(2):
            recognise(member, [Sign(first, NOON, visitor=browser)], at=NOON + DAY)
        assert timeline(member) == ["click 先 won first"]

    def test_a_flood_leaves_little(self) -> None:
        policy()
        distributors = [make_distributor() for _ in range(3)]
        member = make_user()
        follow(member, distributors[0], NOON)
        for second in range(1, 120):
            follow(member, distributors[second % 3], NOON + timedelta(seconds=second))
        assert Trace.objects.filter(member=member).count() == 4

    def test_a_flood_that_waits_ends_somewhere(self) -> None:
        policy(Mode.LATEST, Moment.FIRST_ORDER)
        pair = [make_distributor() for _ in range(2)]
        member = make_user()
        for second in range(3 * MOST_WHILE_QUIET):
            follow(member, pair[second % 2], NOON + timedelta(seconds=second))
        assert Trace.objects.filter(member=member).count() == MOST_WHILE_QUIET

    def test_rows_are_never_changed_or_deleted(self) -> None:
        member = make_user()
        follow(member, make_distributor(), NOON)
        for change in (
            lambda: Trace.objects.update(decision="kept"),
            lambda: Trace.objects.all().delete(),
        ):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                change()
        assert timeline(member)[0].endswith("won first")


class TestTheFirstOrder:
    def test_only_the_first_paid_order_binds(self) -> None:
        policy(moment=Moment.FIRST_ORDER)
        member = make_user()
        pay(make_order(member, at=NOON), at=NOON)
        follow(member, make_distributor(name="甲"), NOON + DAY)
        make_order(member, at=NOON + 2 * DAY)
        assert not Binding.objects.exists()
        assert timeline(member) == ["click 甲 refused not_first"]

    def test_an_order_that_was_never_paid_is_not_the_first(self) -> None:
        policy(moment=Moment.FIRST_ORDER)
        member = make_user()
        make_order(member, at=NOON)
        follow(member, make_distributor(name="甲"), NOON + DAY)
        make_order(member, at=NOON + 2 * DAY)
        assert served_by(member) == [("甲", NOON + 2 * DAY, None)]

    def test_of_a_run_the_link_that_is_still_valid_counts(self) -> None:
        policy(Mode.FIRST_FOR_DAYS, Moment.FIRST_ORDER, days=30)
        one, member = make_distributor(name="甲"), make_user()
        follow(member, one, NOON)
        follow(member, one, NOON + 20 * DAY)
        make_order(member, at=NOON + 40 * DAY)
        assert [name for name, _, _ in served_by(member)] == ["甲"]

    def test_a_replay_binds_nobody_again(self) -> None:
        policy(moment=Moment.FIRST_ORDER)
        member = make_user()
        follow(member, make_distributor(name="甲"), NOON)
        make_order(member, at=NOON + DAY)
        before = timeline(member)
        replay_events()
        assert timeline(member) == before


class TestPromoCodes:
    @pytest.mark.parametrize(
        ("mode", "moment", "who"),
        [
            (Mode.FIRST_FOREVER, Moment.VISIT, "先"),
            (Mode.LATEST, Moment.VISIT, "口令"),
            (Mode.FIRST_FOREVER, Moment.FIRST_ORDER, "先"),
            (Mode.LATEST, Moment.FIRST_ORDER, "口令"),
        ],
    )
    def test_a_code_is_a_sign_like_a_link(self, mode: str, moment: str, who: str) -> None:
        policy(mode, moment)
        first, other, member = (
            make_distributor(name="先"),
            make_distributor(name="口令"),
            make_user(),
        )
        follow(member, first, NOON)
        use_promo_code(member, other, code="甜甜", at=NOON + DAY)
        make_order(member, at=NOON + DAY)
        assert served_by(member)[-1][0] == who
        assert Trace.objects.filter(kind=Kind.PROMO_CODE, note="甜甜").exists()

    def test_it_shows_where_the_binding_comes_from(self) -> None:
        policy()
        member = make_user()
        binding = use_promo_code(member, make_distributor(), code="甜甜", at=NOON)
        assert binding is not None and binding.source == Binding.Source.PROMO_CODE


def test_a_link_opened_before_the_present_binding_does_not_replace_it() -> None:
    """Latest wins: a browser brings an older click than the binding made elsewhere meanwhile."""
    policy(Mode.LATEST)
    first, second, member = make_distributor(name="先"), make_distributor(name="后"), make_user()
    bind_by_link(member, second, at=NOON + DAY)
    recognise(member, [Sign(first, NOON)], at=NOON + 2 * DAY)
    assert served_by(member) == [("后", NOON + DAY, None)]
    assert timeline(member)[0] == "click 先 kept newer"


def test_a_visit_of_a_member_costs_few_queries(django_assert_num_queries: Any) -> None:
    policy()
    first, second, member = make_distributor(), make_distributor(), make_user()
    follow(member, first, NOON)
    with django_assert_num_queries(10):
        follow(member, second, NOON + DAY)
