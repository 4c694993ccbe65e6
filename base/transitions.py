"""Allowed changes of state, as a table: `{state: {states it may become}}`."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from base.errors import WrongState


def require_transition(table: Mapping[str, frozenset[str]], current: str, target: str) -> None:
    """Raise WrongState unless the table allows `current` → `target`."""
    if target not in table.get(current, frozenset()):
        label = getattr(current, "label", current)
        raise WrongState(_("当前状态为“%(state)s”，不能进行此操作。") % {"state": label})
