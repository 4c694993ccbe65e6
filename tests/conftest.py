"""What every test can ask for."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.utils import translation
from playwright.sync_api import Browser, sync_playwright

from distribution.desk import wording
from distribution.models import Presentation
from shop.launch import browser as chromium
from tests import servers


def pytest_unconfigure() -> None:
    servers.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that commit are cleaned up by emptying every table; the rows that migrations made
    (first policy, tiers, schedule) are put back for the next one."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark is not None and mark.kwargs.get("transaction"):
            kept = pytest.mark.django_db(transaction=True, serialized_rollback=True)
            item.add_marker(kept, append=False)


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Whatever a test does, it speaks with this machine alone."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                pytest.fail(f"a test wanted to connect to {host}; tests have no network")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


@pytest.fixture(autouse=True)
def chinese_first() -> Iterator[None]:
    """A page asked for in English leaves its language behind in the thread."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True)
def the_houses_words() -> Iterator[None]:
    """A process reads the merchant's words when it starts: that query is no test's business."""
    wording.known.is_read = True
    yield
    if wording._originals:
        wording.apply_words(Presentation(pk=1))


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Chromium; a machine without it fails here and skips nothing."""
    path = chromium.find()
    if path is None:
        pytest.fail("The browser tests need Chromium; `make test` installs it.")
    # Playwright's loop lives in this thread; what Django does here is not asynchronous for it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    # Where a loop runs Django looks for its connections elsewhere: they stay the same, and with
    # them the rows of the migrations that `serialized_rollback` puts back.
    before = connections["default"]
    with sync_playwright() as playwright:
        connections["default"] = before
        started = playwright.chromium.launch(executable_path=path, args=[*chromium.ARGUMENTS])
        yield started
        started.close()
