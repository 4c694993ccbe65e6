"""A distributor's payouts as a list, what each is made of, and finding one again."""

from datetime import date

from django.db.models import Q, QuerySet

from base.clock import day_end, day_start
from distribution.models import Allocation, Distributor
from payouts.models import Payout


def payouts_of(
    distributor: Distributor,
    *,
    state: str = "",
    search: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Payout]:
    """Newest first; both days count."""
    rows = distributor.payouts.order_by("-created_at", "-pk")
    if state:
        rows = rows.filter(state=state)
    if search:
        rows = rows.filter(number__icontains=search)
    if since:
        rows = rows.filter(created_at__gte=day_start(since))
    if until:
        rows = rows.filter(created_at__lt=day_end(until))
    return rows


def parts_of(payout: Payout, *, level: int | None = None, search: str = "") -> QuerySet[Allocation]:
    """What a payout is made of, the oldest commission first."""
    rows = payout.reservation.allocations.select_related("commission__line", "commission__order")
    if level:
        rows = rows.filter(commission__level=level)
    if search:
        line = "commission__line"
        rows = rows.filter(
            Q(commission__order__number__icontains=search)
            | Q(**{f"{line}__name__icontains": search})
            | Q(**{f"{line}__name_en__icontains": search})
        )
    return rows.order_by("pk")
