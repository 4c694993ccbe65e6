"""The first page of the back office: what came in, and what waits for somebody."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.clock import BEIJING, beijing_date, day_start, month_start
from catalog.models import Variant
from distribution.models import Commission, Distributor, Rule, Story
from distribution.risk.models import Signal
from distribution.risk.states import State
from distribution.states import Status, StoryState
from orders.models import Order, OrderEvent, Refund, Repayment
from orders.states import OrderState, RefundState, RepaymentState
from payouts.models import Payout
from payouts.states import PayoutState

DAYS = 30

# Work of the rooms this one does not know, by the permission to see it: (what waits, how many, where).
more_work: dict[str, Callable[[], tuple[str, int, str]]] = {}


def board(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fills the admin's index: figures, work that waits with links, sales by day. Each is shown to
    who may see what it is counted from."""
    now, may = timezone.now(), request.user.has_perm
    context["figures"], context["days"] = [], []
    if may("orders.view_order"):
        sums = _sums(now)
        context["figures"] = _sales(sums)
        if may("distribution.view_commission"):
            context["figures"].append(_commission(now, sums["month"]))
        context["days"] = _sales_by_day(now)
    work = [
        (label, rows.count(), _address(listed, query))
        for listed, label, rows, query in _work()
        if _may_see(request.user, listed)
    ]
    work += [count() for permission, count in more_work.items() if may(permission)]
    context["work"] = [row for row in work if row[1]]
    return context


def _sums(now: datetime) -> dict[str, Any]:
    """What was paid for today and this month, and in how many orders."""
    today, month = day_start(beijing_date(now)), month_start(now)
    return Order.objects.filter(paid_at__gte=month).aggregate(
        today=Sum("goods_amount", filter=Q(paid_at__gte=today), default=Decimal(0)),
        today_orders=Count("pk", filter=Q(paid_at__gte=today)),
        month=Sum("goods_amount", default=Decimal(0)),
        month_orders=Count("pk"),
    )


def _sales(sums: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, how much, what to read below it)."""
    return [
        (_("今日成交"), f"¥{sums['today']:,}", _orders(sums["today_orders"])),
        (_("本月成交"), f"¥{sums['month']:,}", _orders(sums["month_orders"])),
    ]


def _commission(now: datetime, sales: Decimal) -> tuple[str, str, str]:
    accrued = Commission.objects.filter(accrued_at__gte=month_start(now))
    cost = accrued.aggregate(total=Sum("amount", default=Decimal(0)))["total"]
    return _("本月佣金"), f"¥{cost:,}", _("占成交 %s") % _share(cost, sales)


def _orders(count: int) -> str:
    return ngettext("%(count)d 笔订单", "%(count)d 笔订单", count) % {"count": count}


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole:.1%}" if whole else "—"


def _work() -> list[tuple[str, Any, QuerySet[Any], str]]:
    """(the list it stands in, what waits, the rows, how the list is filtered). Nothing is asked of
    the database yet."""
    return [
        ("orders.order", _("待发货订单"), Order.objects.filter(state=OrderState.PAID), f"state__exact={OrderState.PAID}"),
        ("orders.refund", _("待处理售后"), Refund.objects.filter(state=RefundState.REQUESTED), f"state__exact={RefundState.REQUESTED}"),
        ("orders.repayment", _("退款失败"), Repayment.objects.filter(state=RepaymentState.FAILED), f"state__exact={RepaymentState.FAILED}"),
        ("distribution.application", _("待审核分销商"), Distributor.objects.filter(status=Status.APPLIED), ""),
        ("distribution.story", _("待审核推广故事"), Story.objects.filter(state=StoryState.SUBMITTED), f"state__exact={StoryState.SUBMITTED}"),
        ("risk.signal", _("待处理风险线索"), Signal.objects.filter(state=State.OPEN), f"state__exact={State.OPEN}"),
        ("payouts.payout", _("待审批结算单"), Payout.objects.filter(state=PayoutState.DRAFT), f"state__exact={PayoutState.DRAFT}"),
        ("orders.orderevent", _("未处理的订单事件"), OrderEvent.objects.filter(handled_at=None), "handled_at__isempty=1"),
        ("catalog.variant", _("库存不足 5 件的规格"), Variant.objects.filter(stock__lt=5, is_active=True), "o=6"),
        ("catalog.variant", _("成本未知、按利润分佣算作 0 的规格"), _without_cost(), "cost__isempty=1"),
    ]  # fmt: skip


def _without_cost() -> QuerySet[Variant]:
    """Goods on sale whose profit nobody knows, as long as a rule in force asks for it."""
    asks = Rule.objects.filter(base=Rule.Base.PROFIT, valid_to=None)
    return Variant.objects.filter(Exists(asks), cost=None, is_active=True)


def _may_see(user: Any, listed: str) -> bool:
    app, model = listed.split(".")
    return user.has_perm(f"{app}.view_{model}")


def _address(listed: str, query: str) -> str:
    address = reverse(f"admin:{listed.replace('.', '_')}_changelist")
    return f"{address}?{query}" if query else address


def _sales_by_day(now: datetime) -> list[dict[str, Any]]:
    """The last thirty Beijing days, every day present, as bars in a field of 300 × 100."""
    first = beijing_date(now) - timedelta(days=DAYS - 1)
    rows = (
        Order.objects.filter(paid_at__gte=day_start(first))
        .annotate(day=TruncDate("paid_at", tzinfo=BEIJING))
        .values_list("day")
        .annotate(total=Sum("goods_amount"))
    )
    sums = dict(rows)
    best = max(sums.values(), default=Decimal(1)) or Decimal(1)
    bars = []
    for i in range(DAYS):
        day = first + timedelta(days=i)
        height = round(100 * sums.get(day, Decimal(0)) / best)
        bars.append(
            {
                "day": day,
                "total": sums.get(day, Decimal(0)),
                "x": 10 * i + 1,
                "y": 100 - height,
                "height": height,
            }
        )
    return bars
