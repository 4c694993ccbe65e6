"""`manage.py COMMAND` in a folder where nobody has configured anything."""

import os
import sys

from .complaints import about_database, about_settings
from .defaults import embedded_servers, fill_in
from .messages import LaunchError, complain, never_fail_to_print

# These look at files alone; a server would only make them slower.
WITHOUT_SERVERS = {"help", "version", "collectstatic", "compilemessages", "makemessages"}
NOWHERE = {"DATABASE_URL": "postgresql:///shop", "REDIS_URL": "redis://localhost/0"}


def run(arguments: list[str]) -> int:
    """Run a management command, on the embedded servers where none are named."""
    never_fail_to_print()
    environ = dict(os.environ)
    try:
        fill_in(environ)
        if len(arguments) < 2 or arguments[1] in WITHOUT_SERVERS or "--help" in arguments:
            os.environ.update(NOWHERE | environ)
            return execute(arguments)
        with embedded_servers(environ):
            os.environ.update(environ)
            return execute(arguments)
    except LaunchError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 130


def execute(arguments: list[str]) -> int:
    """Django's own way, with one line for a wrong setting or a database that is not there."""
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        settings.DATABASES  # noqa: B018  # reads the environment now
    except Exception as error:
        complaint = about_settings(error)
        if complaint is None:
            raise
        raise complaint from None
    try:
        execute_from_command_line(arguments)
    except OperationalError:
        complaint = about_database()
        if complaint is None or "--traceback" in arguments:
            raise
        raise complaint from None
    return 0


def main() -> None:
    sys.exit(run(sys.argv))
