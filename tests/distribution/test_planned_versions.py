"""Versions that begin in the future: of rules and of the policy, until they are cancelled.

Terms at placement use what was in force at that instant, to the microsecond.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from base.audit import AuditEntry
from base.errors import DomainError
from distribution.models import LineTerms, Policy, Rule
from distribution.policy import cancel_policy, current_policy, pending_policies, publish_policy
from distribution.rules import (
    StaleRule,
    cancel_rule,
    change_rule,
    end_rule,
    keep_rule,
    publish_rule,
    rules_in_force,
)
from tests.make import Chain, make_chain, make_order, make_rule, make_user, make_variant

pytestmark = pytest.mark.django_db

D = Decimal
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def soon() -> datetime:
    return timezone.now() + timedelta(days=3)


def rates_at(chain: Chain, at: datetime) -> list[tuple[int, Decimal | None]]:
    order = make_order(chain.c, {make_variant("100.00"): 1}, at=at)
    rows = LineTerms.objects.filter(line__order=order).order_by("level")
    return [(row.level, row.rate) for row in rows]


def deeds() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_planned_version_decides_from_its_instant_on(soon: datetime) -> None:
    chain = make_chain()
    old = make_rule("0.10", "0.05")
    new = change_rule(old, by=None, at=soon, rate1=D("0.20"))
    assert rates_at(chain, soon - MOMENT) == [(1, D("0.10")), (2, D("0.05"))]
    assert rates_at(chain, soon) == [(1, D("0.20")), (2, D("0.05"))]
    assert list(rules_in_force(soon - MOMENT)) == [old]
    assert list(rules_in_force(soon)) == [new]


def test_a_planned_end_ends_at_its_instant(soon: datetime) -> None:
    chain = make_chain()
    end_rule(make_rule("0.10", None), by=None, at=soon)
    assert rates_at(chain, soon - MOMENT) == [(1, D("0.10"))]
    assert rates_at(chain, soon) == []


def test_a_cancelled_version_never_was(soon: datetime) -> None:
    chain, owner = make_chain(), make_user()
    old = make_rule("0.10", None)
    new = change_rule(old, by=owner, at=soon, rate1=D("0.20"))
    cancel_rule(new, by=owner, reason="想错了")
    cancel_rule(new, by=owner, reason="又点了一次")
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.valid_to, new.valid_to, new.cancelled_at is None) == (None, soon, False)
    for at in (soon - MOMENT, soon, soon + MOMENT):
        assert rates_at(chain, at) == [(1, D("0.10"))]
    entry = AuditEntry.objects.get(action="cancel_rule")
    assert (entry.actor, entry.reason, entry.target_id) == (owner, "想错了", str(new.pk))
    # The way is free for another change.
    third = change_rule(old, by=owner, at=soon, rate1=D("0.30"))
    assert rates_at(chain, soon) == [(1, D("0.30"))]
    assert list(old.successors.order_by("pk")) == [new, third]


def test_a_planned_end_is_taken_back(soon: datetime) -> None:
    chain = make_chain()
    rule = end_rule(make_rule("0.10", None), by=None, at=soon)
    keep_rule(rule, by=None, reason="继续")
    keep_rule(rule, by=None, reason="继续")
    assert rates_at(chain, soon) == [(1, D("0.10"))]
    assert deeds() == ["appoint_distributor"] * 2 + ["publish_rule", "end_rule", "keep_rule"]


def test_what_has_begun_is_neither_cancelled_nor_kept() -> None:
    old = make_rule("0.10", None)
    new = change_rule(old, by=None, rate1=D("0.20"))
    gone = end_rule(make_rule("0.01", None), by=None)
    refused: list[tuple[Any, Rule]] = [(cancel_rule, new), (keep_rule, gone), (keep_rule, old)]
    for act, rule in refused:
        with pytest.raises(DomainError):
            act(rule, by=None)
    new.refresh_from_db()
    assert (new.valid_to, new.cancelled_at) == (None, None)
    assert "keep_rule" not in deeds()


def test_a_rule_with_a_plan_is_not_changed_behind_it(soon: datetime) -> None:
    old = make_rule("0.10", None)
    new = change_rule(old, by=None, at=soon, rate1=D("0.20"))
    with pytest.raises(StaleRule, match="已经安排了变更"):
        change_rule(old, by=None, rate1=D("0.30"))
    with pytest.raises(StaleRule, match="还没有生效"):
        change_rule(new, by=None, rate1=D("0.30"))
    with pytest.raises(StaleRule, match="取消那个版本"):
        keep_rule(old, by=None)
    later = change_rule(new, by=None, at=soon + timedelta(days=1), rate1=D("0.40"))
    with pytest.raises(StaleRule, match="后面的变更"):
        cancel_rule(new, by=None)
    assert Rule.objects.count() == 3
    cancel_rule(later, by=None)
    cancel_rule(new, by=None)
    assert list(rules_in_force(soon + timedelta(days=9))) == [old]


def test_a_person_changes_nothing_in_the_past() -> None:
    owner, rule = make_user(), make_rule("0.10", None)
    long_ago = timezone.now() - timedelta(hours=1)
    acts = [
        lambda: publish_rule(by=owner, at=long_ago, scope="shop", rate1=D("0.2")),
        lambda: change_rule(rule, by=owner, at=long_ago, rate1=D("0.2")),
        lambda: end_rule(rule, by=owner, at=long_ago),
    ]
    for act in acts:
        with pytest.raises(DomainError, match="过去"):
            act()
    rule.refresh_from_db()
    assert (Rule.objects.count(), rule.valid_to) == (1, None)


def test_who_changed_what_when_and_why_is_kept(soon: datetime) -> None:
    owner = make_user("店主")
    rule = publish_rule(by=owner, reason="开店", scope="shop", rate1=D("0.1"))
    new = change_rule(rule, by=owner, at=soon, reason="双十二", rate1=D("0.2"))
    entry = AuditEntry.objects.get(action="change_rule")
    assert (entry.actor, entry.reason, entry.target_id) == (owner, "双十二", str(new.pk))
    assert entry.details == {"replaces": str(rule.pk), "valid_from": str(soon), "rate1": "0.2"}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"valid_to": -1}, id="a version that ends before it begins"),
        pytest.param({"cancelled_at": 0, "valid_to": 1}, id="cancelled, but it was"),
        pytest.param({"cancelled_at": 0}, id="cancelled without an end"),
    ],
)
def test_the_database_refuses_impossible_versions(soon: datetime, values: dict[str, int]) -> None:
    times = {name: soon + timedelta(days=days) for name, days in values.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.create(scope="shop", rate1=D("0.1"), valid_from=soon, **times)


def test_a_version_is_replaced_once() -> None:
    old = make_rule()
    change_rule(old, by=None, rate1=D("0.2"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.create(scope="shop", rate1=D("0.3"), replaces=old)


# --- The policy ----------------------------------------------------------------------------------


def policy_of(chain: Chain, at: datetime) -> Policy:
    return make_order(chain.c, at=at).distribution_terms.policy


def test_a_planned_policy_begins_at_its_instant(soon: datetime) -> None:
    chain, now = make_chain(), current_policy()
    planned = publish_policy(by=None, at=soon, cap_rate=D("0.3"), two_levels=False)
    assert policy_of(chain, soon - MOMENT) == now
    assert policy_of(chain, soon) == planned
    assert list(pending_policies()) == [planned]
    assert current_policy() == now


def test_a_cancelled_policy_never_was(soon: datetime) -> None:
    chain, owner, now = make_chain(), make_user(), current_policy()
    planned = publish_policy(by=None, at=soon, two_levels=False)
    cancel_policy(planned, by=owner, reason="再想想")
    cancel_policy(planned, by=owner, reason="再想想")
    order = make_order(chain.c, at=soon)
    assert order.distribution_terms.policy == now
    assert order.distribution_terms.block2 == ""
    assert list(pending_policies()) == []
    entry = AuditEntry.objects.get(action="cancel_policy")
    assert (entry.actor, entry.reason) == (owner, "再想想")
    with pytest.raises(DomainError, match="已经生效"):
        cancel_policy(now, by=owner)


def test_a_change_is_not_undone_by_a_plan_that_was_made_before(soon: datetime) -> None:
    planned = publish_policy(by=None, at=soon, cap_rate=D("0.3"))
    with pytest.raises(DomainError, match="请先取消它"):
        publish_policy(by=None, margin_guard=True)
    later = publish_policy(by=None, at=soon + timedelta(days=1), margin_guard=True)
    assert (later.cap_rate, later.margin_guard) == (D("0.3"), True)
    cancel_policy(later, by=None)
    cancel_policy(planned, by=None)
    assert publish_policy(by=None, margin_guard=True).cap_rate == D("0.5")
