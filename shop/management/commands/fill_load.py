import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from payouts.books import check_books
from shop.demo.load import CannotFill, fill_load, sized


class Command(BaseCommand):
    help = (
        "填充大量数据，用来测速（只在演示环境）。Fill a large shop to measure with, sandbox only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--members", type=int, default=100_000)
        parser.add_argument("--commissions", type=int, default=1_000_000)
        parser.add_argument("--prove", action="store_true", help="check_books afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("只在演示环境可用。Only in the sandbox.")
        begun = time.monotonic()
        try:
            load = sized(options["members"], options["commissions"])
            star = fill_load(load)
        except CannotFill as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{load} in {time.monotonic() - begun:.0f} s; star: {star.pk}")
        if options["prove"] and (problems := check_books()):
            raise CommandError("\n".join(problems))
