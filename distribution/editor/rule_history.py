"""The life of a rule: every version, what each changed, by whom and why. Read from the rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from base.models import AuditEntry
from distribution.editor.change_sets import CONTENT_WORDS
from distribution.editor.rule_words import (
    Difference,
    differences,
    policy_differences,
    rule_sentence,
)
from distribution.models import Policy, Rule
from distribution.policy import policy_values
from distribution.rule_states import RuleState, rule_state

# All versions that are one rule: up to the first, then down again. Cancelled ones branch off.
CHAIN = """
WITH RECURSIVE up AS (
    SELECT id, replaces_id FROM distribution_rule WHERE id = %s
    UNION SELECT r.id, r.replaces_id FROM distribution_rule r JOIN up ON r.id = up.replaces_id
), down AS (
    SELECT id FROM up WHERE replaces_id IS NULL
    UNION SELECT r.id FROM distribution_rule r JOIN down ON r.replaces_id = down.id
)
SELECT id FROM down
"""


@dataclass(frozen=True)
class Version:
    """One version, newest first in a history; `deeds` are the audit rows about it."""

    rule: Rule
    state: RuleState
    sentence: str
    differences: list[Difference]
    deeds: list[AuditEntry]


def rule_history(rule: Rule) -> list[Version]:
    """All versions of the rule, newest first: three queries."""
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, [rule.pk])
        ids = [pk for (pk,) in cursor.fetchall()]
    found = Rule.objects.select_related(*CONTENT_WORDS, "created_by").in_bulk(ids)
    deeds = _deeds(Rule, ids)
    now = timezone.now()
    return [
        Version(
            version,
            rule_state(version, now),
            rule_sentence(version),
            differences(found[version.replaces_id], version) if version.replaces_id else [],
            deeds.get(str(version.pk), []),
        )
        for version in sorted(found.values(), key=lambda v: -v.pk)
    ]


def _deeds(model: Any, ids: list[int]) -> dict[str, list[AuditEntry]]:
    rows = AuditEntry.objects.filter(
        target_type=model._meta.label_lower, target_id__in=[str(pk) for pk in ids]
    )
    deeds: dict[str, list[AuditEntry]] = {}
    for row in rows.select_related("actor").order_by("at", "pk"):
        deeds.setdefault(row.target_id, []).append(row)
    return deeds


@dataclass(frozen=True)
class PolicyVersion:
    policy: Policy
    is_now: bool
    is_pending: bool
    differences: list[Difference]
    deeds: list[AuditEntry]


def policy_history(at: datetime) -> list[PolicyVersion]:
    """All versions of the policy, newest first, each against the one before it: two queries."""
    versions = list(Policy.objects.select_related("created_by").order_by("valid_from", "pk"))
    deeds = _deeds(Policy, [policy.pk for policy in versions])
    begun = [p for p in versions if p.cancelled_at is None and p.valid_from <= at]
    found: list[PolicyVersion] = []
    before: Policy | None = None
    for policy in versions:
        changed = policy_differences(before, policy_values(policy)) if before else []
        found.append(
            PolicyVersion(
                policy,
                bool(begun) and policy == begun[-1],
                policy.cancelled_at is None and policy.valid_from > at,
                changed,
                deeds.get(str(policy.pk), []),
            )
        )
        if policy.cancelled_at is None:
            before = policy
    return found[::-1]
