from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from distribution.tiers.reviews import review_tiers
from shop.management.moments import moment


class Command(BaseCommand):
    help = "考核等级：升级、保级、提醒、降级。Review tiers: who rises, holds, is warned, falls."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, default=None, help="ISO time; default: now")

    def handle(self, *args: Any, **options: Any) -> None:
        done = review_tiers(options["at"] or timezone.now())
        self.stdout.write(
            f"{done['rose']} rose, {done['held']} held, {done['open']} warned, {done['fell']} fell"
        )
