"""Whom to ask: members who are no distributors, ranked by what they bought, said and sent.

The score is at most 100, and each part has its figure beside it. Only completed purchases count;
people brought are known of former distributors alone, for nobody else has links.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    Case,
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, Least
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.money import ZERO
from distribution.joining import KEPT, completed_orders
from distribution.models import Binding, Candidate, Invitation
from distribution.states import OPEN_INVITATIONS
from orders.models import Review

NUMBER = DecimalField(max_digits=14, decimal_places=4)
# Points at most, and the figure that gives them all.
RATING, SPENT, ORDERS, RECENCY, RECIPIENTS, BROUGHT = 25, 25, 15, 15, 10, 10
FULL_RATING, FULL_SPENT, FULL_ORDERS, FULL_RECIPIENTS, FULL_BROUGHT = 5, 1000, 10, 5, 10
RECENT = ((30, Decimal(1)), (90, Decimal("0.6")), (180, Decimal("0.3")))  # days, part of the points


def candidates(at: datetime) -> QuerySet[Any]:
    """Everybody who may be asked and has completed an order, with figures and `score`, the best first. One query."""
    own = completed_orders(at).filter(user=OuterRef("pk")).order_by().values("user")
    rated = Review.objects.filter(user=OuterRef("pk")).order_by().values("user")
    brought = Binding.objects.filter(distributor=OuterRef("pk")).order_by().values("distributor")
    asked = Invitation.objects.filter(
        member=OuterRef("pk"), state__in=OPEN_INVITATIONS, expires_at__gt=at
    )
    people = Candidate.objects.annotate(
        order_count=Coalesce(Subquery(own.values(n=Count("pk"))), 0),
        spent=Coalesce(Subquery(own.values(n=Sum(KEPT))), ZERO),
        last_bought=Subquery(own.values(n=Max("placed_at"))),
        recipients=Coalesce(
            Subquery(own.values(n=Count(Concat("recipient", Value(" "), "phone"), distinct=True))),
            0,
        ),
        rating=Subquery(rated.values(n=Cast(Avg("rating"), NUMBER))),
        reviews_written=Coalesce(Subquery(rated.values(n=Count("pk"))), 0),
        brought=Coalesce(Subquery(brought.values(n=Count("customer", distinct=True))), 0),
        is_asked=Exists(asked),
    )
    return people.annotate(score=_score(at)).order_by("-score", "pk")


def _score(at: datetime) -> Any:
    recency = Case(
        *(
            When(last_bought__gte=at - timedelta(days=days), then=Value(RECENCY * part, NUMBER))
            for days, part in RECENT
        ),
        default=Value(ZERO, NUMBER),
        output_field=NUMBER,
    )
    parts = (
        Coalesce(F("rating"), Value(ZERO, NUMBER)) * Value(Decimal(RATING) / FULL_RATING, NUMBER)
        + _part("spent", SPENT, FULL_SPENT)
        + _part("order_count", ORDERS, FULL_ORDERS)
        + _part("recipients", RECIPIENTS, FULL_RECIPIENTS)
        + _part("brought", BROUGHT, FULL_BROUGHT)
        + recency
    )
    return ExpressionWrapper(parts, NUMBER)


def _part(name: str, points: int, full: int) -> Any:
    """All the points from `full` on, and in proportion below."""
    each = Value(Decimal(points) / full, NUMBER)
    return Least(
        ExpressionWrapper(Cast(F(name), NUMBER) * each, NUMBER), Value(Decimal(points), NUMBER)
    )


def reasons(candidate: Any, at: datetime) -> list[str]:
    """What speaks for a candidate, in words with the figures."""
    days = max(0, (at - candidate.last_bought).days)
    told = [
        _("消费 ¥%(spent)s，%(count)d 笔已完成订单")
        % {"spent": candidate.spent, "count": candidate.order_count},
        ngettext("最近一次购买在 %(days)d 天前", "最近一次购买在 %(days)d 天前", days)
        % {"days": days},
    ]
    if candidate.reviews_written:
        told.insert(
            0,
            _("写过 %(count)d 条评价，平均 %(rating)s 星")
            % {"count": candidate.reviews_written, "rating": f"{candidate.rating:.1f}"},
        )
    if candidate.recipients > 1:
        told.append(_("寄给过 %(count)d 位不同的收货人") % {"count": candidate.recipients})
    if candidate.brought:
        told.append(_("以前做推广时带来过 %(count)d 位顾客") % {"count": candidate.brought})
    return told
