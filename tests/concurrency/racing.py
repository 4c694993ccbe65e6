"""Several people at the same moment, each on a database connection of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def race(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do them all at once; what each returned or raised, in the order given."""
    start = Barrier(len(acts), timeout=20)

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return act()
        except Exception as error:  # noqa: BLE001  # the outcome is what the test looks at
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
