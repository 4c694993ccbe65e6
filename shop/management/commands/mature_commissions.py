from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from distribution.money.commissions import mature_commissions
from distribution.money.forfeits import forfeit_late
from shop.management.moments import moment


class Command(BaseCommand):
    help = "到期佣金转为可结算。Make available what is due at a time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, default=None, help="ISO time; default: now")

    def handle(self, *args: Any, **options: Any) -> None:
        at = options["at"] or timezone.now()
        forfeit_late(at)
        count = mature_commissions(at)
        self.stdout.write(f"{count} commissions matured")
