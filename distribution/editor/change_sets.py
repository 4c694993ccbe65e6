"""Drafts: collect changes of rules and of the policy, then publish them together, now or at a time.

Nothing live changes until a draft is published, and then all of it or nothing. A draft that says
what is no longer true, because somebody changed the same rule meanwhile, is refused with reasons.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from base.transitions import require_transition
from distribution.models import ChangeSet, Policy, Rule, RuleChange
from distribution.models.change_set import POLICY_FIELDS
from distribution.policy import cancel_policy, policy_at, publish_policy
from distribution.rules import (
    CONTENT,
    cancel_rule,
    change_rule,
    content_of,
    end_rule,
    keep_rule,
    publish_rule,
    rules_in_force,
)
from distribution.states import CHANGE_SET_TRANSITIONS, ChangeSetState

Kind = RuleChange.Kind

# What a rule points at, to be read with it.
CONTENT_WORDS = ("category", "product", "variant__product", "tier", "distributor__user")

TOGETHER = (
    ("scope", "category", "product", "variant"),
    ("distributor", "tier"),
    ("rate1", "amount1"),
    ("rate2", "amount2"),
    ("starts_at", "ends_at"),
)


class StaleDraft(DomainError):
    """What the draft was to change has been changed by somebody else since."""


class DraftEdited(DomainError):
    """Somebody else has edited the draft since its reader saw it."""


@dataclass(frozen=True)
class Staleness:
    """One thing of a draft that is no longer as it was when it was drafted; `change` is None for
    the policy."""

    change: RuleChange | None
    why: str


def create_change_set(*, by: User | None, name: str) -> ChangeSet:
    with transaction.atomic():
        change_set = ChangeSet(name=name.strip(), created_by=by, created_at=timezone.now())
        change_set.full_clean()
        change_set.save()
        record_audit("create_draft", change_set, by=by)
    return change_set


def draft_addition(change_set: ChangeSet, *, by: User | None, **values: Any) -> RuleChange:
    """A rule to be added."""
    return _draft(change_set, Kind.ADD, None, values, by=by)


def draft_change(
    change_set: ChangeSet, rule: Rule, *, by: User | None, **values: Any
) -> RuleChange:
    """A rule to be changed by `values`. What the draft said of it before is replaced."""
    return _draft(change_set, Kind.CHANGE, rule, content_of(rule) | values, by=by)


def draft_end(change_set: ChangeSet, rule: Rule, *, by: User | None) -> RuleChange:
    """A rule to be ended. What the draft said of it before is replaced."""
    return _draft(change_set, Kind.END, rule, content_of(rule), by=by)


def _draft(
    change_set: ChangeSet,
    kind: RuleChange.Kind,
    rule: Rule | None,
    values: dict[str, Any],
    *,
    by: User | None,
) -> RuleChange:
    with transaction.atomic():
        draft = _lock_draft(change_set)
        if rule is not None:
            rule = Rule.objects.get(pk=rule.pk)
            why = why_stale(rule)
            if why:
                raise StaleDraft(why)
            draft.changes.filter(rule=rule).delete()
        change = RuleChange(change_set=draft, kind=kind, rule=rule, **values)
        change.full_clean()
        change.save()
        _touch(draft)
        record_audit("draft_rule", draft, by=by, kind=kind, rule=rule and rule.pk, **values)
    return change


def edit_draft_change(
    change: RuleChange, *, by: User | None, revision: int | None = None, **values: Any
) -> RuleChange:
    """Another wording of what the draft adds or changes. Raises DraftEdited as above, also when
    somebody has taken the change out meanwhile."""
    with transaction.atomic():
        draft = _lock_draft(change.change_set)
        _require_revision(draft, revision)
        edited = draft.changes.filter(pk=change.pk).first()
        if edited is None:
            raise DraftEdited(_("这项变更已被移出草稿。"))
        if edited.kind == Kind.END:
            raise DomainError(_("停用没有内容可改；请从草稿中移除它。"))
        for name, value in values.items():
            setattr(edited, name, value)
        edited.full_clean()
        edited.save()
        _touch(draft)
        record_audit("draft_rule", draft, by=by, kind=edited.kind, rule=edited.rule_id, **values)
    return edited


def drop_draft_change(change: RuleChange, *, by: User | None) -> ChangeSet:
    """Take a change out of its draft. Twice does nothing."""
    with transaction.atomic():
        draft = _lock_draft(change.change_set)
        deleted, _rows = draft.changes.filter(pk=change.pk).delete()
        if deleted:
            _touch(draft)
            record_audit("drop_draft_rule", draft, by=by, change=change)
    return draft


def draft_policy(
    change_set: ChangeSet, *, by: User | None, revision: int | None = None, **values: Any
) -> ChangeSet:
    """Set which policy fields the draft changes; None, or what is in force anyway, changes
    nothing. Raises DraftEdited when the draft is past the `revision` that was looked at."""
    unknown = values.keys() - set(POLICY_FIELDS)
    if unknown:
        raise ValueError(f"a draft does not change {sorted(unknown)}")
    with transaction.atomic():
        draft = _lock_draft(change_set)
        _require_revision(draft, revision)
        now = policy_at(timezone.now())
        for name in POLICY_FIELDS:
            value = values.get(name)
            setattr(draft, name, None if value == getattr(now, name) else value)
        draft.base_policy = now if draft.policy_changes else None
        draft.full_clean()
        draft.save(update_fields=[*POLICY_FIELDS, "base_policy"])
        _touch(draft)
        record_audit("draft_policy", draft, by=by, **draft.policy_changes)
    return draft


def renew_change_set(change_set: ChangeSet, *, by: User | None) -> ChangeSet:
    """Write what is stale of the draft anew against the rules and the policy of now.

    What the draft says otherwise than its old version stays said, the rest is the newest
    version's; what the newest says anyway, or the draft says of the newest already, leaves the
    draft. A change of a rule that has ended
    stays as it is, and stale: there is nothing to move it to. Nothing stale: nothing happens.
    """
    with transaction.atomic():
        draft = _lock_draft(change_set)
        stale = staleness(draft)
        moved = [one.change for one in stale if one.change is not None and _renew(one.change)]
        is_policy_stale = any(one.change is None for one in stale)
        if moved or is_policy_stale:
            _touch(draft)
            record_audit(
                "renew_draft", draft, by=by, rules=[one.rule_id for one in moved if one.pk]
            )
        if is_policy_stale:
            draft = draft_policy(draft, by=by, **draft.policy_changes)
    return draft


def _renew(change: RuleChange) -> bool:
    """Move a change to the version that is the merchant's word now. Whether it could be."""
    old = change.rule
    newest = _newest_version(old) if old is not None else None
    if old is None or newest is None:
        return False
    said, before, now = content_of(change), content_of(old), content_of(newest)
    meant = {
        name: said[name]
        for names in _sayings()
        if any(said[name] != before[name] for name in names)
        for name in names
    }
    is_said_already = change.kind == Kind.CHANGE and now | meant == now
    if is_said_already or change.change_set.changes.filter(rule=newest).exists():
        change.delete()
        return True
    change.rule = newest
    for name, value in (now | meant).items():
        setattr(change, name, value)
    change.full_clean()
    change.save()
    return True


