from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args: object, **options: object) -> None:
        Group.objects.get_or_create(name="demo")
        Path(settings.ROOT, "var", "demo-accounts.txt").write_text("商家 13800000001", "utf-8")
