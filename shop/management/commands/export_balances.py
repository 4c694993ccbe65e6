from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from distribution.money.exports import export_balances
from shop.management.outputs import output


class Command(BaseCommand):
    help = "导出所有分销商的余额。Export every distributor's balances as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a path, or - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        with output(options["file"]) as file:
            count = export_balances(file)
        if options["file"] != "-":
            self.stdout.write(f"balances: {count}")
