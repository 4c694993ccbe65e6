import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from base.accounts.models import User
from base.models import Notice

ORIGIN = "http://testserver"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def browser() -> Client:
    """A browser on one of our pages: it says where its POSTs come from."""
    return Client(headers={"origin": ORIGIN})


@pytest.fixture
def htmx() -> Client:
    return Client(headers={"origin": ORIGIN, "hx-request": "true"})


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("13800138000", "Good-Pass-9", name="小花", phone_verified=True)


@pytest.fixture
def member(user: User) -> Client:
    client = Client(headers={"origin": ORIGIN})
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def last_code() -> Callable[[str], str]:
    """The digits in the newest message to somebody, still in the outbox."""

    def read(recipient: str) -> str:
        notice = Notice.objects.filter(recipient=recipient).latest("pk")
        found = re.search(r"\d{6}", notice.text)
        assert found is not None, notice.text
        return found.group()

    return read
