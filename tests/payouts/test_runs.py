"""Runs: once per period, everybody with money is paid or told why not, in chunks."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from base.clock import day_start
from distribution.money.commissions import mature_commissions
from distribution.programme.people import join, set_status
from distribution.states import Status
from payouts import runs
from payouts.models import Payout, Run, Schedule
from payouts.runs import preview_due, preview_period, run_due, run_period
from payouts.sending import send_payout
from payouts.states import SkipReason
from tests.books import ledger, money, name_of, prove
from tests.buying import DAY, NOON, buy, earn, take_back
from tests.make import Chain, make_chain, make_order, make_rule, make_variant, pay, receive
from tests.paying import MONDAY, Killed, make_schedule, open_bank, payouts, run, skips

pytestmark = pytest.mark.django_db

D = Decimal
AT = day_start(MONDAY)


@pytest.fixture
def chain() -> Chain:
    """B has 30.00 available and A 10.00."""
    Schedule.objects.all().delete()  # a new shop's own
    chain = make_chain()
    make_rule("0.30", "0.10")
    earn(chain, "100.00")
    return chain


class TestARun:
    def test_reserves_what_is_available(self, chain: Chain) -> None:
        found = run()
        assert payouts() == ["甲 10.00 draft", "乙 30.00 draft"]
        assert ledger("reserve") == [
            "reserve available 甲 -10.00",
            "reserve reserved 甲 10.00",
            "reserve available 乙 -30.00",
            "reserve reserved 乙 30.00",
        ]
        assert money(chain.b) == {"reserved": "30.00"}
        assert (found.finished_at, found.minimum, found.channel) == (AT, D("1.00"), "bank")
        payout = Payout.objects.latest("pk")
        assert (payout.created_at, payout.approved_at, payout.approved_by) == (AT, None, None)
        assert payout.number == payout.reservation.number
        prove()

    def test_may_approve_by_itself(self, chain: Chain) -> None:
        run(make_schedule(auto_approve=True))
        assert payouts() == ["甲 10.00 approved", "乙 30.00 approved"]
        assert Payout.objects.filter(approved_at=AT).count() == 2

    def test_again_is_the_same_run(self, chain: Chain) -> None:
        schedule = make_schedule()
        first = run(schedule)
        earn(chain, "50.00", at=NOON + DAY)
        assert run(schedule, at=AT + DAY) == first
        assert payouts() == ["甲 10.00 draft", "乙 30.00 draft"]
        assert money(chain.b) == {"available": "15.00", "reserved": "30.00"}
        with pytest.raises(IntegrityError, match="run_once_per_period"), transaction.atomic():
            Run.objects.create(schedule=schedule, period=MONDAY, minimum=1, started_at=AT)

    def test_the_next_period_pays_what_came_since(self, chain: Chain) -> None:
        schedule = make_schedule()
        run(schedule)
        earn(chain, "50.00", at=NOON + DAY)
        run(schedule, period=MONDAY + timedelta(days=7))
        assert payouts()[2:] == ["甲 5.00 draft", "乙 15.00 draft"]
        prove()

    def test_numbers_are_all_different(self, chain: Chain) -> None:
        for week in range(4):
            earn(chain, "50.00", at=NOON + week * DAY)
            run(make_schedule())
        assert Payout.objects.values("number").distinct().count() == 8

    def test_two_schedules_do_not_pay_the_same_money(self, chain: Chain) -> None:
        run(make_schedule(minimum=D("20.00")))
        run(make_schedule())
        assert payouts() == ["乙 30.00 draft", "甲 10.00 draft"]
        assert skips() == ["甲 10.00 below_minimum", "乙 0.00 in_payout"]
        prove()

    def test_nobody_with_money_is_a_run_of_nothing(self) -> None:
        found = run()
        assert (found.finished_at, payouts(), skips()) == (AT, [], [])


class TestWhoIsPassedOver:
    def only(self, expected: str, **values: Any) -> None:
        """B is passed over for this reason and keeps the money; A is paid."""
        found = run(make_schedule(**values))
        assert [row for row in skips(found) if row.startswith("乙")] == [f"乙 {expected}"]
        assert not Payout.objects.filter(distributor__user__name="乙").exists()
        prove()

    def test_below_the_minimum(self, chain: Chain) -> None:
        self.only("30.00 below_minimum", minimum=D("30.01"))

    def test_the_minimum_itself_is_enough(self, chain: Chain) -> None:
        run(make_schedule(minimum=D("30.00")))
        assert payouts() == ["乙 30.00 draft"]

    def test_below_the_threshold(self, chain: Chain) -> None:
        self.only("30.00 below_threshold", kind=Schedule.Kind.THRESHOLD, threshold=D("30.01"))

    def test_the_threshold_itself_is_enough(self, chain: Chain) -> None:
        run(make_schedule(kind=Schedule.Kind.THRESHOLD, threshold=D("30.00")))
        assert payouts() == ["乙 30.00 draft"]

    def test_a_higher_minimum_holds_for_a_threshold_too(self, chain: Chain) -> None:
        self.only(
            "30.00 below_threshold",
            kind=Schedule.Kind.THRESHOLD,
            threshold=D("20.00"),
            minimum=D("40.00"),
        )

    def test_nothing_mature_yet(self, chain: Chain) -> None:
        run()
        other = make_chain()
        buy(other, "10.00")
        found = run(make_schedule())
        assert skips(found) == [
            "甲 0.00 in_payout",
            "乙 0.00 in_payout",
            "甲 0.00 nothing_mature",
            "乙 0.00 nothing_mature",
        ]

    def test_a_debt(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
        open_bank(monkeypatch)
        order = buy(chain, "100.00", at=NOON + DAY)
        run(make_schedule(auto_approve=True))
        for payout in Payout.objects.all():
            send_payout(payout, at=AT)
        receive(order, at=NOON + DAY)
        first = Payout.objects.get(distributor=chain.b).reservation.allocations.get().commission
        take_back(first.order, 1, "100.00", at=AT + DAY)
        assert money(chain.b) == {"pending": "30.00", "paid": "30.00", "debt": "30.00"}
        found = run(make_schedule())
        assert skips(found) == ["甲 -10.00 debt", "乙 -30.00 debt"]
        mature_commissions(NOON + 8 * DAY)
        assert money(chain.b) == {"paid": "30.00"}
        prove()

    def test_frozen(self, chain: Chain) -> None:
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
        self.only("30.00 frozen")

    def test_resigned_is_still_paid(self, chain: Chain) -> None:
        set_status(chain.b, Status.RESIGNED, by=None, reason="test", at=NOON + DAY)
        run()
        assert payouts() == ["甲 10.00 draft", "乙 30.00 draft"]

    @pytest.mark.parametrize("answer", [None, Status.REJECTED, Status.WITHDRAWN])
    def test_applying_again_costs_nobody_what_they_earned(
        self, chain: Chain, answer: Status | None
    ) -> None:
        """Resigned and paid as usual; wanting to come back, or being refused, is no reason not to."""
        set_status(chain.b, Status.RESIGNED, by=None, reason="test", at=NOON + DAY)
        join(chain.b.user, at=NOON + 2 * DAY)
        if answer:
            set_status(chain.b, answer, by=None, reason="test", at=NOON + 3 * DAY)
        run()
        assert payouts() == ["甲 10.00 draft", "乙 30.00 draft"]

    def test_banned_with_something_left(self, chain: Chain) -> None:
        """An order that was placed before the ban and paid after it; what it earns is taken soon."""
        order = make_order(chain.c, {make_variant("10.00"): 1}, at=AT)
        set_status(chain.b, Status.BANNED, by=None, reason="test", at=AT)
        pay(order, at=AT)
        assert money(chain.b) == {"pending": "3.00"}
        found = run(make_schedule())
        assert skips(found) == ["乙 0.00 banned"]
        prove()

    def test_everybody_with_money_has_one_answer(self, chain: Chain) -> None:
        poor = make_chain()
        earn(poor, "3.00")
        found = run(make_schedule())
        answered = [row.distributor_id for row in (*found.payouts.all(), *found.skips.all())]
        assert sorted(answered) == sorted([chain.a.pk, chain.b.pk, poor.a.pk, poor.b.pk])

    @pytest.mark.parametrize("reason", SkipReason.values)
    def test_every_reason_can_be_read(self, reason: str) -> None:
        assert SkipReason(reason).label


class TestChunks:
    @pytest.fixture
    def crowd(self, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> list[Chain]:
        """Six people with money, two a chunk."""
        monkeypatch.setattr(runs, "CHUNK", 2)
        crowd = [chain, make_chain(), make_chain()]
        for one in crowd[1:]:
            earn(one, "100.00")
        return crowd

    def test_everybody_is_looked_at_once(self, crowd: list[Chain]) -> None:
        run()
        assert payouts() == ["甲 10.00 draft", "乙 30.00 draft"] * 3
        prove()

    @pytest.mark.parametrize("chunks_done", [0, 1, 2, 3])
    def test_an_interrupted_run_goes_on_where_it_stopped(
        self, crowd: list[Chain], chunks_done: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = make_schedule()
        chunk, done = runs._run_chunk, []

        def dies(run: Run, at: Any) -> Run:
            if len(done) == chunks_done:
                raise Killed
            done.append(run)
            return chunk(run, at)

        with monkeypatch.context() as broken:
            broken.setattr(runs, "_run_chunk", dies)
            with pytest.raises(Killed):
                run(schedule)
        assert len(payouts()) == 2 * chunks_done
        assert Run.objects.get().finished_at is None
        prove()
        found = run(schedule, at=AT + DAY)
        assert payouts() == ["甲 10.00 draft", "乙 30.00 draft"] * 3
        assert (found.started_at, found.finished_at) == (AT, AT + DAY)
        prove()

    @pytest.mark.parametrize("step", ["reserve", "_create_payouts"])
    def test_a_chunk_that_dies_leaves_nothing(
        self, crowd: list[Chain], step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = make_schedule()

        def dies(*args: Any) -> None:
            raise Killed

        with monkeypatch.context() as broken:
            broken.setattr(runs, step, dies)
            with pytest.raises(Killed):
                run(schedule)
        assert (payouts(), skips(), ledger("reserve")) == ([], [], [])
        assert Run.objects.get().cursor == 0
        run(schedule)
        assert len(payouts()) == 6
        prove()

    def test_the_schedules_later_edits_do_not_change_a_run_that_began(
        self, crowd: list[Chain], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedule = make_schedule()
        chunk = runs._run_chunk

        def edits(found: Run, at: Any) -> Run:
            Schedule.objects.update(minimum=D("999.00"), channel="manual", auto_approve=True)
            return chunk(found, at)

        monkeypatch.setattr(runs, "_run_chunk", edits)
        run(schedule)
        assert payouts() == ["甲 10.00 draft", "乙 30.00 draft"] * 3
        assert set(Payout.objects.values_list("channel", flat=True)) == {"bank"}

    def test_a_chunk_costs_the_same_for_one_and_for_many(
        self, crowd: list[Chain], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = Run.objects.create(
            schedule=make_schedule(), period=MONDAY, minimum=1, channel="bank", started_at=AT
        )
        for size in (1, 6):
            monkeypatch.setattr(runs, "CHUNK", size)
            with transaction.atomic(), CaptureQueriesContext(connection) as queries:
                runs._run_chunk(found, AT)
                transaction.set_rollback(True)
            statements = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
            assert len(statements) == 11


class TestWhatIsDue:
    def test_each_active_schedule_runs_its_own_period(self, chain: Chain) -> None:
        weekly = make_schedule(minimum=D("20.00"))
        make_schedule(kind=Schedule.Kind.MONTHLY, day_of_month=28)
        make_schedule(is_active=False, kind=Schedule.Kind.THRESHOLD, threshold=D("5.00"))
        found = run_due(date(2026, 3, 31), at=AT + DAY)
        assert [(one.schedule, one.period) for one in found] == [
            (weekly, MONDAY),
            (Schedule.objects.get(kind="monthly"), date(2026, 3, 28)),
        ]
        assert payouts() == ["乙 30.00 draft", "甲 10.00 draft"]
        assert run_due(date(2026, 3, 31), at=AT + DAY) == found
        assert Run.objects.count() == 2

    def test_the_dry_run_says_the_same_and_writes_nothing(self, chain: Chain) -> None:
        schedule = make_schedule(minimum=D("20.00"))
        before = ledger()
        (preview,) = preview_due(MONDAY)
        assert (preview.schedule, preview.period, preview.has_run) == (schedule, MONDAY, False)
        assert [name_of(one.distributor_id) for one in preview.payouts] == ["乙"]
        assert [(name_of(one.distributor_id), why) for one, why in preview.skips] == [
            ("甲", SkipReason.BELOW_MINIMUM)
        ]
        assert preview.total == D("30.00")
        assert (ledger(), Run.objects.count(), payouts()) == (before, 0, [])
        run_period(schedule, MONDAY, at=AT)
        assert payouts() == ["乙 30.00 draft"]
        again = preview_period(schedule, MONDAY)
        assert (again.has_run, again.payouts, again.skips) == (True, [], [])

    def test_two_schedules_of_one_day_do_not_show_the_same_money_twice(self, chain: Chain) -> None:
        make_schedule(minimum=D("20.00"))
        make_schedule(kind="threshold", threshold=D("5.00"))
        shown = [
            (
                [name_of(one.distributor_id) for one in preview.payouts],
                [(name_of(one.distributor_id), one.available, why) for one, why in preview.skips],
            )
            for preview in preview_due(MONDAY)
        ]
        assert shown == [
            (["乙"], [("甲", D("10.00"), SkipReason.BELOW_MINIMUM)]),
            (["甲"], [("乙", D("0.00"), SkipReason.IN_PAYOUT)]),
        ]
        first, second = run_due(MONDAY, at=AT)
        assert payouts() == ["乙 30.00 draft", "甲 10.00 draft"]
        assert skips(first) == ["甲 10.00 below_minimum"]
        assert skips(second) == ["乙 0.00 in_payout"]
