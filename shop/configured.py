"""What the environment says, refused where it makes no sense: a shop that starts with a wrong
setting does harm later. Every refusal is one sentence that names the setting.
"""

import logging
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

FLAGS = {"1": True, "true": True, "yes": True, "on": True}
FLAGS |= {"0": False, "false": False, "no": False, "off": False, "": False}

env = environ.Env()


def whole(name: str, default: int, *, least: int) -> int:
    """A whole number, not below `least`."""
    value: int = env.int(name, default=default)
    if value < least:
        raise ImproperlyConfigured(f"{name}={value}: must be {least} or more")
    return value


def flag(name: str) -> bool:
    """On or off; off when nothing is said. A slip must not quietly mean off."""
    text: str = env.str(name, default="")
    if text.strip().lower() not in FLAGS:
        raise ImproperlyConfigured(f"{name}={text}: must be 1 or 0")
    return FLAGS[text.strip().lower()]


def web_address(name: str, default: str) -> str:
    """http(s)://host, without a slash at the end."""
    text: str = env.str(name, default=default).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(f"{name}={text}: must be like https://shop.example")
    return text


def log_level(name: str) -> str:
    text: str = env.str(name, default="INFO").upper()
    if text not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(f"{name}={text}: must be like INFO or WARNING")
    return text


def require_postgres(name: str) -> None:
    """The address may hold a password and is not repeated."""
    if urlsplit(env.str(name)).scheme not in ("postgres", "postgresql", "pgsql", "psql"):
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL: postgresql://user@host/name")
