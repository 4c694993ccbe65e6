"""What distributors sold and earned in a month, for lists: read per row shown, by index."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, IntegerField, QuerySet, Subquery, Sum
from django.db.models import OuterRef as Outer
from django.db.models.functions import Coalesce

from base.clock import month_start
from distribution.models import Commission, Distributor, OrderTerms, Result
from distribution.models.result import ALL_TIME


def sold_by(payee: Any, at: datetime) -> QuerySet[OrderTerms]:
    """The level-1 orders of a payee that were paid in the Beijing month of `at`, until then."""
    return OrderTerms.objects.filter(
        payee1=payee, block1="", paid_at__gte=month_start(at), paid_at__lte=at
    ).order_by()


def with_month(rows: QuerySet[Distributor], at: datetime) -> QuerySet[Distributor]:
    """Distributors with `month_order_count` and `month_sales_sum` of their own level-1 orders (goods
    money as paid, before refunds), and `month_earned_sum`, what both levels' commissions accrued
    this month are worth now; and, to sort by, `earned_counted`: all they ever earned, as beat last
    counted it (`distribution.desk.ranking`), since sorting reads it for everybody."""
    sold = sold_by(Outer("pk"), at).values("payee1")
    earned = Commission.objects.filter(payee=Outer("pk"), accrued_at__gte=month_start(at))
    counted = Result.objects.filter(distributor=Outer("pk"), period=ALL_TIME)
    money = DecimalField(max_digits=14, decimal_places=2)
    return rows.annotate(
        month_order_count=Coalesce(
            Subquery(sold.values(n=Count("pk")), output_field=IntegerField()), 0
        ),
        month_sales_sum=Coalesce(
            Subquery(sold.values(n=Sum("order__goods_amount")), output_field=money), Decimal(0)
        ),
        month_earned_sum=Coalesce(
            Subquery(earned.order_by().values("payee").values(n=Sum("amount")), output_field=money),
            Decimal(0),
        ),
        earned_counted=Coalesce(Subquery(counted.values("earned")), Decimal(0)),
    )
