"""Brings database, static files and the demo's data up to date before the shop opens.

A process of its own, so that the supervisor stays small: `python -m shop.launch.prepare`.
"""

import hashlib
import os
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from . import complaints
from .messages import SAID, LaunchError, complain, never_fail_to_print, step
from .places import VAR, make_folder
from .tables import bring_up_to_date


def main() -> int:
    never_fail_to_print()
    try:
        set_up()
        for trouble in (complaints.about_database(), complaints.about_redis()):
            if trouble:
                raise trouble
        prepare()
    except LaunchError as error:
        complain(error)
        return SAID
    except OSError as error:  # a folder that is not there or may not be written
        complain(LaunchError(f"不能继续：{error}", f"cannot go on: {error}"))
        return SAID
    return 0


def set_up() -> None:
    """Load Django; a bad setting becomes one line."""
    try:
        django.setup()
    except Exception as error:
        complaint = complaints.about_settings(error)
        if complaint is None:
            raise
        raise complaint from None


def prepare() -> None:
    step("更新数据库", "bringing the database up to date")
    bring_up_to_date()
    collect_static(VAR / "static-ready")
    if settings.SANDBOX:  # never into a shop that is configured for real
        step("准备演示数据", "preparing the demo's data")
        call_command("fill_demo")


def collect_static(stamp: Path) -> None:
    """Collect the static files, unless they are the same as last time."""
    current = fingerprint()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and stamp.exists() and stamp.read_text() == current:
        return
    step("收集静态文件", "collecting the static files")
    make_folder(stamp.parent)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(current)


def fingerprint() -> str:
    """Changes with any static file of ours or of an installed app."""
    folders = [Path(folder) for folder in settings.STATICFILES_DIRS]
    folders += [Path(app.path) / "static" for app in apps.get_app_configs()]
    seen = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for folder in folders:
        for place, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                found = Path(place, name).stat()
                seen.update(f"{place}/{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return seen.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
