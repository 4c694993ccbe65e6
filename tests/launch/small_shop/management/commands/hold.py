import sys

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    """Says where its server is, stays until its input ends, and uses the database once more."""

    def handle(self, *args: object, **options: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_backend_pid(), setting FROM pg_settings WHERE name = 'data_directory'"
            )
            self.stdout.write(str(cursor.fetchone()[1]))
        self.stdout.flush()
        sys.stdin.read()
        connection.ensure_connection()
        self.stdout.write(f"{Group.objects.model.__name__} still there")
