"""Publishing the same draft, or two that change the same rule, at the same moment."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from base.errors import DomainError
from distribution import policy, rules
from distribution.editor import change_sets
from distribution.editor.change_sets import (
    StaleDraft,
    create_change_set,
    discard_change_set,
    draft_addition,
    draft_change,
    draft_policy,
    drop_draft_change,
    edit_draft_change,
    publish_change_set,
    renew_change_set,
)
from distribution.editor.dry_runs import carry_out, request_dry_run
from distribution.models import ChangeSet, DryRun, Policy, Rule, RuleChange
from distribution.policy import current_policy, publish_policy
from distribution.rules import StaleRule, change_rule
from distribution.states import ChangeSetState
from tests.concurrency.meanwhile import meanwhile, without_locks
from tests.concurrency.racing import race
from tests.make import START, make_rule

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal


@pytest.fixture
def draft() -> ChangeSet:
    made = create_change_set(by=None, name="双十二")
    draft_addition(made, by=None, scope="shop", rate1=D("0.1"))
    return made


class TestPublishingTwice:
    def test_makes_each_rule_once(self, draft: ChangeSet, monkeypatch: pytest.MonkeyPatch) -> None:
        def publish() -> ChangeSet:
            return publish_change_set(draft, by=None, reason="x")

        other = meanwhile(monkeypatch, change_sets, "_staleness", publish)
        ours = publish()
        assert other.outcome().published_at == ours.published_at
        assert other.had_to_wait
        assert Rule.objects.count() == 1

    def test_control_without_the_lock_there_are_two(
        self, draft: ChangeSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, change_sets)

        def publish() -> ChangeSet:
            return publish_change_set(draft, by=None, reason="x")

        other = meanwhile(monkeypatch, change_sets, "_staleness", publish)
        publish()
        assert other.outcome().state == ChangeSetState.PUBLISHED
        assert Rule.objects.count() == 2


ACTS: dict[str, Callable[[RuleChange], object]] = {
    "add": lambda one: draft_addition(one.change_set, by=None, scope="shop", rate2=D("0.01")),
    "edit": lambda one: edit_draft_change(one, by=None, rate1=D("0.9")),
    "drop": lambda one: drop_draft_change(one, by=None),
    "policy": lambda one: draft_policy(one.change_set, by=None, margin_guard=True),
    "renew": lambda one: renew_change_set(one.change_set, by=None),
    "discard": lambda one: discard_change_set(one.change_set, by=None, reason="x"),
}


class TestDraftingWhileItIsPublished:
    """What was published stays what is written down of it."""

    @pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
    def test_comes_too_late(
        self,
        draft: ChangeSet,
        act: Callable[[RuleChange], object],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        change = draft.changes.get()
        other = meanwhile(monkeypatch, change_sets, "_publish", lambda: act(change))
        published = publish_change_set(draft, by=None, reason="x")
        assert isinstance(other.outcome(), DomainError) and other.had_to_wait
        assert ChangeSet.objects.get() == published
        assert [one.rate1 for one in published.changes.all()] == [D("0.1")]

    def test_control_without_the_lock_another_rate_is_written_down(
        self, draft: ChangeSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch, change_sets)
        change = draft.changes.get()
        other = meanwhile(monkeypatch, change_sets, "_publish", lambda: ACTS["edit"](change))
        published = publish_change_set(draft, by=None, reason="x")
        assert isinstance(other.outcome(), RuleChange)
        assert [one.rate1 for one in published.changes.all()] == [D("0.9")]
        assert Rule.objects.get().rate1 == D("0.1")


class TestTwoDraftsOfOneRule:
    @pytest.fixture
    def drafts(self) -> list[ChangeSet]:
        rule = make_rule("0.10", "0.05")
        made = [create_change_set(by=None, name=name) for name in ("一", "二")]
        for number, one in enumerate(made, start=2):
            draft_addition(one, by=None, scope="shop", rate2=D("0.01"))
            draft_change(one, rule, by=None, rate1=D(number) / 10)
        return made

    def test_only_one_goes_live_and_the_other_stays_whole(self, drafts: list[ChangeSet]) -> None:
        acts = [lambda one=one: publish_change_set(one, by=None, reason="x") for one in drafts]
        outcomes = race(acts)
        refused = [o for o in outcomes if isinstance(o, StaleDraft | StaleRule)]
        assert len(refused) == 1
        states = sorted(one.state for one in ChangeSet.objects.all())
        assert states == [ChangeSetState.DRAFT, ChangeSetState.PUBLISHED]
        assert Rule.objects.count() == 3

    def test_a_rule_changed_in_between_is_noticed_under_its_lock(
        self, drafts: list[ChangeSet], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rule = Rule.objects.get(rate1=D("0.10"))
        other = meanwhile(
            monkeypatch, change_sets, "_publish", lambda: change_rule(rule, by=None, rate2=D("0.2"))
        )
        with pytest.raises(StaleRule):
            publish_change_set(drafts[0], by=None, reason="x")
        assert other.outcome().rate2 == D("0.2")
        assert Rule.objects.count() == 2
        assert ChangeSet.objects.get(pk=drafts[0].pk).state == ChangeSetState.DRAFT

    def test_control_without_the_lock_only_a_constraint_is_left(
        self, drafts: list[ChangeSet], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rule = Rule.objects.get(rate1=D("0.10"))
        without_locks(monkeypatch, rules)
        other = meanwhile(
            monkeypatch, rules, "content_of", lambda: change_rule(rule, by=None, rate2=D("0.2"))
        )
        assert change_rule(rule, by=None, rate1=D("0.3")).rate1 == D("0.3")
        theirs = other.outcome()
        assert isinstance(theirs, ValidationError)
        assert "rule_replaced_once" in str(theirs)


class TestTwoPolicyChanges:
    def test_none_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = meanwhile(
            monkeypatch, policy, "policy_values", lambda: publish_policy(by=None, margin_guard=True)
        )
        publish_policy(by=None, cap_rate=D("0.3"))
        assert other.outcome().margin_guard
        assert other.had_to_wait
        assert (current_policy().cap_rate, current_policy().margin_guard) == (D("0.3"), True)

    def test_control_without_the_lock_one_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        without_locks(monkeypatch, policy)
        other = meanwhile(
            monkeypatch, policy, "policy_values", lambda: publish_policy(by=None, margin_guard=True)
        )
        publish_policy(by=None, cap_rate=D("0.3"))
        assert other.outcome().margin_guard
        newest = Policy.objects.order_by("-pk")[:2]
        assert {(p.cap_rate, p.margin_guard) for p in newest} == {
            (D("0.3"), False),
            (D("0.5"), True),
        }


def test_a_dry_run_is_carried_out_by_one(draft: ChangeSet) -> None:
    draft.refresh_from_db()
    day = START.date()
    asked = race([lambda: request_dry_run(draft, day, day, by=None)] * 3)
    assert asked == [DryRun.objects.get()] * 3
    done = race([lambda: carry_out(asked[0].pk)] * 3)
    assert sorted(one is None for one in done) == [False, True, True]
