"""Where things live: everything under `var/`, unless a server's person cannot get there."""

import hashlib
import os
import pwd
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .messages import LaunchError
from .processes import Identity

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var"
NAME = "two-level-shop"
# For root alone: a place that everybody may pass through, for data below a closed folder.
OPEN_PLACE = Path("/var/lib") / NAME
# A unix socket's whole path has about 107 bytes (104 on macOS).
LONGEST_SOCKET_FOLDER = 70


def make_folder(folder: Path, *, mode: int = 0o755) -> Path:
    """The folder, made if need be with exactly this mode whatever the umask."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)
    except OSError as error:
        raise LaunchError(
            f"不能在 {folder} 建立文件夹({error.strerror})",
            f"cannot create the folder {folder} ({error.strerror})",
        ) from None
    return folder


def server_identity(home: Path) -> Identity | None:
    """Whom a server runs as: us, or when we are root the data's or the project's owner, or nobody.

    PostgreSQL refuses to run as root, and needs a person with an account.
    """
    if os.geteuid() != 0:
        return None
    for folder in (home, ROOT):
        try:
            owner = folder.stat().st_uid
            if owner != 0:
                return Identity.of(pwd.getpwuid(owner))
        except (FileNotFoundError, KeyError):
            continue
    return Identity.of(pwd.getpwnam("nobody"))


def as_person(identity: Identity | None, question: Callable[[], bool]) -> bool:
    """Answer a question about files with that person's rights (False when it fails)."""
    if identity is None:
        return question()
    child = os.fork()
    if child == 0:
        answer = False
        try:
            os.setgroups([])
            os.setgid(identity.gid)
            os.setuid(identity.uid)
            answer = question()
        finally:
            os._exit(0 if answer else 1)
    return os.waitpid(child, 0)[1] == 0


def settle_home(name: str, *, base: Path) -> tuple[Path, Identity | None]:
    """The folder of one server's data below `base`, and whom it belongs to.

    Where root's unprivileged person cannot reach `base`, the data goes to OPEN_PLACE and a link
    stays behind. A link that was deleted means "start afresh", so what it led to goes too.
    """
    link = base / name
    identity = server_identity(link)
    if link.exists():
        if identity is None and link.stat().st_uid != os.geteuid():
            owner = link.stat().st_uid
            raise LaunchError(
                f"{link} 属于另一个用户(uid {owner})",
                f"{link} belongs to another user, uid {owner}",
            )
        return link.resolve(), identity
    if link.is_symlink():
        link.unlink()
    if identity is None:
        return make_folder(link, mode=0o700), None
    make_folder(base)
    home = link
    if not as_person(identity, lambda: os.access(base, os.X_OK)):
        # As long as the path may be, its place there is short and its own.
        own = hashlib.sha256(os.fsencode(link)).hexdigest()[:16]
        home = make_folder(OPEN_PLACE) / own
        shutil.rmtree(home, ignore_errors=True)
        link.symlink_to(home)
    make_folder(home, mode=0o700)
    os.chown(home, identity.uid, identity.gid)
    return home, identity


def settle_programs(
    packages: Path, *, parts: tuple[str, ...], proof: tuple[str, ...], identity: Identity | None
) -> Path:
    """Where a server's person can run its programs: `packages` itself, or a copy in OPEN_PLACE.

    `parts` are the folders that belong together; `proof` names programs and folders in them: if
    these can be opened, so can the rest.
    """

    def usable() -> bool:
        return all(os.access(packages / name, os.R_OK | os.X_OK) for name in proof)

    if as_person(identity, usable):
        return packages
    copy = make_folder(OPEN_PLACE) / f"programs-{_version(packages, proof)}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
        for part in parts:
            if (packages / part).is_dir():
                shutil.copytree(packages / part, unfinished / part, symlinks=True)
        _open_up(unfinished)
        try:
            unfinished.rename(copy)
        except OSError:  # somebody else was quicker
            shutil.rmtree(unfinished)
    return copy


def _version(packages: Path, proof: tuple[str, ...]) -> str:
    known = [f"{name} {(packages / name).stat().st_mtime_ns}" for name in proof]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _open_up(folder: Path) -> None:
    """Let everybody read, and run what its owner may run."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def make_socket_folder(identity: Identity | None) -> Path:
    """A fresh, private and short folder for a server's socket."""
    wanted = Path(tempfile.gettempdir())
    plain = re.fullmatch(r"[\w/.-]+", str(wanted), re.ASCII)
    fits = plain and len(str(wanted)) < LONGEST_SOCKET_FOLDER
    if not fits or not as_person(identity, lambda: os.access(wanted, os.X_OK)):
        wanted = Path("/tmp")  # noqa: S108  # what goes there is private and freshly named
    folder = Path(tempfile.mkdtemp(prefix="shop-", dir=wanted))
    if identity:
        os.chown(folder, identity.uid, identity.gid)
    return folder


def drop_socket_folder(folder: Path) -> None:
    """Remove what `make_socket_folder` made, and nothing else."""
    if folder.name.startswith("shop-") and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)


def give_back(*tops: Path) -> None:
    """What root made in somebody's project becomes theirs, so that both may run the shop."""
    owner = ROOT.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for top in tops:
        for folder, folders, files in os.walk(top):
            for name in (folder, *folders, *files):
                with suppress(FileNotFoundError):  # a server's files come and go
                    path = Path(folder, name)
                    if path.lstat().st_uid == 0:
                        os.lchown(path, owner.st_uid, owner.st_gid)
