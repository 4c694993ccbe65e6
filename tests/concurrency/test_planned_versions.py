"""Planned versions are cancelled and kept while somebody plans on: one word holds at any time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from base.models import AuditEntry
from distribution import policy, rules
from distribution.models import Rule
from distribution.policy import cancel_policy, publish_policy
from distribution.rules import StaleRule, cancel_rule, change_rule, end_rule, keep_rule
from tests.concurrency.meanwhile import Other, meanwhile, without_locks
from tests.make import make_rule, make_user

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal
DAYS = timedelta(days=1)


def open_rates() -> list[Decimal | None]:
    return list(
        Rule.objects.filter(valid_to=None).order_by("rate1").values_list("rate1", flat=True)
    )


class TestCancellingWhatSomebodyPlansOn:
    def plan_on(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        soon = timezone.now() + 3 * DAYS
        planned = change_rule(make_rule("0.10"), by=None, at=soon, rate1=D("0.20"))
        other = meanwhile(
            monkeypatch, rules, "content_of", lambda: cancel_rule(planned, by=None, reason="x")
        )
        change_rule(planned, by=None, at=soon + DAYS, rate1=D("0.30"))
        return other

    def test_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.plan_on(monkeypatch)
        assert isinstance(other.outcome(), StaleRule) and other.had_to_wait
        assert open_rates() == [D("0.30")]

    def test_control_without_locks_two_rules_hold_for_ever(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, rules)
        assert isinstance(self.plan_on(monkeypatch).outcome(), Rule)
        assert open_rates() == [D("0.10"), D("0.30")]


class TestKeepingTwice:
    """One of two who keep a rule changes it right away."""

    def keep_and_change(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        rule, merchant = make_rule("0.10"), make_user()
        end_rule(rule, by=merchant, at=timezone.now() + DAYS)

        def keep_then_change() -> Rule:
            return change_rule(keep_rule(rule, by=merchant), by=merchant, rate1=D("0.30"))

        other = meanwhile(monkeypatch, rules, "_reopen", keep_then_change)
        keep_rule(rule, by=merchant)
        return other

    def test_what_was_changed_stays_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.keep_and_change(monkeypatch)
        assert isinstance(other.outcome(), Rule) and other.had_to_wait
        assert open_rates() == [D("0.30")]

    def test_control_without_locks_both_hold(self, monkeypatch: pytest.MonkeyPatch) -> None:
        without_locks(monkeypatch, rules)
        assert isinstance(self.keep_and_change(monkeypatch).outcome(), Rule)
        assert open_rates() == [D("0.10"), D("0.30")]


class TestCancellingAPolicyTwice:
    def cancel_twice(self, monkeypatch: pytest.MonkeyPatch) -> Other:
        planned = publish_policy(by=None, at=timezone.now() + DAYS, cap_rate=D("0.3"))
        other = meanwhile(
            monkeypatch, policy, "record_audit", lambda: cancel_policy(planned, by=None)
        )
        cancel_policy(planned, by=None)
        return other

    def test_is_written_down_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.cancel_twice(monkeypatch)
        assert other.outcome().cancelled_at is not None and other.had_to_wait
        assert AuditEntry.objects.filter(action="cancel_policy").count() == 1

    def test_control_without_locks_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        without_locks(monkeypatch, policy)
        self.cancel_twice(monkeypatch).outcome()
        assert AuditEntry.objects.filter(action="cancel_policy").count() == 2
