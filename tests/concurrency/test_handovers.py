"""Somebody joins or is moved while whom they belong to hands everybody over.

Nobody waits in a circle, nobody is lost, and no loop is closed behind the handover's back.
"""

import pytest
from django.db import IntegrityError, OperationalError

from base.locks import lock_row
from distribution.models import Binding, Distributor, Recruitment
from distribution.programme import people
from distribution.programme.people import appoint
from distribution.referral import handovers
from distribution.referral.handovers import Group, hand_over
from distribution.referral.relations import CannotRelate, bind_by_link, reassign_recruiter
from tests.concurrency.meanwhile import Other, meanwhile, without_locks
from tests.make import START, make_distributor, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def join_meanwhile(monkeypatch: pytest.MonkeyPatch) -> tuple[Other, Distributor]:
    """A customer is made a distributor when the handover has locked its two distributors."""
    giver, taker = make_distributor(name="甲"), make_distributor(name="乙")
    member, merchant = make_user(), make_user()
    bind_by_link(member, giver, at=START)
    other = meanwhile(
        monkeypatch, handovers, "lock_chains", lambda: appoint(member, by=None, reason="test")
    )
    hand_over(giver, taker, [Group.CUSTOMERS], by=merchant, reason="test")
    return other, taker


def test_who_joins_waits_and_is_the_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    other, taker = join_meanwhile(monkeypatch)
    joined = other.outcome()
    assert other.had_to_wait
    assert [row.distributor for row in Binding.objects.filter(ends_at=None)] == [taker]
    assert [(row.distributor, row.recruiter) for row in Recruitment.objects.all()] == [
        (joined, taker)
    ]


def admit_first(monkeypatch: pytest.MonkeyPatch) -> Other:
    """The handover comes when the new one is about to ask whether there is room for them."""
    giver, taker = make_distributor(name="甲"), make_distributor(name="乙")
    member, merchant = make_user(), make_user()
    bind_by_link(member, giver, at=START)
    other = meanwhile(
        monkeypatch,
        people,
        "takes_one_more",
        lambda: hand_over(giver, taker, [Group.CUSTOMERS], by=merchant, reason="test"),
    )
    appoint(member, by=None, reason="test")
    return other


def test_a_handover_waits_for_who_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    other = admit_first(monkeypatch)
    assert other.outcome().customers == 1
    assert other.had_to_wait
    assert [row.recruiter.user.name for row in Recruitment.objects.all()] == ["甲"]


def test_control_who_locked_the_recruiter_waited_in_a_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the giver locked before its customers, and the recruiter's row after the member's."""
    ours, real = people.takes_one_more, handovers.lock_rows

    def with_their_row(recruiter: Distributor, **values: object) -> bool:
        lock_row(Distributor.objects.filter(pk=recruiter.pk))
        return ours(recruiter, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(people, "takes_one_more", with_their_row)
    first: list[Distributor] = []

    def distributors_first(rows: object) -> object:
        if not first:
            first.extend(real(Distributor.objects.all()))
        return real(rows)  # type: ignore[arg-type]

    monkeypatch.setattr(handovers, "lock_rows", distributors_first)
    with pytest.raises(OperationalError, match="deadlock"):  # one of the two, as it falls
        outcome = admit_first(monkeypatch).outcome()
        if isinstance(outcome, Exception):
            raise outcome


class TestSomebodyIsTakenOutMeanwhile:
    """The merchant lets a recruit go who is being handed over."""

    def let_go(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        giver, taker, merchant = make_distributor(), make_distributor(name="乙"), make_user()
        recruit = make_distributor(recruiter=giver)
        other = meanwhile(
            monkeypatch,
            handovers,
            "record_audit",
            lambda: reassign_recruiter(recruit, None, by=merchant, reason="test"),
        )
        hand_over(giver, taker, [Group.RECRUITS], by=merchant, reason="test")
        return other

    def test_what_the_merchant_did_last_holds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.let_go(monkeypatch)
        assert other.outcome() is None and other.had_to_wait
        assert not Recruitment.objects.filter(ends_at=None).exists()

    def test_control_without_locks_only_the_exclusion_constraint_is_left(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, handovers)
        outcome = self.let_go(monkeypatch).outcome()
        assert isinstance(outcome, IntegrityError)
        assert "one_recruiter_at_a_time" in str(outcome)


class TestALoopBehindTheHandover:
    """Whoever is above the taker is put under somebody who is being handed over to the taker."""

    def close_it(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        giver, above, merchant = make_distributor(), make_distributor(), make_user()
        taker, recruit = make_distributor(recruiter=above), make_distributor(recruiter=giver)
        other = meanwhile(
            monkeypatch,
            handovers,
            "record_audit",
            lambda: reassign_recruiter(above, recruit, by=merchant, reason="test"),
        )
        hand_over(giver, taker, [Group.RECRUITS], by=merchant, reason="test")
        return other

    def test_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.close_it(monkeypatch)
        assert isinstance(other.outcome(), CannotRelate) and other.had_to_wait
        assert Recruitment.objects.filter(ends_at=None).count() == 2

    def test_control_without_the_chains_they_recruit_each_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(handovers, "lock_chains", lambda people: None)
        assert isinstance(self.close_it(monkeypatch).outcome(), Recruitment)
        assert Recruitment.objects.filter(ends_at=None).count() == 3
