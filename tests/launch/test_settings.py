"""A setting that makes no sense is refused at the start, in one sentence that names it."""

import os
import subprocess
import sys

import pytest

from shop.launch.places import ROOT

GOOD = {"DATABASE_URL": "postgresql://shop@127.0.0.1:1/shop", "REDIS_URL": "redis://127.0.0.1:1/0"}


def loaded(**settings: str) -> str:
    """What is said when the shop's settings are read as `make run` reads them."""
    code = "from shop.launch.prepare import set_up; set_up(); print('loaded')"
    catch = f"""
from shop.launch.messages import LaunchError
try:
    {code}
except LaunchError as error:
    print(error)
"""
    environ = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "shop.settings"}
    environ |= {"SECRET_KEY": "s" * 50, "PYTHONUTF8": "1"} | GOOD | settings
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", catch],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UNPAID_MINUTES", "-5"),
        ("UNPAID_MINUTES", "0"),
        ("UNPAID_MINUTES", "soon"),
        ("DATABASE_POOL_SIZE", "0"),
        ("BASE_URL", "shop.example"),
        ("SANDBOX_BASE_URL", "ftp://x"),
        ("DEBUG", "maybe"),
        ("SANDBOX", "2"),
        ("LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "mysql://shop:hush@127.0.0.1/shop"),
        ("DATABASE_URL", "hush"),
    ],
)
def test_what_makes_no_sense_is_named(name: str, value: str) -> None:
    said = loaded(**{name: value})
    assert name in said
    assert "hush" not in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("values", [{}, {"DEBUG": "TRUE", "LOG_LEVEL": "debug", "SANDBOX": ""}])
def test_what_makes_sense_is_taken(values: dict[str, str]) -> None:
    assert loaded(**values) == "loaded"
