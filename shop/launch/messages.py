"""What the launcher says: short lines, Chinese and English side by side."""

import sys
from typing import TextIO

# The exit code of "it did not work, and I have said why".
SAID = 3


class LaunchError(Exception):
    """Something a person can put right; shown as one line, without a traceback."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(f"{chinese} | {english}")


def never_fail_to_print() -> None:
    """Let a terminal without Chinese show question marks instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def step(chinese: str, english: str) -> None:
    """Say what happens now."""
    _write(sys.stdout, f"» {chinese} · {english}")


def done(chinese: str, english: str) -> None:
    _write(sys.stdout, f"✓ {chinese} · {english}")


def complain(error: LaunchError) -> None:
    _write(sys.stderr, f"✗ {error}")


def _write(stream: TextIO, line: str) -> None:
    """One line, at once; a reader that went away is no reason to stop."""
    try:
        print(line, file=stream, flush=True)
    except OSError:
        pass
