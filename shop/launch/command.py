"""`manage.py COMMAND` in a folder where nobody has configured anything."""

import os
import sys

from .complaints import about_database, about_settings, about_tables
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
        own_database = not environ.get("DATABASE_URL")
        with embedded_servers(environ):
            os.environ.update(environ)
            return execute(arguments, own_database=own_database)
    except LaunchError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 130


def execute(arguments: list[str], *, own_database: bool = False) -> int:
    """Django's own way, with one line for what is not there: a setting, the database, its tables.

    A command of the shop finds its tables in the embedded database, `own_database`, also when it
    is the first to use it. What somebody else keeps is migrated by nobody but them.
    """
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        settings.DATABASES  # noqa: B018  # reads the environment now
    except Exception as error:
        complaint = about_settings(error)
        if complaint is None:
            raise
        raise complaint from None
    try:
        if own_database and _is_of_the_shop(arguments[1]):
            from .tables import bring_up_to_date

            bring_up_to_date()
        execute_from_command_line(arguments)
    except (OperationalError, ProgrammingError) as error:
        complaint = about_tables(error) or about_database()
        if complaint is None or "--traceback" in arguments:
            raise
        raise complaint from None
    return 0


def _is_of_the_shop(command: str) -> bool:
    import django
    from django.core.management import get_commands

    django.setup()
    return get_commands().get(command) == "shop"


def main() -> None:
    sys.exit(run(sys.argv))
