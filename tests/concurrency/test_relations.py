"""The same word twice at once, and many first orders together; each with the harm."""

from uuid import uuid4

import pytest
from django.db import OperationalError, transaction

from distribution.models import Binding, Policy, Recruitment, Trace
from distribution.policy import publish_policy
from distribution.referral import recognition, relations
from distribution.referral.recognition import bind_first_orders, recognise
from distribution.referral.relations import bind_by_link, reassign_recruiter
from distribution.referral.traces import Sign
from orders.models import OrderEvent
from tests.buying import DAY, MINUTE, NOON
from tests.concurrency.meanwhile import Other, meanwhile, without_locks
from tests.make import START, make_distributor, make_order, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class TestOneRecruiterGivenTwice:
    def give_twice(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        distributor, recruiter, merchant = make_distributor(), make_distributor(), make_user()
        other = meanwhile(
            monkeypatch,
            relations,
            "require_relatable",
            lambda: reassign_recruiter(distributor, recruiter, by=merchant, reason="x", at=NOON),
        )
        at = NOON + MINUTE
        reassign_recruiter(distributor, recruiter, by=merchant, reason="x", at=at)
        return other

    def test_is_given_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.give_twice(monkeypatch)
        other.outcome()
        assert other.had_to_wait
        assert [row.starts_at for row in Recruitment.objects.all()] == [NOON + MINUTE]

    def test_control_without_locks_it_is_given_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        without_locks(monkeypatch, relations)
        self.give_twice(monkeypatch).outcome()
        assert Recruitment.objects.count() == 2
        assert Trace.objects.filter(kind="recruiter").count() == 2


class TestOneCookieInTwoTabs:
    def come_twice(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        publish_policy(by=None, at=START, binding_moment=Policy.BindingMoment.FIRST_ORDER)
        member = make_user()
        sign = Sign(make_distributor(), NOON, visitor=uuid4())
        other = meanwhile(
            monkeypatch, Trace, "save", lambda: recognise(member, [sign], at=NOON + MINUTE)
        )
        recognise(member, [sign], at=NOON + MINUTE)
        return other

    def test_is_one_sign(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.come_twice(monkeypatch)
        assert other.outcome() is None and other.had_to_wait
        assert [row.decision for row in Trace.objects.filter(kind="click")] == ["waiting"]

    def test_control_without_locks_it_is_written_twice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, recognition)
        assert self.come_twice(monkeypatch).outcome() is None
        assert Trace.objects.filter(kind="click").count() == 2


class TestFirstOrdersTogether:
    """Two distributors' first orders are handled at once while the second follows a link."""

    def bind_both(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        publish_policy(by=None, at=START, binding_moment=Policy.BindingMoment.FIRST_ORDER)
        star, members = make_distributor(), [make_distributor().user for _ in range(2)]
        orders = [make_order(member, at=NOON + DAY) for member in members]
        for member in members:
            recognise(member, [Sign(star, NOON)], at=NOON)
        other = meanwhile(
            monkeypatch,
            relations,
            "record_verdict",
            lambda: bind_by_link(members[1], star, at=NOON + DAY),
        )
        with transaction.atomic():
            bind_first_orders([OrderEvent(order=order, at=NOON + DAY) for order in orders])
        return other

    def test_nobody_waits_in_a_circle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.bind_both(monkeypatch)
        assert other.outcome() is None and other.had_to_wait
        assert Binding.objects.count() == 2

    def test_control_each_locked_when_its_turn_came(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recognition, "lock_rows", list)
        with pytest.raises(OperationalError, match="deadlock"):  # one of the two, as it falls
            outcome = self.bind_both(monkeypatch).outcome()
            if isinstance(outcome, Exception):
                raise outcome
