"""Is it up (`/healthz`), and can it serve (`/readyz`)? For proxies and orchestrators."""

from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError

from base.access import public

SECONDS_TO_ANSWER = 2


@public
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@public
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker, cache and migrations, each true or false; 503 unless all are true."""
    checks: dict[str, Callable[[], bool]] = {
        "database": database_answers,
        "migrations": is_migrated,
        "broker": broker_answers,
        "cache": cache_answers,
    }
    found = {name: check() for name, check in checks.items()}
    return JsonResponse(found, status=200 if all(found.values()) else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def is_migrated() -> bool:
    """Whether the database has every migration of this code; once it has, it stays so."""
    try:
        return has_all_migrations()
    except (DatabaseError, LookupError):
        return False


@cache
def has_all_migrations() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError  # not remembered
    return True


def broker_answers() -> bool:
    options = {"socket_connect_timeout": SECONDS_TO_ANSWER, "socket_timeout": SECONDS_TO_ANSWER}
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, timeout=SECONDS_TO_ANSWER)
    except (OperationalError, redis.RedisError, OSError):
        return False
    return True


def cache_answers() -> bool:
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS_TO_ANSWER) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
