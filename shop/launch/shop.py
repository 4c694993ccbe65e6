"""The running parts of the shop: web, worker and beat, watched and stopped together."""

import http.client
import signal
import subprocess
import sys
import time
from pathlib import Path

from .messages import LaunchError
from .places import ROOT, VAR, make_folder
from .processes import has_ended, signal_group, spawn
from .servers import Lease

LOGS = VAR / "log"
SECONDS_TO_OPEN = 60
SECONDS_TO_STOP = 8
# A request or a task that will not end is cut off after this, so that stopping is quick.
SECONDS_FOR_A_REQUEST = 5


class Shop:
    def __init__(self, environ: dict[str, str], port: int) -> None:
        self.environ = environ
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.leases: list[Lease] = []
        self._parts: dict[str, subprocess.Popen[str]] = {}
        self._guard: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Web first, for the first page has to wait for nobody; then worker and beat."""
        make_folder(LOGS)
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "launch.guard"],
            cwd=ROOT / "shop",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for name, arguments in self._commands().items():
            self._parts[name] = self._start_part(name, [sys.executable, "-m", *arguments])
            if name == "web":
                self._wait_until_it_answers()

    def _commands(self) -> dict[str, list[str]]:
        web = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        web += ["--workers", "2", "--blocking-threads", "1", "--no-ws", "--respawn-failed-workers"]
        web += ["--workers-kill-timeout", str(SECONDS_FOR_A_REQUEST)]
        media = make_folder(Path(self.environ.get("MEDIA_ROOT") or VAR / "media"))
        web += ["--static-path-route", "/media", "--static-path-mount", str(media)]
        celery = ["celery", "--app", "shop"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        return {
            "web": [*web, "shop.wsgi:application"],
            "worker": [*celery, "worker", "--concurrency", "2", *quiet],
            "beat": [*celery, "beat", "--loglevel", "INFO"],
        }

    def _start_part(self, name: str, command: list[str]) -> subprocess.Popen[str]:
        log = LOGS / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".old"))
        with log.open("w", encoding="utf-8") as output:
            process = spawn(command, cwd=ROOT, env=self.environ, output=output)
        assert self._guard is not None and self._guard.stdin is not None
        self._guard.stdin.write(b"%d\n" % process.pid)
        self._guard.stdin.flush()
        return process

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_OPEN
        while not self._answers():
            self._check()
            if time.monotonic() > deadline:
                raise LaunchError(
                    "网站没有起来，见 var/log/web.log", "no answer; see var/log/web.log"
                )
            time.sleep(0.1)

    def _answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def watch(self) -> None:
        """Stay as long as everything runs."""
        while True:
            self._check()
            time.sleep(0.2)

    def _check(self) -> None:
        for name, process in self._parts.items():
            if process.poll() is not None:
                raise LaunchError(
                    f"{name} 意外停止，见 var/log/{name}.log",
                    f"{name} ended; see var/log/{name}.log",
                )
        for lease in self.leases:
            if not lease.is_alive():
                log = lease.files.log.relative_to(ROOT)
                raise LaunchError(
                    f"{lease.name} 意外停止，见 {log}", f"{lease.name} ended; see {log}"
                )

    def stop(self) -> None:
        """Ask all, wait for all, then make them; the guard would do the same if we were killed."""
        for process in self._parts.values():
            signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + SECONDS_TO_STOP
        for process in self._parts.values():
            has_ended(process, within=max(0.0, deadline - time.monotonic()))
            signal_group(process, signal.SIGKILL)
            process.wait()
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
