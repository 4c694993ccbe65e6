import pytest
from django.core.cache import cache
from django.test import Client

from base.accounts.models import User
from tests.make import make_address, make_user
from tests.wires import Wires, wire


@pytest.fixture(autouse=True)
def nothing_asked_yet() -> None:
    cache.clear()


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> Wires:
    return wire(monkeypatch)


@pytest.fixture
def buyer(db: None) -> User:
    user = make_user("小林")
    make_address(user, is_default=True)
    return user


@pytest.fixture
def member(buyer: User) -> Client:
    client = Client()
    client.force_login(buyer)
    return client
