"""Who changed what: one row per change of money, rules, people or state by a person."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import models

from base.models import AuditEntry

if TYPE_CHECKING:
    from base.accounts.models import User


def record_audit(
    action: str, target: models.Model, *, by: "User | None", reason: str = "", **details: Any
) -> AuditEntry:
    """Write one audit row in the current transaction. `by` is None for beat and commands."""
    (entry,) = record_audits(action, [(target, details)], by=by, reason=reason)
    return entry


def record_audits(
    action: str,
    targets: Iterable[tuple[models.Model, Mapping[str, Any]]],
    *,
    by: "User | None",
    reason: str = "",
) -> list[AuditEntry]:
    """The same deed on many, each with its details, in one insert."""
    return AuditEntry.objects.bulk_create(
        AuditEntry(
            action=action,
            target_type=target._meta.label_lower,
            target_id=str(target.pk),
            target_name=str(target)[:200],
            actor=by,
            reason=reason,
            details={key: str(value) for key, value in details.items()},
        )
        for target, details in targets
    )
