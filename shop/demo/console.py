"""Time in the demo's hands: what takes days in a shop, done when a newcomer asks for it."""

from datetime import date, timedelta

from django.utils import timezone

from base.clock import beijing_date
from distribution.models import Commission
from distribution.money.commissions import mature_commissions
from orders.models import Order
from orders.receipt import receive_order
from orders.shipping import ship_order
from orders.states import OrderState
from orders.wake import run_soon
from payouts.models import Run, Schedule
from payouts.runs import run_period
from payouts.schedules import next_due_day
from payouts.sending import approve_payout
from payouts.states import PayoutState
from payouts.tasks import send_payouts

DAYS_AHEAD = 8


def ship_all() -> int:
    """Send every paid order. Returns how many."""
    waiting = Order.objects.filter(state=OrderState.PAID).order_by("pk")
    for order in waiting:
        ship_order(order, courier="演示快递", tracking_no=f"DEMO{order.pk}", by=None)
    return len(waiting)


def receive_all() -> int:
    """Every buyer confirms what is on its way. Returns how many."""
    waiting = Order.objects.filter(state=OrderState.SHIPPED).order_by("pk")
    for order in waiting:
        receive_order(order)
    return len(waiting)


def mature_all() -> int:
    """As if eight days had passed: what is due by then is due now, so that no entry of the ledger
    bears a day that is still to come. Returns how many commissions became available."""
    now = timezone.now()
    soon = Commission.objects.filter(
        matured_at=None, matures_at__gt=now, matures_at__lte=now + timedelta(days=DAYS_AHEAD)
    )
    soon.update(matures_at=now)
    return mature_commissions(now)


def pay_out() -> tuple[Run, int]:
    """The weekly payout of the next period that has not run, approved; a worker sends it, as in
    life: a web process that pays through a gateway it plays itself might wait for itself. Returns
    the run and how many were approved."""
    schedule = Schedule.objects.filter(kind=Schedule.Kind.WEEKLY).earliest("pk")
    run = run_period(schedule, next_period(schedule))
    for draft in run.payouts.filter(state=PayoutState.DRAFT).order_by("pk"):
        approve_payout(draft, by=None)
    run_soon(send_payouts)
    return run, run.payouts.exclude(state=PayoutState.DRAFT).count()


def next_period(schedule: Schedule) -> date:
    taken = set(schedule.runs.values_list("period", flat=True))
    day = next_due_day(schedule, beijing_date(timezone.now()))
    while day in taken:
        day = next_due_day(schedule, day)
    return day
