"""How far an import is: a running count on a terminal, milestones in a log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _

LIVE_EVERY = 0.2
LOG_EVERY = 10.0


class Step:
    """One stage of one file."""

    def __init__(self, stream: OutputWrapper, title: str) -> None:
        self._stream, self._title = stream, title
        self._is_live = stream.isatty()
        self._began = self._shown = time.monotonic()
        self.done = 0

    def advance(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        if now - self._shown >= (LIVE_EVERY if self._is_live else LOG_EVERY):
            self._shown = now
            self._show(now, is_last=False)

    def finish(self) -> None:
        self._show(time.monotonic(), is_last=True)

    def _show(self, now: float, *, is_last: bool) -> None:
        text = _("%(title)s：%(count)d，%(seconds).1f 秒") % {
            "title": self._title,
            "count": self.done,
            "seconds": now - self._began,
        }
        start = "\r" if self._is_live else ""
        end = "\n" if is_last or not self._is_live else ""
        self._stream.write(f"{start}{text}", str, end)
        self._stream.flush()


class Progress:
    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream

    @contextmanager
    def step(self, file: str, act: str) -> Iterator[Step]:
        """One stage: `act` is "read", "write" or "accrue"."""
        words = {"read": _("读取"), "write": _("写入"), "accrue": _("计佣")}[act]
        step = Step(self._stream, f"{file} {words}")
        try:
            yield step
        finally:
            step.finish()
