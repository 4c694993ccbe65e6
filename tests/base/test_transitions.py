import pytest

from base.errors import WrongState
from base.transitions import require_transition

TABLE = {"open": frozenset({"closed"}), "closed": frozenset[str]()}


def test_only_what_the_table_allows() -> None:
    require_transition(TABLE, "open", "closed")
    for current, target in [("closed", "open"), ("open", "open"), ("unheard", "open")]:
        with pytest.raises(WrongState, match=current):
            require_transition(TABLE, current, target)
