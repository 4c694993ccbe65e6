"""One clear line for what a person set wrongly, instead of a traceback."""

import traceback
from types import TracebackType

from .messages import LaunchError


def about_settings(error: BaseException) -> LaunchError | None:
    """What is wrong with the environment, if that is why the settings could not be read."""
    from django.core.exceptions import ImproperlyConfigured

    name = _setting_being_read(error.__traceback__)
    if name:
        reason = "缺少" if isinstance(error, ImproperlyConfigured) else "的值不对"
        english = "is missing" if isinstance(error, ImproperlyConfigured) else "has a bad value"
        return LaunchError(f"设置 {name} {reason}", f"the setting {name} {english}")
    if isinstance(error, ImproperlyConfigured):
        first = str(error).strip().split("\n", 1)[0]
        return LaunchError(f"设置有误：{first}", f"bad settings: {first}")
    return None


def about_database() -> LaunchError | None:
    """Why the database cannot be used, or None when it can."""
    import psycopg
    from django.db import connection

    if connection.vendor != "postgresql":
        return LaunchError(
            "DATABASE_URL 必须指向 PostgreSQL", "DATABASE_URL must name a PostgreSQL"
        )
    known = connection.get_connection_params()
    parameters = {k: known[k] for k in ("host", "port", "user", "password", "dbname") if k in known}
    try:
        psycopg.connect(**parameters, connect_timeout=5).close()
    except psycopg.Error as error:
        # The driver names host and port in its message, never the password.
        reason = str(error).strip().split("\n", 1)[0]
        return LaunchError(
            f"连不上 DATABASE_URL 的数据库：{reason}",
            f"cannot reach the database of DATABASE_URL: {reason}",
        )
    return None


def about_tables(error: BaseException) -> LaunchError | None:
    """That the tables are older than the code, if that is why a query failed."""
    from psycopg.errors import UndefinedColumn, UndefinedTable

    from .tables import are_up_to_date

    if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn) or are_up_to_date():
        return None
    return LaunchError(
        "数据库的表还没有更新：先运行 manage.py migrate",
        "the tables of the database are not up to date: run manage.py migrate first",
    )


def about_redis() -> LaunchError | None:
    """Why the broker and cache cannot be used, or None when they can."""
    import redis
    from django.conf import settings

    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=5) as client:
            client.ping()
    except ValueError:
        return LaunchError("REDIS_URL 不是有效的地址", "REDIS_URL is not an address")
    except redis.RedisError as error:
        reason = str(error).strip().split("\n", 1)[0]
        return LaunchError(f"连不上 REDIS_URL:{reason}", f"cannot reach REDIS_URL: {reason}")
    return None


def _setting_being_read(trace: TracebackType | None) -> str | None:
    """The variable that django-environ was reading when it failed."""
    found = None
    for frame, _ in traceback.walk_tb(trace):
        if frame.f_globals.get("__name__", "").startswith("environ."):
            found = frame.f_locals.get("var", found)
    return str(found) if found else None
