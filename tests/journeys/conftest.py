"""A shop with doors open: a live server, the sandbox behind it, and people with browsers."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from distribution.models import Policy
from distribution.policy import publish_policy
from distribution.rules import publish_rule
from payouts.models import Schedule
from shop import celery_app
from tests.make import make_distributor, make_user, make_variant

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture
def done_at_once() -> Iterator[None]:
    """No worker runs here: what would wake it is done at once."""
    celery_app.conf.task_always_eager = True
    yield
    celery_app.conf.task_always_eager = False


@pytest.fixture
def shop(live_server: LiveServer, settings: LazySettings, done_at_once: None) -> str:
    """The address of a shop with goods, rules, an open programme and a weekly schedule."""
    settings.BASE_URL = live_server.url
    settings.SANDBOX_BASE_URL = f"{live_server.url}/sandbox"
    settings.ALLOWED_HOSTS = ["*"]
    publish_policy(by=None, joining=Policy.Joining.OPEN)
    publish_rule(by=None, scope="shop", rate1=Decimal("0.2"), rate2=Decimal("0.1"))
    Schedule.objects.update(channel="sandbox", auto_approve=True)
    make_variant("99.00", cost="40.00")
    return live_server.url


@pytest.fixture
def anna() -> str:
    """A distributor the merchant appointed; returns her code."""
    return make_distributor(make_user("安娜", phone="13900000001")).code


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Somebody new with a browser of their own."""
    contexts: list[BrowserContext] = []

    def arrive(*, size: dict[str, int] = PHONE) -> Page:
        context = browser.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]  # a plain dict of width and height
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield arrive
    for context in contexts:
        context.close()
