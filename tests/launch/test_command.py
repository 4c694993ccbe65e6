"""`manage.py` by itself, on the embedded servers."""

import os
import signal

from tests.launch.projects import SECONDS, Project, free_port, read_until


def test_starts_the_server_for_as_long_as_it_runs(project: Project) -> None:
    process = project.manage("migrate", "-v0")
    said, _ = process.communicate(timeout=SECONDS)
    assert (said, process.returncode) == ("", 0)
    assert project.processes() == []


def test_command_of_the_shop_makes_its_tables(project: Project) -> None:
    first, second = project.manage("count_people"), project.manage("count_people")
    for process in (first, second):
        said, _ = process.communicate(timeout=SECONDS)
        assert (said, process.returncode) == ("0 people\n", 0)


def test_two_commands_share_the_server_and_the_last_ends_it(project: Project) -> None:
    project.manage("migrate", "-v0").communicate(timeout=SECONDS)
    first, second = project.manage("hold"), project.manage("hold")
    read_until(first, "data")
    read_until(second, "data")
    servers = [line for line in project.processes() if "launch.keeper" in line]
    assert len(servers) == 2  # PostgreSQL's and Redis's
    said, _ = first.communicate(timeout=SECONDS)
    assert "still there" in said
    said, _ = second.communicate(timeout=SECONDS)
    assert "still there" in said
    assert project.processes() == []


def test_killed_command_leaves_no_server(project: Project) -> None:
    process = project.manage("hold")
    read_until(process, "data")
    process.send_signal(signal.SIGKILL)
    project.wait_until_nothing_runs()


def test_exit_code_is_the_commands(project: Project) -> None:
    process = project.manage("no_such_command")
    said, _ = process.communicate(timeout=SECONDS)
    assert "Unknown command" in said
    assert process.returncode == 1


def test_database_that_is_not_there_is_one_line(project: Project) -> None:
    url = f"postgresql://shop:secret@127.0.0.1:{free_port()}/shop"
    process = project.manage("migrate", DATABASE_URL=url)
    said, _ = process.communicate(timeout=SECONDS)
    assert said.splitlines()[-1].startswith("✗ 连不上 DATABASE_URL 的数据库")
    assert "Traceback" not in said
    assert "secret" not in said
    assert process.returncode == 1


def test_missing_tables_of_a_database_of_ones_own_are_one_line(project: Project) -> None:
    # The tests' server has this one too, and nobody ever used it.
    process = project.manage("count_people", DATABASE_URL=os.environ["DATABASE_URL"])
    said, _ = process.communicate(timeout=SECONDS)
    assert said.startswith("✗ 数据库的表还没有更新：先运行 manage.py migrate")
    assert "Traceback" not in said
    assert process.returncode == 1


def test_bad_setting_is_one_line(project: Project) -> None:
    process = project.manage("check", DAYS="seven")
    said, _ = process.communicate(timeout=SECONDS)
    assert said == "✗ 设置 DAYS 的值不对 | the setting DAYS has a bad value\n"
    assert process.returncode == 1


def test_configured_shop_gets_no_demo_settings(project: Project) -> None:
    ask = "from django.conf import settings; print(settings.SANDBOX, settings.SECRET_KEY[:3])"
    process = project.manage("shell", "-v0", "-c", ask, SECRET_KEY="own-key")
    assert process.communicate(timeout=SECONDS)[0] == "False own\n"
    process = project.manage("shell", "-v0", "-c", ask)
    assert process.communicate(timeout=SECONDS)[0].startswith("True ")


def test_key_is_private_and_stays(project: Project) -> None:
    ask = "from django.conf import settings; print(settings.SECRET_KEY)"
    keys = {
        project.manage("shell", "-v0", "-c", ask).communicate(timeout=SECONDS)[0] for _ in range(2)
    }
    assert len(keys) == 1
    assert (project.folder / "var" / "secret-key").stat().st_mode & 0o777 == 0o600
