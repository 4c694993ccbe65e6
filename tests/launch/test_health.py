"""`/healthz` and `/readyz`, and that the tests themselves reach nobody."""

import socket

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from shop import health
from tests.launch.projects import free_port

READY = {"database": True, "migrations": True, "broker": True, "cache": True}


@pytest.fixture(autouse=True)
def forgotten() -> None:
    health.has_all_migrations.cache_clear()


def test_live_asks_nothing(client: Client) -> None:
    """No `django_db` mark: a query would fail the test."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, READY)


@pytest.mark.django_db
def test_not_ready_without_a_migration(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, READY | {"migrations": False})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "name"), [("CELERY_BROKER_URL", "broker"), ("REDIS_URL", "cache")]
)
def test_not_ready_without_redis(
    client: Client, settings: LazySettings, setting: str, name: str
) -> None:
    setattr(settings, setting, f"redis://:secret@127.0.0.1:{free_port()}/0")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, READY | {name: False})
    assert b"secret" not in answer.content


def test_tests_have_no_network() -> None:
    with socket.socket() as line, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        line.connect(("192.0.2.1", 80))  # an address for documentation, nobody's
