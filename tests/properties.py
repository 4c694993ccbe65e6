"""How property tests search: the same examples on every run and every machine.

`HYPOTHESIS_PROFILE=search` looks for new ones instead, ten times as many.
"""

import os
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

IS_SEARCH = os.environ.get("HYPOTHESIS_PROFILE") == "search"


def examples(count: int) -> settings:
    """Settings for a property: `count` examples, ten times as many in a search."""
    return settings(
        max_examples=count * 10 if IS_SEARCH else count,
        derandomize=not IS_SEARCH,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def cents(least: int, most: int) -> st.SearchStrategy[Decimal]:
    """Amounts of yuan from `least` to `most` cents."""
    return st.integers(least, most).map(lambda number: Decimal(number).scaleb(-2))
