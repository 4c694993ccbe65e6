from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.management.refusals import show_refused
from shop.moving.files import Refused
from shop.moving.folder import import_folder
from shop.moving.progress import Progress


class Command(BaseCommand):
    help = "从另一家商城迁入。Move in products, members, rules, orders and refunds (CSV)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument(
            "--accrue",
            action="store_true",
            help="orders, receipts and refunds make commissions, at their own times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder")
        progress = Progress(self.stderr)
        try:
            for outcome in import_folder(folder, progress, with_events=options["accrue"]):
                self.stdout.write(str(outcome))
        except Refused as refused:
            show_refused(refused, self.stderr)
        except OSError as error:
            raise CommandError(str(error)) from error