def _sayings() -> Iterator[Sequence[str]]:
    """The fields of a rule that only together say something; each other by itself."""
    yield from TOGETHER
    yield from ((name,) for name in CONTENT if not any(name in names for names in TOGETHER))


def _newest_version(rule: Rule) -> Rule | None:
    """What this version has become: what replaced it, or what goes on as it was cancelled. None
    when the rule has ended."""
    version: Rule | None = rule
    while version is not None and version.valid_to is not None:
        if version.cancelled_at is not None:
            version = version.replaces
        else:
            version = version.successors.filter(cancelled_at=None).first()
    return version


def discard_change_set(change_set: ChangeSet, *, by: User | None, reason: str) -> ChangeSet:
    """Throw a draft away; it stays readable. Raises WrongState when it is published."""
    with transaction.atomic():
        draft = _lock(change_set)
        if draft.state == ChangeSetState.DISCARDED:
            return draft
        require_transition(CHANGE_SET_TRANSITIONS, draft.state, ChangeSetState.DISCARDED)
        draft.state, draft.reason = ChangeSetState.DISCARDED, reason[:200]
        draft.save(update_fields=["state", "reason"])
        record_audit("discard_draft", draft, by=by, reason=reason)
    return draft


def publish_change_set(
    change_set: ChangeSet,
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
    revision: int | None = None,
) -> ChangeSet:
    """Make the draft the merchant's word from `at` (now) on: all of it, or nothing.

    Already published: returned as it is. Raises StaleDraft when something it changes has been
    changed since, DraftEdited when the draft is past the `revision` that was looked at,
    DomainError for an empty draft, a missing reason or a moment in the past.
    """
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
    with transaction.atomic():
        draft = _lock(change_set)
        if draft.state == ChangeSetState.PUBLISHED:
            return draft
        require_transition(CHANGE_SET_TRANSITIONS, draft.state, ChangeSetState.PUBLISHED)
        _require_revision(draft, revision)
        changes = list(draft.changes.select_related("rule").order_by("pk"))
        if not changes and not draft.policy_changes:
            raise DomainError(_("草稿是空的，没有可发布的内容。"))
        now = timezone.now()
        at = at or now
        stale = _staleness(draft, changes, at)
        if stale:
            raise StaleDraft(" ".join(one.why for one in stale))
        for change in changes:
            change.result = _publish(change, by=by, at=at, reason=reason)
        RuleChange.objects.bulk_update(changes, ["result"])
        if draft.policy_changes:
            draft.policy = publish_policy(by=by, at=at, reason=reason, **draft.policy_changes)
        draft.state, draft.reason = ChangeSetState.PUBLISHED, reason[:200]
        draft.published_at, draft.published_by, draft.effective_at = now, by, at
        draft.save(
            update_fields=[
                "state", "reason", "policy", "published_at", "published_by", "effective_at"
            ]
        )  # fmt: skip
        record_audit("publish_draft", draft, by=by, reason=reason, effective_at=at)
    return draft


