"""The policy in force at a moment, and publishing the next version."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from distribution.models import Policy


def policy_at(at: datetime) -> Policy:
    """The latest version that had begun."""
    policy = Policy.objects.filter(valid_from__lte=at).order_by("-valid_from", "-pk").first()
    if policy is None:
        raise Policy.DoesNotExist(f"no policy at {at}")
    return policy


def current_policy() -> Policy:
    return policy_at(timezone.now())


def publish_policy(*, by: User | None, at: datetime | None = None, **changes: Any) -> Policy:
    """Add a version that differs from the one in force by `changes`, valid from `at` (now).

    Orders placed before keep theirs. Raises DomainError for a moment in the past.
    """
    now = timezone.now()
    at = at or now
    if by is not None and (now - at).total_seconds() > 60:
        raise DomainError(_("新政策不能从过去的时间开始，已下的订单不受影响。"))
    before = policy_at(at)
    values = model_to_dict(before, exclude=["id", "valid_from", "created_by"]) | changes
    with transaction.atomic():
        policy = Policy(valid_from=at, created_by=by, **values)
        policy.full_clean()
        policy.save()
        record_audit("publish_policy", policy, by=by, **changes)
    return policy
