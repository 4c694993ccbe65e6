"""`make check`: every static check, each in a line; what fails shows why."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from .messages import never_fail_to_print
from .places import ROOT

# As in production, so that `check --deploy` sees what a customer would.
PRODUCTION = {
    "SECRET_KEY": "only-for-checks-3f9c1b7a5d2e8064-b1946ac92492d2347c6235b4d2611184",
    "DATABASE_URL": "postgresql://shop@localhost/shop",
    "REDIS_URL": "redis://localhost/0",
    "BASE_URL": "https://shop.example",
    "ALLOWED_HOSTS": "shop.example",
}
PYTHON = [sys.executable, "-m"]
DJANGO = [*PYTHON, "django"]
CHECKS = {
    "code (ruff)": [*PYTHON, "ruff", "check", "--quiet", "."],
    "layout (ruff format)": [*PYTHON, "ruff", "format", "--check", "--quiet", "."],
    "imports (import-linter)": [*PYTHON, "importlinter.cli", "lint"],
    "templates (djlint)": [*PYTHON, "djlint", "--quiet", "--lint", "templates"],
    "settings (check --deploy)": [*DJANGO, "check", "--deploy", "--fail-level", "WARNING"],
    "types (mypy)": [*PYTHON, "mypy", "."],
    "migrations (makemigrations --check)": [
        sys.executable,
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
    ],
}
# The one check that asks a database: let it be the embedded one.
ON_EMBEDDED = {"migrations (makemigrations --check)"}


def main() -> int:
    never_fail_to_print()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        passed = list(pool.map(check, CHECKS))
    print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if all(passed) else 1


def check(name: str) -> bool:
    """Run one check; say how it went, and when it failed, all it said."""
    begun = time.monotonic()
    result = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env=environment(name),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    passed = result.returncode == 0
    line = f"{'✓' if passed else '✗'} {name} {time.monotonic() - begun:.1f} s"
    print(line if passed else f"{line}\n{result.stdout.rstrip()}", flush=True)
    return passed


def environment(name: str) -> dict[str, str]:
    own = {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONUTF8": "1"}
    if name not in ON_EMBEDDED:
        return os.environ | PRODUCTION | own
    return {k: v for k, v in os.environ.items() if k not in PRODUCTION} | own


if __name__ == "__main__":
    sys.exit(main())
