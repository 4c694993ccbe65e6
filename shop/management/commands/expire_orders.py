from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from orders.cancellation import expire_orders
from shop.management.moments import moment


class Command(BaseCommand):
    help = "关闭超时未付款的订单并退回库存。Close unpaid orders whose time is up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, default=None, help="ISO time; default: now")

    def handle(self, *args: Any, **options: Any) -> None:
        at, total = options["at"] or timezone.now(), 0
        while closed := expire_orders(at):
            total += closed
        self.stdout.write(f"{total} orders closed")
