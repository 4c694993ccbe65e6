"""Drafts: nothing is live until published, then all of it or nothing, once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from base.accounts.models import User
from base.audit import AuditEntry
from base.errors import DomainError, WrongState
from distribution.editor import change_sets
from distribution.editor.change_sets import (
    DraftEdited,
    StaleDraft,
    create_change_set,
    discard_change_set,
    draft_addition,
    draft_change,
    draft_end,
    draft_policy,
    drop_draft_change,
    edit_draft_change,
    proposed_policy,
    proposed_rules,
    publish_change_set,
    renew_change_set,
    staleness,
    withdraw_change_set,
)
from distribution.models import ChangeSet, Policy, Rule, RuleChange
from distribution.policy import current_policy, publish_policy
from distribution.rules import cancel_rule, change_rule, end_rule, rules_in_force
from distribution.states import ChangeSetState
from tests.make import make_chain, make_order, make_rule, make_user, make_variant

pytestmark = pytest.mark.django_db

D = Decimal
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def owner() -> User:
    return make_user("店主")


@pytest.fixture
def draft(owner: User) -> ChangeSet:
    return create_change_set(by=owner, name="双十二")


def live() -> list[tuple[str, Decimal | None, Decimal | None]]:
    rules = rules_in_force(timezone.now()).order_by("pk")
    return [(rule.scope, rule.rate1, rule.rate2) for rule in rules]


def test_nothing_is_live_until_it_is_published(draft: ChangeSet, owner: User) -> None:
    kept, changed, ended = make_rule("0.10", "0.05"), make_rule("0.11", None), make_rule()
    product = make_variant().product
    rows, policy = live(), current_policy()
    draft_change(draft, changed, by=owner, rate1=D("0.12"))
    draft_end(draft, ended, by=owner)
    draft_addition(draft, by=owner, scope="product", product=product, rate1=D("0.3"))
    draft_policy(draft, by=owner, cap_rate=D("0.4"), margin_guard=True)
    assert live() == rows
    assert current_policy() == policy
    published = publish_change_set(draft, by=owner, reason="年底活动")
    assert live() == [
        ("shop", kept.rate1, kept.rate2),
        ("shop", D("0.12"), None),
        ("product", D("0.3"), None),
    ]
    now = current_policy()
    assert (now.cap_rate, now.margin_guard, now.maturity_days) == (D("0.4"), True, 7)
    assert (published.policy, published.published_by, published.reason) == (now, owner, "年底活动")
    ended.refresh_from_db()
    results = [change.result for change in published.changes.order_by("pk")]
    assert results == [changed.successors.get(), ended, Rule.objects.get(product=product)]
    assert {rule.valid_from for rule in results if rule != ended} | {ended.valid_to} == {
        published.effective_at
    }


def test_publishing_twice_does_nothing(draft: ChangeSet, owner: User) -> None:
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.1"))
    first = publish_change_set(draft, by=owner, reason="一")
    again = publish_change_set(draft, by=owner, reason="二")
    assert (again.reason, again.published_at) == ("一", first.published_at)
    assert Rule.objects.count() == 1
    assert AuditEntry.objects.filter(action="publish_draft").count() == 1


def test_at_a_time_all_of_it_begins_together(draft: ChangeSet, owner: User) -> None:
    chain, soon = make_chain(), timezone.now() + timedelta(days=2)
    rule = make_rule("0.10", "0.05")
    draft_change(draft, rule, by=owner, rate1=D("0.20"))
    draft_policy(draft, by=owner, two_levels=False)
    publish_change_set(draft, by=owner, reason="活动", at=soon)

    def placed(at: datetime) -> list[tuple[int, Decimal | None]]:
        order = make_order(chain.c, at=at)
        return [(row.level, row.rate) for row in order.lines.get().terms.order_by("level")]

    assert placed(soon - MOMENT) == [(1, D("0.10")), (2, D("0.05"))]
    assert placed(soon) == [(1, D("0.20"))]


def test_withdrawn_before_it_begins_it_is_a_draft_again(draft: ChangeSet, owner: User) -> None:
    soon = timezone.now() + timedelta(days=2)
    changed, ended = make_rule("0.10", "0.05"), make_rule("0.01", None)
    draft_change(draft, changed, by=owner, rate1=D("0.20"))
    draft_end(draft, ended, by=owner)
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.3"))
    draft_policy(draft, by=owner, cap_rate=D("0.4"))
    publish_change_set(draft, by=owner, reason="活动", at=soon)
    back = withdraw_change_set(draft, by=owner, reason="推迟")
    withdraw_change_set(draft, by=owner, reason="推迟")
    assert (back.state, back.policy, back.effective_at) == (ChangeSetState.DRAFT, None, None)
    assert list(rules_in_force(soon + MOMENT).order_by("pk")) == [changed, ended]
    assert current_policy() == Policy.objects.get(cancelled_at=None)
    assert staleness(back) == []
    published = publish_change_set(back, by=owner, reason="现在")
    assert [change.kind for change in published.changes.all()] == ["change", "end", "add"]
    assert live() == [("shop", D("0.20"), D("0.05")), ("shop", D("0.3"), None)]
    with pytest.raises(DomainError, match="不能撤回"):
        withdraw_change_set(published, by=owner, reason="晚了")


@pytest.mark.parametrize("act", [lambda r: change_rule(r, by=None, rate1=D("0.5")), lambda r: end_rule(r, by=None)])  # fmt: skip
def test_a_stale_draft_is_refused_whole(draft: ChangeSet, owner: User, act: Any) -> None:
    rule = make_rule("0.10", "0.05")
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.3"))
    draft_change(draft, rule, by=owner, rate1=D("0.20"))
    act(rule)
    rows = live()
    (stale,) = staleness(draft)
    assert (stale.change, f"规则 #{rule.pk}" in stale.why) == (draft.changes.get(rule=rule), True)
    with pytest.raises(StaleDraft, match=f"规则 #{rule.pk}"):
        publish_change_set(draft, by=owner, reason="活动")
    draft.refresh_from_db()
    assert (draft.state, live()) == (ChangeSetState.DRAFT, rows)
    drop_draft_change(stale.change, by=owner)
    publish_change_set(draft, by=owner, reason="活动")
    assert ("shop", D("0.3"), None) in live()


def test_a_policy_that_moved_makes_the_draft_stale(draft: ChangeSet, owner: User) -> None:
    draft_policy(draft, by=owner, cap_rate=D("0.4"))
    publish_policy(by=None, margin_guard=True)
    with pytest.raises(StaleDraft, match="分销政策"):
        publish_change_set(draft, by=owner, reason="活动")
    assert current_policy().cap_rate == D("0.5")
    draft_policy(draft, by=owner, cap_rate=D("0.4"))
    publish_change_set(draft, by=owner, reason="活动")
    assert (current_policy().cap_rate, current_policy().margin_guard) == (D("0.4"), True)


def test_a_failure_in_the_middle_publishes_nothing(
    draft: ChangeSet, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.3"))
    draft_policy(draft, by=owner, cap_rate=D("0.4"))

    def fail(**values: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(change_sets, "publish_policy", fail)
    with pytest.raises(RuntimeError):
        publish_change_set(draft, by=owner, reason="活动")
    draft.refresh_from_db()
    assert (draft.state, live(), Policy.objects.count()) == (ChangeSetState.DRAFT, [], 1)


def test_what_cannot_be_published(draft: ChangeSet, owner: User) -> None:
    with pytest.raises(DomainError, match="空的"):
        publish_change_set(draft, by=owner, reason="x")
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.3"))
    with pytest.raises(DomainError, match="原因"):
        publish_change_set(draft, by=owner, reason=" ")
    with pytest.raises(DomainError, match="过去"):
        publish_change_set(draft, by=owner, reason="x", at=timezone.now() - timedelta(hours=1))
    assert live() == []
    discard_change_set(draft, by=owner, reason="不做了")
    discard_change_set(draft, by=owner, reason="不做了")
    with pytest.raises(WrongState):
        publish_change_set(draft, by=owner, reason="x")
    assert live() == []


def test_a_published_draft_is_not_edited(draft: ChangeSet, owner: User) -> None:
    change = draft_addition(draft, by=owner, scope="shop", rate1=D("0.3"))
    rule = publish_change_set(draft, by=owner, reason="x").changes.get().result
    assert rule is not None
    acts = [
        lambda: draft_addition(draft, by=owner, scope="shop", rate1=D("0.4")),
        lambda: draft_end(draft, rule, by=owner),
        lambda: draft_policy(draft, by=owner, cap_rate=D("0.1")),
        lambda: edit_draft_change(change, by=owner, rate1=D("0.9")),
        lambda: drop_draft_change(change, by=owner),
    ]
    for act in acts:
        with pytest.raises(DomainError, match="不能再修改"):
            act()
    draft.refresh_from_db()
    assert (draft.cap_rate, RuleChange.objects.get().rate1) == (None, D("0.3"))
    with pytest.raises(WrongState):
        discard_change_set(draft, by=owner, reason="x")


def test_a_rule_stands_in_a_draft_once(draft: ChangeSet, owner: User) -> None:
    rule = make_rule("0.10", "0.05")
    draft_change(draft, rule, by=owner, rate1=D("0.20"))
    draft_end(draft, rule, by=owner)
    assert [change.kind for change in draft.changes.all()] == ["end"]
    with pytest.raises(DomainError, match="没有内容可改"):
        edit_draft_change(draft.changes.get(), by=owner, rate1=D("0.3"))
    draft_change(draft, rule, by=owner, rate1=D("0.30"))
    change = edit_draft_change(draft.changes.get(), by=owner, rate2=D("0.01"))
    assert (change.rate1, change.rate2, change.rule) == (D("0.30"), D("0.01"), rule)
    draft.refresh_from_db()
    assert draft.revision == 5


def test_a_draft_of_nonsense_is_refused(draft: ChangeSet, owner: User) -> None:
    rule = make_rule("0.10", "0.05")
    with pytest.raises(ValidationError):
        draft_change(draft, rule, by=owner, rate1=D("1.5"))
    with pytest.raises(ValidationError):
        draft_policy(draft, by=owner, cap_rate=D("1.5"))
    end_rule(rule, by=None)
    with pytest.raises(StaleDraft):
        draft_change(draft, rule, by=owner, rate1=D("0.2"))
    draft.refresh_from_db()
    assert (draft.revision, draft.changes.count(), draft.policy_changes) == (1, 0, {})


def test_what_is_in_force_anyway_changes_nothing(draft: ChangeSet, owner: User) -> None:
    draft_policy(draft, by=owner, cap_rate=D("0.5"), self_purchase=True, margin_guard=False)
    draft.refresh_from_db()
    assert draft.policy_changes == {"self_purchase": True}
    assert proposed_policy(draft).self_purchase
    draft_policy(draft, by=owner)
    draft.refresh_from_db()
    assert (draft.policy_changes, draft.base_policy) == ({}, None)


def test_the_proposal_is_what_publishing_makes(draft: ChangeSet, owner: User) -> None:
    make_rule("0.10", "0.05")
    changed, ended = make_rule("0.11", None), make_rule("0.12", None)
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.3"))
    draft_change(draft, changed, by=owner, rate1=D("0.20"))
    draft_end(draft, ended, by=owner)
    proposal = proposed_rules(draft, timezone.now())
    proposed = [(rule.scope, rule.rate1, rule.rate2) for rule in proposal]
    publish_change_set(draft, by=owner, reason="x")
    assert live() == proposed == [("shop", D("0.10"), D("0.05")), ("shop", D("0.3"), None), ("shop", D("0.20"), None)]  # fmt: skip


def test_every_step_is_in_the_audit_log(draft: ChangeSet, owner: User) -> None:
    change = draft_addition(draft, by=owner, scope="shop", rate1=D("0.3"))
    edit_draft_change(change, by=owner, rate1=D("0.4"))
    drop_draft_change(change, by=owner)
    drop_draft_change(change, by=owner)
    draft_policy(draft, by=owner, cap_rate=D("0.4"))
    soon = timezone.now() + timedelta(days=1)
    publish_change_set(draft, by=owner, reason="活动", at=soon)
    withdraw_change_set(draft, by=owner, reason="推迟")
    discard_change_set(draft, by=owner, reason="不做了")
    entries = AuditEntry.objects.filter(target_type="distribution.changeset").order_by("pk")
    assert [(entry.action, entry.actor, entry.reason) for entry in entries] == [
        ("create_draft", owner, ""),
        ("draft_rule", owner, ""),
        ("draft_rule", owner, ""),
        ("drop_draft_rule", owner, ""),
        ("draft_policy", owner, ""),
        ("publish_draft", owner, "活动"),
        ("withdraw_draft", owner, "推迟"),
        ("discard_draft", owner, "不做了"),
    ]


class TestRenewing:
    """A stale draft keeps what it meant, on the newest version."""

    def test_keeps_what_was_meant_and_takes_the_rest_from_the_newest(
        self, draft: ChangeSet, owner: User
    ) -> None:
        rule = make_rule("0.10", "0.05")
        draft_change(draft, rule, by=owner, rate1=D("0.20"))
        newest = change_rule(change_rule(rule, by=None, rate2=D("0.06")), by=None, min_quantity=2)
        renewed = renew_change_set(draft, by=owner)
        assert staleness(renewed) == []
        publish_change_set(renewed, by=owner, reason="x")
        assert live() == [("shop", D("0.20"), D("0.06"))]
        result = Rule.objects.get(valid_to=None)
        assert (result.replaces, result.min_quantity) == (newest, 2)

    def test_a_rate_that_became_an_amount_gives_way_as_a_whole(
        self, draft: ChangeSet, owner: User
    ) -> None:
        rule = make_rule("0.10", "0.05")
        draft_change(draft, rule, by=owner, rate1=D("0.20"))
        change_rule(rule, by=None, rate1=None, amount1=D("3.00"))
        renew_change_set(draft, by=owner)
        change = draft.changes.get()
        assert (change.rate1, change.amount1) == (D("0.20"), None)

    def test_what_is_said_already_leaves_the_draft(self, draft: ChangeSet, owner: User) -> None:
        rule = make_rule("0.10", "0.05")
        draft_change(draft, rule, by=owner, rate1=D("0.20"))
        change_rule(rule, by=None, rate1=D("0.20"))
        assert not renew_change_set(draft, by=owner).changes.exists()

    def test_an_end_ends_the_newest(self, draft: ChangeSet, owner: User) -> None:
        rule = make_rule("0.10", "0.05")
        draft_end(draft, rule, by=owner)
        change_rule(rule, by=None, rate1=D("0.20"))
        publish_change_set(renew_change_set(draft, by=owner), by=owner, reason="x")
        assert live() == []

    def test_what_has_ended_stays_marked(self, draft: ChangeSet, owner: User) -> None:
        rule = make_rule("0.10", "0.05")
        draft_change(draft, rule, by=owner, rate1=D("0.20"))
        end_rule(rule, by=None)
        draft.refresh_from_db()
        renewed = renew_change_set(draft, by=owner)
        assert [one.change for one in staleness(renewed)] == [RuleChange.objects.get()]
        assert renewed.revision == draft.revision
        assert not AuditEntry.objects.filter(action="renew_draft").exists()

    def test_a_cancelled_version_gives_way_to_the_one_that_goes_on(
        self, draft: ChangeSet, owner: User
    ) -> None:
        rule = make_rule("0.10", "0.05")
        planned = change_rule(rule, by=None, at=timezone.now() + timedelta(days=1), rate2=D("0.06"))
        draft_change(draft, planned, by=owner, rate1=D("0.20"))
        cancel_rule(planned, by=None)
        publish_change_set(renew_change_set(draft, by=owner), by=owner, reason="x")
        assert live() == [("shop", D("0.20"), D("0.05"))]

    def test_the_policy_too_and_once(self, draft: ChangeSet, owner: User) -> None:
        draft_policy(draft, by=owner, cap_rate=D("0.3"), margin_guard=True)
        publish_policy(by=None, margin_guard=True, maturity_days=15)
        for _ in range(2):
            renewed = renew_change_set(draft, by=owner)
        assert (renewed.policy_changes, staleness(renewed)) == ({"cap_rate": D("0.3")}, [])
        publish_change_set(renewed, by=owner, reason="x")
        policy = current_policy()
        assert (policy.cap_rate, policy.margin_guard, policy.maturity_days) == (D("0.3"), True, 15)
        assert AuditEntry.objects.filter(action="renew_draft").count() == 1

    def test_nothing_stale_nothing_happens(self, draft: ChangeSet, owner: User) -> None:
        draft_change(draft, make_rule("0.10", None), by=owner, rate1=D("0.20"))
        draft.refresh_from_db()
        assert renew_change_set(draft, by=owner).revision == draft.revision


class TestTwoEditors:
    """Who saw an older draft changes nothing."""

    def test_neither_overwrites_nor_publishes_what_they_have_not_seen(
        self, draft: ChangeSet, owner: User
    ) -> None:
        change = draft_addition(draft, by=owner, scope="shop", rate1=D("0.10"))
        draft.refresh_from_db()
        seen = draft.revision
        draft_policy(draft, by=None, revision=seen, cap_rate=D("0.4"))
        for act in (
            lambda: draft_policy(draft, by=owner, revision=seen, maturity_days=15),
            lambda: edit_draft_change(change, by=owner, revision=seen, rate1=D("0.2")),
            lambda: publish_change_set(draft, by=owner, reason="x", revision=seen),
        ):
            with pytest.raises(DraftEdited, match="有人改过"):
                act()
        draft.refresh_from_db()
        assert (draft.policy_changes, draft.changes.get().rate1) == (
            {"cap_rate": D("0.4000")},
            D("0.10"),
        )
        assert live() == []

    def test_what_was_taken_out_meanwhile_is_said(self, draft: ChangeSet, owner: User) -> None:
        change = draft_addition(draft, by=owner, scope="shop", rate1=D("0.10"))
        drop_draft_change(change, by=None)
        with pytest.raises(DraftEdited, match="已被移出草稿"):
            edit_draft_change(change, by=owner, rate1=D("0.2"))