def _publish(change: RuleChange, *, by: User | None, at: datetime, reason: str) -> Rule:
    """The version that the change makes, or ends. The rule is locked and looked at again."""
    if change.rule is None:
        return publish_rule(by=by, at=at, reason=reason, **content_of(change))
    if change.kind == Kind.END:
        return end_rule(change.rule, by=by, at=at, reason=reason)
    return change_rule(change.rule, by=by, at=at, reason=reason, **content_of(change))


def withdraw_change_set(change_set: ChangeSet, *, by: User | None, reason: str) -> ChangeSet:
    """Before a published draft begins, make it a draft again: none of it ever was.

    Already a draft: returned as it is. Raises DomainError when it has begun, or when something
    has been planned on top of it.
    """
    with transaction.atomic():
        published = _lock(change_set)
        if published.state == ChangeSetState.DRAFT:
            return published
        require_transition(CHANGE_SET_TRANSITIONS, published.state, ChangeSetState.DRAFT)
        if published.effective_at is None or published.effective_at <= timezone.now():
            raise DomainError(_("这份草稿已经生效，不能撤回；请用新的草稿改回去。"))
        for change in published.changes.select_related("result"):
            if change.result is None:
                continue
            undo = keep_rule if change.kind == Kind.END else cancel_rule
            undo(change.result, by=by, reason=reason)
        published.changes.update(result=None)
        if published.policy is not None:
            cancel_policy(published.policy, by=by, reason=reason)
        published.state, published.reason = ChangeSetState.DRAFT, ""
        published.policy = published.published_at = None
        published.published_by = published.effective_at = None
        published.save(
            update_fields=[
                "state", "reason", "policy", "published_at", "published_by", "effective_at"
            ]
        )  # fmt: skip
        record_audit("withdraw_draft", published, by=by, reason=reason)
    return published


