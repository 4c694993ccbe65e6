from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from base.accounts.models import User
from distribution.models import Distributor

PHONE_BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"
AS_A_PERSON = {"user-agent": PHONE_BROWSER, "origin": "http://testserver"}


@pytest.fixture(autouse=True)
def nothing_asked_yet() -> None:
    """Neither limits nor clicks are left from the test before: they lie in Redis, with the cache."""
    cache.clear()


@pytest.fixture
def guest() -> Client:
    """Somebody with a phone in their hand, not signed in."""
    return Client(headers=AS_A_PERSON)


@pytest.fixture
def pages_of() -> Callable[[Distributor | User], Client]:
    """The browser of somebody who is signed in."""

    def sign_in(person: Distributor | User) -> Client:
        client = Client(headers=AS_A_PERSON)
        client.force_login(person.user if isinstance(person, Distributor) else person)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def own_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.PRIVATE_ROOT = str(tmp_path)
