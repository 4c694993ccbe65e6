"""Somebody else comes in between two lines of ours, on a database connection of their own.

No timing: they act until they are done or the database says that they wait for a lock of ours;
then we go on. With the guard in place they wait; with the guard off they are done in the middle
of what we do, and the harm is there to see.
"""

from collections.abc import Callable
from threading import Thread, current_thread
from typing import Any

import pytest
from django.db import connection

from base import locks

SECONDS = 20


class Other:
    """Their one act, and what came of it: `outcome` once we have let them finish."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self._thread = Thread(target=self._run, daemon=True)
        self._pid: int | None = None
        self._outcome: Any = None
        self.has_come = False
        self.had_to_wait = False

    def _run(self) -> None:
        try:
            connection.ensure_connection()
            self._pid = connection.connection.info.backend_pid
            self._outcome = self._act()
        except Exception as error:  # noqa: BLE001  # the outcome is what the test looks at
            self._outcome = error
        finally:
            connection.close()

    def come(self) -> None:
        """Let them act until they are done or have to wait for us."""
        self.has_come = True
        self._thread.start()
        for _ in range(SECONDS * 100):
            self._thread.join(timeout=0.01)
            if not self._thread.is_alive():
                return
            if self._is_waiting():
                self.had_to_wait = True
                return
        pytest.fail("the other neither finished nor waited for a lock")

    def _is_waiting(self) -> bool:
        if self._pid is None:
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._pid])
            return bool(cursor.fetchone()[0])

    def outcome(self) -> Any:
        """What they returned or raised; we have let go of everything they waited for."""
        assert self.has_come, "we never came to where they come in"
        self._thread.join(timeout=SECONDS)
        assert not self._thread.is_alive(), "they still wait"
        return self._outcome


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, act: Callable[[], Any]
) -> Other:
    """They come just before our first call of `place.name`."""
    other, ours, us = Other(act), getattr(place, name), current_thread()

    def with_them_coming_first(*args: Any, **kwargs: Any) -> Any:
        if current_thread() is us and not other.has_come:
            other.come()
        return ours(*args, **kwargs)

    monkeypatch.setattr(place, name, with_them_coming_first)
    return other


def without_locks(monkeypatch: pytest.MonkeyPatch, *modules: Any) -> None:
    """Turn the guard off in these modules: rows are read, not locked."""

    def read(rows: Any) -> list[Any]:
        return list(rows.order_by("pk"))

    def read_one(rows: Any) -> Any:
        return rows.get()

    for module in modules:
        for name, instead in (("lock_rows", read), ("lock_row", read_one)):
            if getattr(module, name, None) is getattr(locks, name):
                monkeypatch.setattr(module, name, instead)
