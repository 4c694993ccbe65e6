"""The browser that the tests drive: found, or installed, or a clear failure."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from .messages import LaunchError, complain, never_fail_to_print, step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# Headless, silent towards the network, and allowed to run as root in a container.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@cache
def find() -> str | None:
    """A Chromium that starts: CHROMIUM, the machine's own, or Playwright's."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    candidates = [path for name in NAMES if (path := shutil.which(name))]
    candidates += [path for path in MAC_PATHS if Path(path).exists()]
    return next(filter(_starts, candidates), None) or _find_playwrights_own()


def ensure() -> str:
    """Find a browser, or install one: Debian's package for root, Playwright's otherwise."""
    found = find()
    if found:
        return found
    step("安装 Chromium 浏览器", "installing the Chromium browser")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install_packages("chromium", "fonts-noto-cjk")
    find.cache_clear()
    if not find():
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
        find.cache_clear()
    found = find()
    if found is None:
        raise LaunchError(
            "浏览器测试需要 Chromium,请安装软件包 chromium 或用 CHROMIUM=路径 指定",
            "the browser tests need Chromium: install the package chromium, or set CHROMIUM=path",
        )
    return found


def install_packages(*names: str) -> bool:
    """Debian packages, without questions; whether it worked."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    return all(
        _run(["apt-get", *action], **quiet)
        for action in (
            ["update", "-qq"],
            ["install", "-y", "-qq", "--no-install-recommends", *names],
        )
    )


def has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    asked = ["fc-list", ":lang=zh", "family"]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def _starts(path: str) -> bool:
    """A command that only says where to buy the real one (Ubuntu's) is no browser."""
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _find_playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() and _starts(path) else None


def _run(command: list[str], **more: str) -> bool:
    done = subprocess.run(command, env=os.environ | more, stdout=sys.stderr, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    never_fail_to_print()
    try:
        ensure()
        # Without one, pictures of pages show boxes; for root on Debian that is soon mended.
        if os.geteuid() == 0 and shutil.which("apt-get") and not has_chinese_font():
            install_packages("fonts-noto-cjk", "fontconfig")
    except LaunchError as error:
        complain(error)
        sys.exit(1)
