"""Work that outlives the answer to a request: threads of this process, each on its own.

If the process ends first the work is gone, as with any gateway that has a bad day; merchants
learn of their payments by asking.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

from django.db import connection, transaction


def run_later(work: Callable[[], object], *, after_seconds: float) -> None:
    """Start `work` in a thread once the current transaction is committed and the time is over."""
    transaction.on_commit(partial(_start, work, after_seconds))


def _start(work: Callable[[], object], after_seconds: float) -> None:
    threading.Thread(target=_wait_and_run, args=(work, after_seconds), daemon=True).start()


def _wait_and_run(work: Callable[[], object], after_seconds: float) -> None:
    time.sleep(after_seconds)
    try:
        work()
    finally:
        let_go()


def let_go() -> None:
    """Give this thread's database connection back to the others, unless work is under way on it."""
    if not connection.in_atomic_block:
        connection.close()
