"""A large shop in minutes, to measure with: set-based, and its books agree.

Members, distributors (one of them a star with a twentieth of all sales), relations, received orders
over four hundred days, commissions of both levels, refunds before and after the payout, monthly
payouts, and every ledger entry. What it makes has ids above BASE, so that nothing made later meets
it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from base.accounts.models import User
from catalog.models import Variant
from distribution.desk.ranking import Period, count_results
from distribution.models import Distributor
from distribution.policy import current_policy
from distribution.programme.agreements import agreement_at
from distribution.rules import publish_rule
from payouts.models import Schedule

BASE = 1_000_000_000
MOST_MEMBERS, MOST_ORDERS = 1_000_000, 5_000_000
STATEMENTS = Path(__file__).parent / "load.sql"


@dataclass(frozen=True)
class Load:
    members: int
    distributors: int
    orders: int

    @property
    def values(self) -> dict[str, Any]:
        return {
            "base": BASE,
            "members": self.members,
            "distributors": self.distributors,
            "top": max(1, self.distributors // 10),
            "orders": self.orders,
        }


class CannotFill(Exception):
    """The sizes make no sense, or the load is there already."""


def sized(members: int, commissions: int) -> Load:
    """A fifth of the members are distributors; nine orders in ten earn at two levels."""
    load = Load(members, members // 5, commissions * 10 // 19)
    if not (50 <= members <= MOST_MEMBERS and 50 <= load.orders <= MOST_ORDERS):
        raise CannotFill(f"between 50 and {MOST_MEMBERS} members, at most {MOST_ORDERS} orders")
    return load


def fill_load(load: Load) -> Distributor:
    """Fill, all or nothing, and count what beat counts. Returns the star."""
    if User.objects.filter(pk__gt=BASE).exists():
        raise CannotFill("the load is there already")
    variant = Variant.objects.order_by("pk").first()
    if variant is None:
        raise CannotFill("fill the demo first: there must be goods")
    with transaction.atomic(), connection.cursor() as cursor:
        rule = publish_rule(by=None, scope="variant", variant=variant, rate1="0.10", rate2="0.05")
        # A schedule of its own: the demo's may have run on the same days.
        schedule = Schedule.objects.create(
            name="load", kind=Schedule.Kind.MONTHLY, channel="offline", is_active=False
        )
        values = load.values | {
            "variant": variant.pk,
            "product": variant.product_id,
            "rule": rule.pk,
            "policy": current_policy().pk,
            "schedule": schedule.pk,
            "agreement": agreement_at(timezone.now()).version,
        }
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Triggers and foreign keys would look at each of millions of rows; the books are proved
        # afterwards.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in _statements():
            cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for period in Period:
        count_results(period, at=timezone.now())
    return Distributor.objects.get(pk=BASE + 1)


def _statements() -> Iterator[str]:
    for statement in STATEMENTS.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            yield statement
