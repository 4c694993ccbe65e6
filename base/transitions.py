"""Allowed changes of state, as a table: `{state: {states it may become}}`."""

from collections.abc import Mapping
from typing import TypeVar

from django.utils.translation import gettext as _

from base.errors import WrongState

S = TypeVar("S", bound=str)


def require_transition(table: Mapping[S, frozenset[S]], current: str, target: str) -> None:
    """Raise WrongState unless the table allows `current` → `target`.

    Both may come plain from the database; the reader is told the state's label.
    """
    state = next((known for known in table if known == current), None)
    if state is None or target not in table[state]:
        label = getattr(state, "label", current)
        raise WrongState(_("当前状态为“%(state)s”，不能进行此操作。") % {"state": label})
