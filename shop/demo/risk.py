"""Signs of risk as a shop meets them: one that was nothing, one that is held, one to look at.

Found by the real questions and decided by the real functions, each at its own time.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from base.accounts.models import User
from distribution.models import Commission
from distribution.risk.decisions import clear_signal, hold_signal
from distribution.risk.findings import find_risks
from distribution.risk.footprints import note_footprints
from distribution.risk.models import Footprint, Signal
from distribution.risk.states import Kind, State

BROWSER, NETWORK = Footprint.Kind.VISITOR, Footprint.Kind.IP
OFFICE = "203.0.113.24"


def show_risks(merchant: User) -> None:
    """Three sales of the last weeks whose buyer and payee were seen in one place."""
    now = timezone.now()
    cleared, held, opened = (now - timedelta(days=days) for days in (4, 2, 0))
    pending = Commission.objects.filter(
        level=1, amount__gt=0, matured_at=None, accrued_at__lt=cleared - timedelta(hours=6)
    ).select_related("buyer", "payee__user")
    sales = _of_different_people(pending.order_by("-accrued_at", "pk"))
    for sale, at, (kind, where) in zip(
        sales,
        (cleared, held, opened),
        ((NETWORK, OFFICE), (BROWSER, _browser("甲")), (BROWSER, _browser("乙"))),
        strict=False,
    ):
        for person in (sale.buyer, sale.payee.user):
            note_footprints(person, {kind: where}, at=at - timedelta(hours=5))
        find_risks(at)
        if at == opened:
            return
        signal = Signal.objects.get(
            kind=Kind.SHARED_IP if kind == NETWORK else Kind.SHARED_VISITOR,
            payee=sale.payee_id,
            state=State.OPEN,
        )
        later = at + timedelta(hours=3)
        if at == cleared:
            reason = "已电话核实：两人是同事，共用公司网络，各自付款收货。"
            clear_signal(signal, by=merchant, reason=reason, at=later)
        else:
            named = list(signal.named.values_list("commission", flat=True))
            reason = "同一台手机下单，先核实是不是本人购买。"
            hold_signal(signal, named, by=merchant, reason=reason, at=later)


def _of_different_people(sales: Iterable[Commission]) -> Iterable[Commission]:
    """The first sale of each payee to somebody who stands in no other."""
    met: set[int] = set()
    for sale in sales:
        if sale.payee_id not in met and sale.buyer_id not in met:
            met |= {sale.payee_id, sale.buyer_id}
            yield sale


def _browser(name: str) -> str:
    return uuid5(NAMESPACE_URL, name).hex
