"""Starting and stopping processes so that none is ever left behind."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Identity:
    """The unprivileged person a server runs as when we are root."""

    uid: int
    gid: int

    @classmethod
    def of(cls, person: pwd.struct_passwd) -> "Identity":
        return cls(person.pw_uid, person.pw_gid)


def die_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send `sign` when the parent dies; None but on Linux.

    Elsewhere the keeper (servers) and the guard (everything else) see to it alone.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_the_kernel


def follow_parent(sign: signal.Signals) -> None:
    """Have the kernel send us `sign` when our own parent dies; nothing but on Linux."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)


def spawn(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: IO[str] | int | None = None,
    identity: Identity | None = None,
    dying_sign: signal.Signals = signal.SIGTERM,
    umask: int = -1,
) -> subprocess.Popen[str]:
    """Start `command` in a session of its own, so that Ctrl-C reaches only us."""
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
        preexec_fn=die_with_parent(dying_sign),  # noqa: PLW1509  # we have but one thread
        umask=umask,
        text=True,
    )


def signal_group(process: subprocess.Popen[str], sign: signal.Signals) -> None:
    """Send `sign` to the process and all it started in its session; gone already is fine."""
    try:
        os.killpg(process.pid, sign)
    except (ProcessLookupError, PermissionError):
        pass


def has_ended(process: subprocess.Popen[str], *, within: float) -> bool:
    try:
        process.wait(timeout=within)
    except subprocess.TimeoutExpired:
        return False
    return True


def command_line(pid: int) -> str:
    """What runs under this number; empty when nothing does."""
    try:
        if Path("/proc/self").exists():  # Linux; not everybody installs ps there
            said = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        else:
            asked = ["ps", "-o", "command=", "-p", str(pid)]
            said = subprocess.run(asked, capture_output=True, check=False).stdout
        return said.decode(errors="replace").strip()
    except OSError:
        return ""


def stop_stranger(pid: int, sign: signal.Signals) -> None:
    """End a process that is not our child, and wait for it (ten seconds at most)."""
    try:
        os.kill(pid, sign)
        for _ in range(200):
            time.sleep(0.05)
            os.kill(pid, 0)
    except ProcessLookupError:
        pass
