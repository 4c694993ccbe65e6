"""How far invitations got, by the month they were sent in: sent, opened, joined, sold, used."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import TruncMonth

from base.clock import BEIJING
from distribution.models import Commission, Invitation


@dataclass(frozen=True)
class Month:
    month: date
    sent: int
    opened: int
    joined: int
    sold: int
    used: int

    @property
    def steps(self) -> list[tuple[int, int]]:
        """Each step after sending: how many came so far, and what per cent of the sent that is."""
        reached = (self.opened, self.joined, self.sold, self.used)
        return [(count, round(count * 100 / self.sent)) for count in reached]


def funnel(since: datetime, until: datetime) -> list[Month]:
    """Invitations sent in [since, until), a row a month, newest first. One query.

    Sold: the member's first level-1 commission after joining; used: an order took the coupon.
    """
    sale = Commission.objects.filter(
        payee=OuterRef("member"), level=1, accrued_at__gte=OuterRef("ended_at")
    )
    joined = Q(state="joined")
    rows: Any = (
        Invitation.objects.filter(sent_at__gte=since, sent_at__lt=until)
        .annotate(has_sold=Exists(sale), month=TruncMonth("sent_at", tzinfo=BEIJING))
        .order_by()
        .values("month")
        .annotate(
            sent=Count("pk"),
            opened=Count("pk", filter=Q(opened_at__isnull=False)),
            joined=Count("pk", filter=joined),
            sold=Count("pk", filter=joined & Q(has_sold=True)),
            used=Count("pk", filter=Q(coupon__order__isnull=False)),
        )
        .order_by(F("month").desc())
    )
    return [Month(row.pop("month").date(), **row) for row in rows]
