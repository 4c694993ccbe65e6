"""A buyer's orders as lists show them, and finding one again."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from base.accounts.models import User
from orders.models import Order, OrderLine, Refund
from orders.states import OPEN_REFUNDS


def orders_of(user: User) -> QuerySet[Order]:
    """Newest first, with their lines and whether an after-sale is open: two queries."""
    open_refunds = Refund.objects.filter(order=OuterRef("pk"), state__in=OPEN_REFUNDS)
    return (
        Order.objects.filter(user=user)
        .annotate(in_after_sale=Exists(open_refunds))
        .prefetch_related(Prefetch("lines", OrderLine.objects.order_by("pk")))
        .order_by("-placed_at", "-pk")
    )


def with_after_sale(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.filter(Exists(Refund.objects.filter(order=OuterRef("pk"))))


def find_orders(orders: QuerySet[Order], words: str) -> QuerySet[Order]:
    """By number, or by the name or article number of something bought."""
    named = OrderLine.objects.filter(order=OuterRef("pk")).filter(
        Q(name__icontains=words) | Q(name_en__icontains=words) | Q(sku__iexact=words)
    )
    return orders.filter(Q(number__icontains=words) | Q(Exists(named)))
