"""The settings of a shop that nobody has configured: the demo's, on this machine."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .places import VAR, give_back, make_folder
from .servers import Lease

SERVERS = VAR / "servers"
# Which server is embedded when which setting is missing.
EMBEDDED = {"DATABASE_URL": "postgres", "REDIS_URL": "valkey"}


def fill_in(environ: dict[str, str]) -> None:
    """Add what `SECRET_KEY` and the demo need; a configured shop (it has a key) is left alone."""
    environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    if not environ.get("SECRET_KEY"):
        environ["SECRET_KEY"] = secret_key(VAR / "secret-key")
        environ.setdefault("SANDBOX", "1")


def secret_key(path: Path) -> str:
    """A key of this folder's own, the same at every start."""
    make_folder(path.parent)
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


@contextmanager
def embedded_servers(environ: dict[str, str]) -> Iterator[list[Lease]]:
    """The servers that `environ` does not name, up for as long as the block runs.

    Their addresses are added to `environ`.
    """
    wanted = [kind for setting, kind in EMBEDDED.items() if not environ.get(setting)]
    leases: list[Lease] = []
    try:
        for kind in wanted:
            leases.append(Lease(kind, SERVERS))
        for lease in leases:
            environ.update(lease.settle())
        yield leases
    finally:
        for lease in leases:
            lease.release()
        give_back(VAR)
