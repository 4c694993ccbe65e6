"""C of a chain buys one thing, sends part of it back, or keeps it until its commission is mature."""

from datetime import datetime, timedelta
from decimal import Decimal

from base.clock import BEIJING
from distribution.money.commissions import mature_commissions
from orders.models import Order
from orders.refunds import Part
from tests.make import Chain, make_order, make_variant, pay, receive, refund

NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)  # a Sunday
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)


def buy(
    chain: Chain,
    price: str = "99.00",
    quantity: int = 1,
    *,
    cost: str | None = None,
    at: datetime = NOON,
) -> Order:
    """A paid order of one line."""
    order = make_order(chain.c, {make_variant(price, cost=cost): quantity}, at=at)
    pay(order, at=at)
    return order


def earn(chain: Chain, price: str, *, at: datetime = NOON) -> Order:
    """Bought and received at `at`; what it earns is mature seven days later."""
    order = buy(chain, price, at=at)
    receive(order, at=at)
    mature_commissions(at + 7 * DAY)
    return order


def take_back(order: Order, quantity: int, amount: str, *, at: datetime = NOON + DAY) -> None:
    """The one line's pieces and money go back to the buyer."""
    refund(order, [Part(order.lines.get().pk, quantity, Decimal(amount))], at=at)
