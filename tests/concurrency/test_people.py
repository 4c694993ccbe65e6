"""Joining, being banned and being bound at the same moment; each with the harm a lock prevents."""

import pytest
from django.db import IntegrityError

from base.errors import WrongState
from distribution.models import Binding, Distributor, Standing, Tier
from distribution.programme import people
from distribution.programme.people import (
    appoint,
    approve,
    join,
    resign,
    set_status,
    set_tier,
    withdraw_application,
)
from distribution.referral import relations
from distribution.referral.relations import bind_by_link, reassign_customer
from distribution.states import Status
from tests.buying import DAY, NOON
from tests.concurrency.meanwhile import Other, meanwhile, without_locks
from tests.concurrency.racing import race
from tests.make import START, make_distributor, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class TestJoiningTwice:
    def test_makes_one_distributor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user = make_user()
        other = meanwhile(monkeypatch, people, "policy_at", lambda: join(user, at=NOON))
        ours = join(user, at=NOON)
        assert other.outcome() == ours
        assert other.had_to_wait
        assert Standing.objects.count() == 1

    def test_control_without_locks_only_a_constraint_is_left(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = make_user()
        without_locks(monkeypatch, people)
        other = meanwhile(monkeypatch, people, "policy_at", lambda: join(user, at=NOON))
        with pytest.raises(IntegrityError):
            join(user, at=NOON)
        assert isinstance(other.outcome(), Distributor)

    def test_approving_twice_recruits_once(self) -> None:
        recruiter, user = make_distributor(), make_user()
        bind_by_link(user, recruiter, at=START)
        applicant = join(user, at=NOON)
        acts = [lambda: approve(applicant, by=None, at=NOON)] * 3
        acts.append(lambda: appoint(user, by=None, reason="test", at=NOON))
        assert race(acts) == [applicant] * 4
        assert applicant.recruitments.count() == 1
        assert Standing.objects.filter(distributor=applicant).count() == 2


class TestAppointingWhileBanning:
    """Somebody who resigned is taken in again while somebody else bans them: a ban is final."""

    @pytest.fixture
    def resigned(self) -> Distributor:
        distributor = make_distributor()
        return set_status(distributor, Status.RESIGNED, by=None, reason="test", at=NOON)

    def test_the_ban_stands(self, resigned: Distributor, monkeypatch: pytest.MonkeyPatch) -> None:
        other = meanwhile(
            monkeypatch,
            people,
            "_admit",
            lambda: set_status(resigned, Status.BANNED, by=None, reason="刷单", at=NOON + DAY),
        )
        appoint(resigned.user, by=None, reason="test", at=NOON + DAY)
        assert other.outcome().status == Status.BANNED
        assert other.had_to_wait
        assert Distributor.objects.get(pk=resigned.pk).status == Status.BANNED

    def test_control_without_locks_the_banned_one_is_approved(
        self, resigned: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, people)
        other = meanwhile(
            monkeypatch,
            people,
            "_admit",
            lambda: set_status(resigned, Status.BANNED, by=None, reason="刷单", at=NOON + DAY),
        )
        appoint(resigned.user, by=None, reason="test", at=NOON + DAY)
        assert other.outcome().status == Status.BANNED
        assert Distributor.objects.get(pk=resigned.pk).status == Status.APPROVED


class TestTierWhileFreezing:
    def test_neither_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        distributor, gold = make_distributor(), Tier.objects.get(code="gold")
        other = meanwhile(
            monkeypatch,
            people,
            "_keep_standing",
            lambda: set_status(distributor, Status.FROZEN, by=None, reason="test", at=NOON),
        )
        set_tier(distributor, gold, by=None, at=NOON)
        assert other.outcome().status == Status.FROZEN
        assert other.had_to_wait
        distributor.refresh_from_db()
        assert (distributor.status, distributor.tier) == (Status.FROZEN, gold)

    def test_control_without_locks_the_freeze_is_lost(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        distributor, gold = make_distributor(), Tier.objects.get(code="gold")
        without_locks(monkeypatch, people)
        other = meanwhile(
            monkeypatch,
            people,
            "_keep_standing",
            lambda: set_status(distributor, Status.FROZEN, by=None, reason="test", at=NOON),
        )
        set_tier(distributor, gold, by=None, at=NOON)
        assert other.outcome().status == Status.FROZEN
        distributor.refresh_from_db()
        assert (distributor.status, distributor.tier) == (Status.APPROVED, gold)


class TestLeavingWhileTheMerchantDecides:
    """Nobody goes by a door that has just been shut."""

    def withdraw(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        applicant = join(make_user(), at=NOON)
        other = meanwhile(
            monkeypatch, people, "_admit", lambda: withdraw_application(applicant, at=NOON)
        )
        approve(applicant, by=None, at=NOON)
        return other

    def resign(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        distributor = make_distributor()
        other = meanwhile(monkeypatch, people, "_stand", lambda: resign(distributor, at=NOON))
        set_status(distributor, Status.FROZEN, by=None, reason="test", at=NOON)
        return other

    def test_who_was_admitted_has_no_application_to_withdraw(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = self.withdraw(monkeypatch)
        assert isinstance(other.outcome(), WrongState) and other.had_to_wait
        assert Distributor.objects.get().status == Status.APPROVED

    def test_control_without_locks_the_admitted_one_is_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, people)
        assert isinstance(self.withdraw(monkeypatch).outcome(), Distributor)
        assert Standing.objects.filter(status=Status.WITHDRAWN).exists()

    def test_who_was_frozen_does_not_resign(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.resign(monkeypatch)
        assert isinstance(other.outcome(), WrongState) and other.had_to_wait
        assert Distributor.objects.get().status == Status.FROZEN

    def test_control_without_locks_they_are_out_with_what_was_frozen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, people)
        assert isinstance(self.resign(monkeypatch).outcome(), Distributor)
        assert Standing.objects.filter(status=Status.RESIGNED).exists()


class TestBindingTwice:
    def test_the_first_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second, customer = make_distributor(), make_distributor(), make_user()
        other = meanwhile(
            monkeypatch, Binding.objects, "create", lambda: bind_by_link(customer, second, at=NOON)
        )
        ours = bind_by_link(customer, first, at=NOON)
        assert other.outcome() is None
        assert other.had_to_wait
        assert Binding.objects.get() == ours

    def test_control_without_locks_only_the_exclusion_constraint_is_left(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second, customer = make_distributor(), make_distributor(), make_user()
        without_locks(monkeypatch, relations)
        other = meanwhile(
            monkeypatch, Binding.objects, "create", lambda: bind_by_link(customer, second, at=NOON)
        )
        with pytest.raises(IntegrityError, match="one_binding_at_a_time"):
            bind_by_link(customer, first, at=NOON)
        assert Binding.objects.get() == other.outcome()

    def test_by_link_and_by_the_merchant_at_once(self) -> None:
        customer, merchant = make_user(), make_user()
        distributors = [make_distributor() for _ in range(4)]
        acts = [
            *(lambda one=one: bind_by_link(customer, one, at=NOON) for one in distributors),
            lambda: reassign_customer(
                customer, distributors[0], by=merchant, reason="test", at=NOON + DAY
            ),
        ]
        assert [one for one in race(acts) if isinstance(one, Exception)] == []
        latest = Binding.objects.latest("starts_at")
        assert (latest.distributor, latest.ends_at) == (distributors[0], None)
        assert Binding.objects.count() in (1, 2)
