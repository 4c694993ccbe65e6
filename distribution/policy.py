"""The policy in force at a moment, and publishing the next version."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row, lock_rows
from distribution.models import Policy


def policy_at(at: datetime) -> Policy:
    """The latest version that had begun."""
    begun = Policy.objects.filter(valid_from__lte=at, cancelled_at=None)
    policy = begun.order_by("-valid_from", "-pk").first()
    if policy is None:
        raise Policy.DoesNotExist(f"no policy at {at}")
    return policy


def current_policy() -> Policy:
    return policy_at(timezone.now())


def pending_policies() -> QuerySet[Policy]:
    """Versions that will begin, the next first."""
    return Policy.objects.filter(valid_from__gt=timezone.now(), cancelled_at=None).order_by(
        "valid_from", "pk"
    )


def publish_policy(
    *, by: User | None, at: datetime | None = None, reason: str = "", **changes: Any
) -> Policy:
    """Add a version that differs from the one in force then by `changes`, valid from `at` (now).

    Orders placed before keep theirs. Raises DomainError for a moment in the past, and while a
    version waits that would begin later and undo the change.
    """
    with transaction.atomic():
        # One after another, so that nobody's change is lost: the first version is the lock.
        first = Policy.objects.order_by("pk").values("pk")[:1]
        lock_rows(Policy.objects.filter(pk__in=first))
        now = timezone.now()
        at = at or now
        if by is not None and (now - at).total_seconds() > 60:
            raise DomainError(_("新政策不能从过去的时间开始，已下的订单不受影响。"))
        later = pending_policies().filter(valid_from__gt=at).first()
        if later is not None:
            when = date_format(timezone.localtime(later.valid_from), "DATETIME_FORMAT")
            raise DomainError(
                _("已有一个政策版本将于 %(when)s 生效，它会盖掉这次修改；请先取消它。")
                % {"when": when}
            )
        values = policy_values(policy_at(at)) | changes
        policy = Policy(valid_from=at, created_by=by, **values)
        policy.full_clean()
        policy.save()
        record_audit("publish_policy", policy, by=by, reason=reason, valid_from=at, **changes)
    return policy


def cancel_policy(policy: Policy, *, by: User | None, reason: str = "") -> Policy:
    """A version that has not begun never will. Raises DomainError when it has begun."""
    with transaction.atomic():
        pending = lock_row(Policy.objects.filter(pk=policy.pk))
        if pending.cancelled_at is not None:
            return pending
        now = timezone.now()
        if pending.valid_from <= now:
            raise DomainError(_("这个版本已经生效，不能取消；请发布新的版本。"))
        pending.cancelled_at = now
        pending.save(update_fields=["cancelled_at"])
        record_audit("cancel_policy", pending, by=by, reason=reason)
    return pending


def policy_values(policy: Policy) -> dict[str, Any]:
    """What a version says, as values for the next."""
    return {
        field.name: getattr(policy, field.name)
        for field in Policy._meta.concrete_fields
        if field.name not in ("id", "valid_from", "cancelled_at", "created_by")
    }