# --- What a draft says ---------------------------------------------------------------------------


def staleness(change_set: ChangeSet) -> list[Staleness]:
    """What keeps the draft from being published now: a change for each rule that is no longer the
    merchant's word, and the policy when there is another. Empty for what is no draft."""
    if change_set.state != ChangeSetState.DRAFT:
        return []
    changes = list(change_set.changes.select_related("rule").order_by("pk"))
    return _staleness(change_set, changes, timezone.now())


def _staleness(draft: ChangeSet, changes: Sequence[RuleChange], at: datetime) -> list[Staleness]:
    found = [
        Staleness(change, why)
        for change in changes
        if change.rule is not None
        for why in (why_stale(change.rule),)
        if why
    ]
    if draft.policy_changes and policy_at(at) != draft.base_policy:
        found.append(Staleness(None, _("分销政策在起草之后已经更新，请在草稿里重新确认政策变更。")))
    return found


def why_stale(rule: Rule) -> str:
    """Why a draft may not change this version, in the reader's language; empty when it may."""
    name = _("规则 #%(pk)d") % {"pk": rule.pk}
    if rule.cancelled_at is not None:
        return _("%(rule)s 已被取消。") % {"rule": name}
    if rule.valid_to is None:
        return ""
    when = date_format(timezone.localtime(rule.valid_to), "DATETIME_FORMAT")
    next_one = rule.successors.filter(cancelled_at=None).first()
    if next_one is None:
        return _("%(rule)s 已被停用（%(when)s）。") % {"rule": name, "when": when}
    return _("%(rule)s 起草之后已被改为 #%(next)d（%(when)s）。") % {
        "rule": name,
        "next": next_one.pk,
        "when": when,
    }


def proposed_rules(change_set: ChangeSet, at: datetime) -> list[Rule]:
    """The whole rule set as it would be were the draft published at `at`: the last the newest.

    What the draft adds or changes is not saved (its `pk` is None). A published draft is in force,
    or will be: it adds nothing of its own here.
    """
    changes = (
        list(change_set.changes.select_related(*CONTENT_WORDS).order_by("pk"))
        if change_set.state != ChangeSetState.PUBLISHED
        else []
    )
    touched = {change.rule_id for change in changes}
    now = rules_in_force(at).select_related(*CONTENT_WORDS).order_by("pk")
    kept = [rule for rule in now if rule.pk not in touched]
    return kept + [as_rule(change) for change in changes if change.kind != Kind.END]


def as_rule(change: RuleChange) -> Rule:
    """The version a change would make, not saved."""
    return Rule(replaces_id=change.rule_id, **content_of(change))


def proposed_policy(change_set: ChangeSet) -> Policy:
    """The policy in force now with the draft's changes, not saved."""
    policy = policy_at(timezone.now())
    for name, value in change_set.policy_changes.items():
        setattr(policy, name, value)
    return policy


def _lock(change_set: ChangeSet) -> ChangeSet:
    return lock_row(ChangeSet.objects.filter(pk=change_set.pk))


def _lock_draft(change_set: ChangeSet) -> ChangeSet:
    draft = _lock(change_set)
    if draft.state != ChangeSetState.DRAFT:
        raise DomainError(_("这份草稿已发布或丢弃，不能再修改。"))
    return draft


def _require_revision(draft: ChangeSet, revision: int | None) -> None:
    if revision is not None and draft.revision != revision:
        raise DraftEdited(_("您打开之后，有人改过这份草稿。请看过最新内容再操作。"))


def _touch(draft: ChangeSet) -> None:
    draft.revision += 1
    draft.save(update_fields=["revision"])
