"""A distributor's payouts as a list, what each is made of, and finding one again."""

from datetime import date

from django.db.models import Q, QuerySet

from base.clock import within_days
from distribution.models import Allocation, Distributor, Entry, Transfer
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
    return rows.filter(within_days("created_at", since, until))


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


def redrawn_as(distributor: Distributor, number: str) -> Payout | None:
    """What has become of a draft of theirs with this former number: when it is drawn up again,
    its money is given back and set aside anew in one breath, under another number.
    """
    entries = Entry.objects.filter(distributor=distributor)
    while freed := entries.filter(transfer__key=f"release:{number}").first():
        again = entries.filter(
            at=freed.at, kind=Transfer.Kind.RESERVE, transfer__gt=freed.transfer_id
        )
        following = again.select_related("transfer").order_by("transfer_id").first()
        if following is None:
            return None
        number = following.transfer.key.removeprefix("reserve:")
        if found := distributor.payouts.filter(number=number).first():
            return found
    return None
