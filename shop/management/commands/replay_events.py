from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders.events import replay_events


class Command(BaseCommand):
    help = "重放未处理的订单事件。Handle the order events that failed before."

    def handle(self, *args: Any, **options: Any) -> None:
        handled, failing = replay_events()
        self.stdout.write(f"{handled} events handled, {failing} orders still failing")
        if failing:
            raise CommandError("some events still fail; see the log and the back office")
