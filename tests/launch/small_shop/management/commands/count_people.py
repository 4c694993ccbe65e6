from django.contrib.auth.models import User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Reads a table."""

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{User.objects.count()} people")
