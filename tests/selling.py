"""Somebody sells: orders of their customers that are complete at a given moment."""

from datetime import datetime, timedelta
from decimal import Decimal

from base.accounts.models import User
from base.clock import BEIJING
from distribution.models import Distributor, Standing, Tier, TierTask
from distribution.referral.relations import bind_by_link
from orders.models import Order
from orders.refunds import Part
from tests.make import START, make_order, make_user, make_variant, pay, receive, refund

DAYS_TO_COMPLETE = timedelta(days=7)  # the first policy's


def beijing(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BEIJING)


def make_task(code: str, kind: str, target: str, *, needed: str = "all") -> Tier:
    """A task for a tier (by code)."""
    tier = Tier.objects.get(code=code)
    TierTask.objects.create(tier=tier, kind=kind, target=Decimal(target))
    Tier.objects.filter(pk=tier.pk).update(tasks_needed=needed)
    return tier


def make_customer(distributor: Distributor) -> User:
    customer = make_user("顾客")
    bind_by_link(customer, distributor, at=START)
    return customer


def sell(
    distributor: Distributor, price: str, complete: datetime, *, to: User | None = None
) -> Order:
    """One order of a customer of theirs, bought and received a week before it is complete."""
    buyer = to or make_customer(distributor)
    at = complete - DAYS_TO_COMPLETE
    order = make_order(buyer, {make_variant(price): 1}, at=at)
    pay(order, at=at)
    return receive(order, at=at)


def give_back(order: Order, amount: str, *, at: datetime) -> None:
    """Money of the one line goes back, without the goods."""
    refund(order, [Part(order.lines.get().pk, 0, Decimal(amount))], at=at)


def tiers_of(distributor: Distributor) -> list[tuple[str, datetime]]:
    """The tiers somebody has had since they were approved, each with its beginning."""
    rows = Standing.objects.filter(distributor=distributor, status="approved")
    return [(row.tier.code, row.since) for row in rows.order_by("since", "pk") if row.tier]
