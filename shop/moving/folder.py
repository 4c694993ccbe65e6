"""A folder of files, in the order in which they need each other."""

from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from shop.moving.accrual import accrue_orders, accrue_refunds
from shop.moving.members import import_members
from shop.moving.orders import import_orders
from shop.moving.outcome import Outcome
from shop.moving.products import import_products
from shop.moving.progress import Progress
from shop.moving.refunds import import_refunds
from shop.moving.rules import import_rules
from shop.moving.staging import begin_alone


def import_folder(folder: Path, progress: Progress, *, with_events: bool) -> Iterator[Outcome]:
    """Bring in what is there, file by file; yields what became of each.

    Raises Refused at the first file with errors: those before it stay, it changes nothing.
    """
    for name, bring_in in (
        ("products.csv", import_products),
        ("members.csv", import_members),
        ("rules.csv", import_rules),
    ):
        if (folder / name).exists():
            yield bring_in(folder / name, progress)
    if (folder / "orders.csv").exists():
        yield import_orders(folder / "orders.csv", progress, with_events=with_events)
    elif with_events:
        with transaction.atomic():
            begin_alone()
            accrue_orders(progress)
    if (folder / "refunds.csv").exists():
        yield import_refunds(folder / "refunds.csv", progress, with_events=with_events)
    elif with_events:
        with transaction.atomic():
            begin_alone()
            accrue_refunds(progress)
