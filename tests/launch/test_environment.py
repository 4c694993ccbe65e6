"""What makes `.venv`: when it is left alone, when made anew, and what it says."""

import subprocess
import sys
from pathlib import Path

import pytest

from shop.launch import environment
from shop.launch.places import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose environment installs nothing from anywhere."""
    venv = tmp_path / ".venv"
    names = {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "STAMP": venv / "shop-ready",
        "BUILDING": venv / "shop-building",
        "TOOLS": venv / "shop-tools",
        "LOCK": tmp_path / "uv.lock",
    }
    for name, value in names.items():
        monkeypatch.setattr(environment, name, value)
    (tmp_path / "uv.lock").write_text("version = 1")
    monkeypatch.setattr(environment, "install", lambda scratch: None)
    return tmp_path


def test_finished_environment_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment.main() == 0
    assert "✓ 环境就绪 · the environment is ready" in capsys.readouterr().out
    monkeypatch.setattr(environment, "build", lambda: pytest.fail("made again"))
    assert environment.main() == 0
    assert capsys.readouterr().out == ""


def test_changed_lock_is_installed(folder: Path) -> None:
    environment.main()
    (folder / "uv.lock").write_text("version = 1 # newer")
    assert not environment.is_ready()
    kept = folder / ".venv" / "kept"
    kept.touch()
    assert environment.main() == 0
    assert environment.is_ready()
    assert kept.exists()


def test_interrupted_setup_starts_afresh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(scratch: Path) -> None:
        (folder / ".venv" / "half").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(environment, "install", interrupted)
        assert environment.main() == 130
    assert not environment.is_ready()
    assert environment.main() == 0
    assert not (folder / ".venv" / "half").exists()
    assert not (folder / ".venv" / "shop-building").exists()


def test_environment_without_its_python_is_made_anew(folder: Path) -> None:
    environment.main()
    (folder / ".venv" / "bin" / "python").unlink()
    (folder / ".venv" / "bin" / "python").symlink_to("/no/such/python")
    assert not environment.is_ready()
    assert environment.main() == 0
    assert environment.is_ready()


def test_python_without_venv_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "run", lambda *arguments, **options: False)
    assert environment.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "install the package python3-venv first" in said


def test_old_python_is_one_sentence() -> None:
    """Told that it is old, and with no newer one on the PATH."""
    bootstrap = ROOT / "shop" / "launch" / "bootstrap.py"
    pretend = f"import sys, runpy; sys.version_info = (3, 9, 2); runpy.run_path({str(bootstrap)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", pretend],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.9 is too old: the shop needs Python 3.11 or newer")
    assert done.stderr.count("\n") == 1


def test_ready_environment_costs_little() -> None:
    """`make run` asks each time; nothing heavy may be loaded for it."""
    ask = "import sys, shop.launch.environment as e; print({'django', 'celery'} & {*sys.modules})"
    path = ROOT / "shop"
    done = subprocess.run(
        [sys.executable, "-c", ask.replace("shop.launch", "launch")],
        cwd=path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
