"""`make run`: what a person sees, and that nothing is left behind."""

import os
import signal
import socket
import urllib.request

import pytest

from tests.launch.projects import SECONDS, Project, free_port, read_until, stop

OPEN = "Ctrl-C"


def page(port: str, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def refused(project: Project, **settings: str) -> str:
    """The only line that a shop says which does not start."""
    process = project.run_shop(**settings)
    said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "Traceback" not in said
    complaints = [line for line in said.splitlines() if line.startswith("✗")]
    assert len(complaints) == 1, said
    assert said.splitlines()[-1] == complaints[0]
    project.wait_until_nothing_runs()
    return complaints[0]


def test_opens_twice_in_a_row_and_keeps_its_data(project: Project) -> None:
    port = str(free_port())
    process = project.run_shop(PORT=port)
    said = read_until(process, OPEN)
    assert f"http://127.0.0.1:{port}/" in said
    assert "商家 13800000001" in said
    assert page(port, "/groups") == "demo"

    # A second one in the same folder is refused, a command beside it is welcome.
    second, _ = project.run_shop().communicate(timeout=SECONDS)
    assert "the shop of this folder is running already" in second
    add = "from django.contrib.auth.models import Group; Group.objects.create(name='more')"
    project.manage("shell", "-v0", "-c", add).communicate(timeout=SECONDS)
    assert page(port, "/groups") == "demo,more"

    said, code = stop(process)
    assert ("✓ 已停止 · stopped" in said, code) == (True, 0)
    assert project.processes() == []

    process = project.run_shop(PORT=port)
    read_until(process, OPEN)
    assert page(port, "/groups") == "demo,more"
    # A terminal that is closed stops it as well.
    said, code = stop(process, signal.SIGHUP)
    assert ("✓ 已停止 · stopped" in said, code) == (True, 0)
    assert project.processes() == []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopping_while_it_starts_leaves_nothing(project: Project, sign: signal.Signals) -> None:
    process = project.run_shop()
    read_until(process, "更新数据库")
    said, code = stop(process, sign)
    assert ("✓ 已停止 · stopped" in said, code) == (True, 0)
    assert project.processes() == []


def test_killed_supervisor_leaves_nothing(project: Project) -> None:
    process = project.run_shop()
    read_until(process, OPEN)
    process.kill()
    project.wait_until_nothing_runs()


@pytest.mark.parametrize("part", ["granian", "launch.keeper postgres"])
def test_when_one_part_dies_all_stop_with_one_line(project: Project, part: str) -> None:
    process = project.run_shop()
    read_until(process, OPEN)
    running = (line for line in project.processes() if part in line)
    os.kill(min(int(line.split()[0]) for line in running), signal.SIGKILL)
    said, _ = process.communicate(timeout=SECONDS)
    assert said.count("✗") == 1
    assert "ended; see var/" in said
    assert process.returncode == 1
    project.wait_until_nothing_runs()


def test_busy_port(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(project, PORT=str(port))
    assert said == (
        f"✗ 端口 {port} 已被占用，可改用:PORT={port + 1} make run"
        f" | port {port} is in use; try PORT={port + 1} make run"
    )


@pytest.mark.parametrize("port", ["shop", "0", "65536", "-1", "８０００"])
def test_port_that_is_none(project: Project, port: str) -> None:
    assert (
        refused(project, PORT=port)
        == f"✗ PORT={port} 不是端口号 | PORT={port} is not a port number"
    )


def test_database_that_is_not_there(project: Project) -> None:
    url = f"postgresql://shop:secret@127.0.0.1:{free_port()}/shop"
    said = refused(project, DATABASE_URL=url)
    assert "cannot reach the database of DATABASE_URL: " in said
    assert "secret" not in said


def test_database_of_another_kind(project: Project) -> None:
    said = refused(project, DATABASE_URL="sqlite:////tmp/shop.sqlite3")
    assert said.endswith("DATABASE_URL must name a PostgreSQL")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense"])
def test_redis_that_is_not_there(project: Project, url: str) -> None:
    assert "REDIS_URL" in refused(project, REDIS_URL=url)


def test_bad_setting_is_named(project: Project) -> None:
    said = refused(project, DAYS="seven")
    assert said == "✗ 设置 DAYS 的值不对 | the setting DAYS has a bad value"


def test_part_that_does_not_listen_is_made_to_end(project: Project) -> None:
    process = project.run_shop()
    read_until(process, OPEN)
    beat = next(line for line in project.processes() if "beat" in line)
    os.kill(int(beat.split()[0]), signal.SIGSTOP)
    stop(process)
    assert project.processes() == []
