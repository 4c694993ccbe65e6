"""A distributor's payouts as a list, and finding one again."""

from datetime import date

from django.db.models import QuerySet

from base.clock import day_end, day_start
from distribution.models import Distributor
from payouts.models import Payout


def payouts_of(
    distributor: Distributor,
    *,
    state: str = "",
    number: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Payout]:
    """Newest first; both days count."""
    rows = distributor.payouts.order_by("-created_at", "-pk")
    if state:
        rows = rows.filter(state=state)
    if number:
        rows = rows.filter(number__icontains=number)
    if since:
        rows = rows.filter(created_at__gte=day_start(since))
    if until:
        rows = rows.filter(created_at__lt=day_end(until))
    return rows
