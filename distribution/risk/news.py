"""What payees are told when one of their commissions is looked at, in general words."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from base.inbox import Event, News, events, tell
from distribution.models import Commission
from distribution.news import COMMISSIONS

EVENTS = {
    "commission_held": Event(
        COMMISSIONS,
        _("有佣金正在复核"),
        _("订单 %(order)s 的佣金 ¥%(amount)s 正在复核，复核期间暂不结算，其他佣金不受影响。"),
    ),
    "commission_released": Event(
        COMMISSIONS,
        _("佣金复核通过"),
        _("订单 %(order)s 的佣金 ¥%(amount)s 复核通过，照常结算。"),
    ),
    "commission_revoked": Event(
        COMMISSIONS,
        _("佣金经复核撤回"),
        _("订单 %(order)s 的佣金 ¥%(amount)s 经复核不符合推广规则，已撤回。如有异议请联系客服。"),
    ),
}


def register() -> None:
    events.update(EVENTS)


def tell_decision(event: str, commissions: Iterable[Commission], *, at: datetime) -> None:
    """Each payee of these commissions, one message a commission."""
    rows = Commission.objects.filter(pk__in=[one.pk for one in commissions])
    news = defaultdict(list)
    for row in rows.select_related("order"):
        amount = row.amount or row.amount_at_payment
        values = {"order": row.order.number, "amount": str(amount)}
        link = f"/distribution/commissions/{row.pk}/"
        news[event].append(News(row.payee_id, f"{row.pk}:{at:%Y%m%d%H%M%S}", values, link))
    for name, told in news.items():
        tell(name, told, at=at)
