"""What payees are told when one of their commissions is looked at, in general words."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, Sum
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
    "commission_revoked_paid": Event(
        COMMISSIONS,
        _("佣金经复核撤回"),
        _(
            "订单 %(order)s 的佣金 ¥%(amount)s 经复核不符合推广规则，已撤回。"
            "这笔已经结算给你，不用退钱，之后如有佣金，会先补上它。如有异议请联系客服。"
        ),
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
    """Each payee of these commissions, one message a commission, with what of it is at stake: what
    was left of it when it was decided."""
    rows = Commission.objects.filter(pk__in=[one.pk for one in commissions])
    revoked = Sum("reversals__amount", filter=Q(reversals__refund=None, reversals__at=at))
    news: dict[str, list[News]] = defaultdict(list)
    for row in rows.select_related("order").annotate(revoked=revoked):
        was_paid = event == "commission_revoked" and row.allocated > row.amount
        news[f"{event}_paid" if was_paid else event].append(
            News(
                row.payee_id,
                f"{row.pk}:{at:%Y%m%d%H%M%S}",
                {"order": row.order.number, "amount": str(row.amount or row.revoked)},
                f"/distribution/commissions/{row.pk}/",
            )
        )
    for name, told in news.items():
        tell(name, told, at=at)
