from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from distribution.risk.findings import find_risks
from shop.management.moments import moment


class Command(BaseCommand):
    help = "找出风险线索。Look for signs of risk as of a time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, default=None, help="ISO time; default: now")

    def handle(self, *args: Any, **options: Any) -> None:
        count = find_risks(options["at"] or timezone.now())
        self.stdout.write(f"{count} new signals")
