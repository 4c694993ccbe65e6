"""Small shops in folders of their own, started by the real launcher."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 120
# What the tests' own settings put into the environment must not reach the small shop.
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_",
    "DJANGO_",
    "SECRET_KEY",
    "SANDBOX",
    "MAKELEVEL",
    "PORT",
    "BASE_URL",
    "MEDIA_",
    "STATIC_",
)


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Ask again and again, and fail after a minute; nothing here depends on how quick we are."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as lent:
        lent.bind(("127.0.0.1", 0))
        return int(lent.getsockname()[1])


def hear_hangups() -> None:
    """A run of tests in the background may ignore SIGHUP; what it starts should not."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass
class Project:
    """A copy of the launcher with a small shop in `folder`."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environ(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        return kept | {"PYTHONUNBUFFERED": "1"} | more

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environ(**more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=hear_hangups,  # noqa: PLW1509  # tests have but one thread
            text=True,
            errors="replace",
        )
        self.started.append(process)
        return process

    def run_shop(self, **more: str) -> subprocess.Popen[str]:
        return self.start("-m", "shop.launch.run", **{"PORT": str(free_port())} | more)

    def manage(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return self.start("manage.py", *arguments, **more)

    def processes(self) -> list[str]:
        """Every process that runs in this folder, and the servers of its data wherever it is."""
        homes = [self.folder, *(self.folder / "var" / "servers").glob("*")]
        places = tuple(str(home.resolve()) for home in homes if home.is_dir())
        found = []
        for process in psutil.process_iter():
            # Gone meanwhile, or not ours to see.
            with suppress(psutil.Error):
                if process.cwd().startswith(places):
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
        return found

    def wait_until_nothing_runs(self) -> None:
        wait_until(lambda: not self.processes(), "every process had ended")

    def remove(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.wait_until_nothing_runs()
        for home in (self.folder / "var" / "servers").glob("*"):
            if home.is_symlink():
                shutil.rmtree(home.resolve(), ignore_errors=True)
        shutil.rmtree(self.folder)


def lay_out(folder: Path) -> Project:
    small = Path(__file__).parent / "small_shop"
    shutil.copytree(small, folder / "shop")
    shutil.copytree(ROOT / "shop" / "launch", folder / "shop" / "launch")
    shutil.copy(ROOT / "manage.py", folder)
    return Project(folder)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What the process says up to the line with these words."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended without saying {words!r}:\n{said}")


def stop(process: subprocess.Popen[str], sign: signal.Signals = signal.SIGINT) -> tuple[str, int]:
    """Send the signal; what it still says, and its exit code."""
    process.send_signal(sign)
    said, _ = process.communicate(timeout=SECONDS)
    return said, process.returncode
