"""The keys to the back office: who gets in, who is an owner, and which pages a clerk may use."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_rows


class NotTheirs(DomainError):
    """Who tried it holds no key that opens this."""


@dataclass(frozen=True)
class Keys:
    """What somebody may enter; `permissions` are primary keys."""

    is_active: bool
    is_staff: bool
    is_superuser: bool
    permissions: frozenset[int]

    @property
    def is_owners(self) -> bool:
        return self.is_active and self.is_staff and self.is_superuser


def keys_of(user: User) -> Keys:
    held = frozenset(user.user_permissions.values_list("pk", flat=True))
    return Keys(user.is_active, user.is_staff, user.is_superuser, held)


def change_keys(user: User, keys: Keys, *, by: User) -> User:
    """Give somebody exactly these keys. Nothing to change: nothing is written.

    Owners hand out keys; a clerk only shuts out members who are not staff. An owner never lays
    down a key of their own, so that one is always left: both rows are locked, and of two owners
    who take each other's key the second is an owner no more. Raises `NotTheirs`.
    """
    with transaction.atomic():
        locked = {row.pk: row for row in lock_rows(User.objects.filter(pk__in={user.pk, by.pk}))}
        user, by = locked[user.pk], locked[by.pk]
        held = keys_of(user)
        if keys == held:
            return user
        _require_right(held, keys, by=by, is_own=user == by)
        switches = {name: value for name, value in asdict(keys).items() if name != "permissions"}
        for name, value in switches.items():
            setattr(user, name, value)
        user.save(update_fields=list(switches))
        user.user_permissions.set(keys.permissions)
        changed: dict[str, Any] = {
            name: value for name, value in switches.items() if value != getattr(held, name)
        }
        given, taken = keys.permissions - held.permissions, held.permissions - keys.permissions
        changed |= {"given": _names(given), "taken": _names(taken)}
        record_audit("change_keys", user, by=by, **changed)
        return user


def _require_right(held: Keys, keys: Keys, *, by: User, is_own: bool) -> None:
    if not keys_of(by).is_owners:
        is_a_members_door = not held.is_staff and not held.is_superuser
        if not is_a_members_door or replace(keys, is_active=held.is_active) != held:
            raise NotTheirs(_("只有店主可以发放或收回后台的功能。"))
    if is_own and not keys.is_owners:
        raise NotTheirs(_("不能收回自己的店主身份；请由另一位店主操作。"))


def _names(permissions: frozenset[int]) -> str:
    """As `app.codename`, a comma between them."""
    rows = Permission.objects.filter(pk__in=permissions).order_by("content_type", "pk")
    return ", ".join(
        f"{app}.{name}" for app, name in rows.values_list("content_type__app_label", "codename")
    )
