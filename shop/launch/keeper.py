"""Keeps one embedded server up for as long as anybody uses it.

A process of its own: `python -m launch.keeper postgres BASE PACKAGES [--throwaway]`, started
with `shop/` as its folder, so that it loads none of the shop (see `servers`). Each user holds a
shared lock on the `users` file; the keeper waits for the exclusive one. The system lets go of a
lock when its process ends, however it ends, so nothing has to be counted or cleaned up.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import IO

from . import postgres, valkey
from .messages import LaunchError
from .places import drop_socket_folder, give_back, make_socket_folder, settle_home
from .processes import Identity, has_ended, signal_group, spawn

KINDS: dict[str, ModuleType] = {postgres.NAME: postgres, valkey.NAME: valkey}
SECONDS_TO_STOP = (20, 5)
READY = "ready"


class Over(Exception):
    """The server ended by itself, or we were told to stop."""


class Files:
    """The files by which users and keeper of one server find each other."""

    def __init__(self, kind: str, base: Path) -> None:
        self.users = base / f"{kind}.users"
        self.keeper = base / f"{kind}.keeper"
        self.starting = base / f"{kind}.starting"
        self.address = base / f"{kind}.address"
        self.log = base / f"{kind}.log"

    def forget(self, home: Path) -> None:
        """Leave nothing of a throwaway server; its folder goes with the last one in it."""
        shutil.rmtree(home, ignore_errors=True)
        for path in (self.users, self.keeper, self.starting, self.address, self.log):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            home.parent.rmdir()

    def say(self, socket_folder: Path, *more: str) -> None:
        unfinished = self.address.with_suffix(".new")
        unfinished.write_text("\n".join([str(socket_folder), *more]))
        unfinished.chmod(0o644)
        unfinished.rename(self.address)

    def read(self) -> tuple[Path, bool]:
        """Where the socket is, and whether the server takes connections."""
        folder, *more = self.address.read_text().split("\n")
        return Path(folder), READY in more


def open_lock(path: Path) -> int:
    """A file to lock: readable by all, because root and the owner may take turns."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        handle = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
        os.fchmod(handle, 0o644)
        return handle


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("base", type=Path)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--lock", type=int, help="the keeper's lock, taken by who started us")
    parser.add_argument("--throwaway", action="store_true")
    chosen = parser.parse_args()
    files = Files(chosen.kind, chosen.base)
    for sign in (signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    try:
        with running(chosen, files) as answer:
            tell(answer)
            wait_for_the_last_user(files)
    except LaunchError as error:
        tell({"error": str(error)})
        return 1
    except Over:
        return 1
    finally:
        os.close(chosen.lock)  # before the users', which the end of the process lets go
    return 0


@contextlib.contextmanager
def running(chosen: argparse.Namespace, files: Files) -> Iterator[dict[str, object]]:
    """The server, from nothing to taking connections; gone afterwards, whatever happens."""
    kind = KINDS[chosen.kind]
    forget_last_time(files)
    home, identity = settle_home(chosen.kind, base=chosen.base)
    programs = kind.programs(chosen.packages, identity)
    kind.prepare(home, programs, identity)
    socket_folder = make_socket_folder(identity)
    server = None
    try:
        files.say(socket_folder)
        with files.log.open("a", encoding="utf-8") as log:
            command = kind.command(home, programs, socket_folder, throwaway=chosen.throwaway)
            server = start(kind, command, home, log, identity)
        give_back(chosen.base)
        wait_until_ready(kind, home, socket_folder, server, files.log)
        for sign in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(sign, stop_waiting)
        if server.poll() is not None:  # before we listened
            raise Over
        files.say(socket_folder, READY)
        yield {"socket_folder": str(socket_folder)}
    finally:
        for sign in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(sign, signal.SIG_DFL if sign == signal.SIGCHLD else signal.SIG_IGN)
        if server is not None:
            stop(server, kind.STOP_SIGNALS)
        drop_socket_folder(socket_folder)
        with contextlib.suppress(FileNotFoundError):
            files.address.unlink()
        if chosen.throwaway:
            files.forget(home)


def start(
    kind: ModuleType, command: list[str | Path], home: Path, log: IO[str], identity: Identity | None
) -> subprocess.Popen[str]:
    return spawn(
        command,
        cwd=home,
        env=kind.environment(),
        output=log,
        identity=identity,
        dying_sign=kind.STOP_SIGNALS[0],
        umask=0o077,
    )


def wait_until_ready(
    kind: ModuleType, home: Path, socket_folder: Path, server: subprocess.Popen[str], log: Path
) -> None:
    deadline = time.monotonic() + kind.SECONDS_TO_START
    while not kind.is_ready(home, socket_folder, server.pid):
        if server.poll() is not None or time.monotonic() > deadline:
            last = (log.read_text(errors="replace").strip().splitlines() or ["?"])[-1]
            raise LaunchError(
                f"{kind.NAME} 没有起来：{last}", f"{kind.NAME} did not start; see {log}"
            )
        time.sleep(0.02)


def wait_for_the_last_user(files: Files) -> None:
    """Return when no process uses the server any more; whoever comes now waits until we are gone."""
    users = open_lock(files.users)
    fcntl.flock(users, fcntl.LOCK_EX)


def stop_waiting(sign: int, frame: FrameType | None) -> None:
    signal.signal(sign, signal.SIG_IGN if sign == signal.SIGTERM else signal.SIG_DFL)
    raise Over


def stop(server: subprocess.Popen[str], signals: tuple[signal.Signals, ...]) -> None:
    for sign, seconds in zip(signals, SECONDS_TO_STOP, strict=True):
        if server.poll() is None:
            server.send_signal(sign)
        if has_ended(server, within=seconds):
            return
    signal_group(server, signal.SIGKILL)
    server.wait()


def forget_last_time(files: Files) -> None:
    """A keeper that was killed left its socket folder behind."""
    with contextlib.suppress(FileNotFoundError):
        drop_socket_folder(files.read()[0])
        files.address.unlink()


def tell(answer: dict[str, object]) -> None:
    """One line to whoever started us, and then silence: they may be gone before we are."""
    print(json.dumps(answer), flush=True)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
