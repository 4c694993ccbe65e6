"""Ends what the supervisor started, should the supervisor itself be killed.

`python -m launch.guard`, started in `shop/`. Reads process numbers, one a line; at the end of
input (the supervisor left, however) it ends every one of those sessions, first kindly.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

SECONDS = 8


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's by now
        return False
    return True


def end(groups: Iterable[int]) -> None:
    """Ask each session to end, then make it."""
    waiting = [group for group in groups if is_alive(group)]
    for group in waiting:
        os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS
    while waiting and time.monotonic() < deadline:
        time.sleep(0.05)
        waiting = [group for group in waiting if is_alive(group)]
    for group in waiting:
        os.killpg(group, signal.SIGKILL)


def main() -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    end([int(line) for line in sys.stdin])


if __name__ == "__main__":
    main()
