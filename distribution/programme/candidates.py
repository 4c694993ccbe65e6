"""Whom to ask: members who are no distributors, ranked by what they bought, said and sent.

The score is at most 100, and each part has its figure beside it. Only completed purchases count;
people brought are known of former distributors alone, for nobody else has links. Figures are
counted by beat, some thousand members at a time; a page of them reads as many rows as it shows.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.clock import beijing_date
from distribution.models import Candidate, Distributor, Invitation
from distribution.states import LEFT, OPEN_INVITATIONS
from orders.states import OPEN_REFUNDS, OrderState

CHUNK = 2000
# Points at most, and the figure that gives them all.
RATING, SPENT, ORDERS, RECENCY, RECIPIENTS, BROUGHT = 25, 25, 15, 15, 10, 10
FULL_RATING, FULL_SPENT, FULL_ORDERS, FULL_RECIPIENTS, FULL_BROUGHT = 5, 1000, 10, 5, 10
RECENT = ((30, Decimal(1)), (90, Decimal("0.6")), (180, Decimal("0.3")))  # days, part of the points


def _points(figure: str, most: int, full: int) -> str:
    """All the points from `full` on, and in proportion below."""
    return f"least({most}, {figure} * {most}::numeric / {full})"


RECENCY_POINTS = " ".join(
    f"WHEN bought.last_on >= %(today)s::date - {days} THEN {RECENCY * part}"
    for days, part in RECENT
)
SCORE = " + ".join(
    [
        _points("coalesce(rated.rating, 0)", RATING, FULL_RATING),
        _points("bought.spent", SPENT, FULL_SPENT),
        _points("bought.orders", ORDERS, FULL_ORDERS),
        _points("bought.recipients", RECIPIENTS, FULL_RECIPIENTS),
        _points("coalesce(brought.customers, 0)", BROUGHT, FULL_BROUGHT),
        f"CASE {RECENCY_POINTS} ELSE 0 END",
    ]
)

COUNT = f"""
WITH people AS (
    SELECT member.id FROM accounts_user member
    WHERE member.id > %(after)s AND member.id <= %(upto)s AND member.is_active
      AND NOT member.is_staff AND NOT EXISTS (
          SELECT 1 FROM distribution_distributor known
          WHERE known.user_id = member.id AND NOT known.status = ANY(%(left)s))
), bought AS (
    SELECT o.user_id, count(*) AS orders,
           sum(o.goods_amount - o.refunded_amount + o.refunded_shipping) AS spent,
           (max(o.placed_at) AT TIME ZONE 'Asia/Shanghai')::date AS last_on,
           count(DISTINCT (o.recipient, o.phone)) AS recipients
    FROM orders_order o JOIN people ON people.id = o.user_id
    WHERE o.state = %(received)s AND o.received_at <= %(at)s
      AND o.goods_amount > o.refunded_amount - o.refunded_shipping
      AND NOT EXISTS (SELECT 1 FROM orders_refund refund
                      WHERE refund.order_id = o.id AND refund.state = ANY(%(open)s))
    GROUP BY o.user_id
), rated AS (
    SELECT review.user_id, avg(review.rating) AS rating, count(*) AS reviews
    FROM orders_review review JOIN bought ON bought.user_id = review.user_id
    WHERE review.hidden_at IS NULL GROUP BY review.user_id
), brought AS (
    SELECT binding.distributor_id, count(DISTINCT binding.customer_id) AS customers
    FROM distribution_binding binding JOIN bought ON bought.user_id = binding.distributor_id
    GROUP BY binding.distributor_id
), visited AS (
    SELECT click.distributor_id, count(DISTINCT click.visitor) AS visitors
    FROM distribution_click click JOIN bought ON bought.user_id = click.distributor_id
    WHERE click.user_id IS DISTINCT FROM click.distributor_id
    GROUP BY click.distributor_id
), counted AS (
    INSERT INTO distribution_candidate AS candidate
        (member_id, score, order_count, spent, last_bought_on, recipients, rating,
         reviews_written, brought, visitors, counted_at)
    SELECT bought.user_id, {SCORE}, bought.orders, bought.spent, bought.last_on,
           bought.recipients, rated.rating, coalesce(rated.reviews, 0),
           coalesce(brought.customers, 0), coalesce(visited.visitors, 0), %(at)s
    FROM bought
    LEFT JOIN rated ON rated.user_id = bought.user_id
    LEFT JOIN brought ON brought.distributor_id = bought.user_id
    LEFT JOIN visited ON visited.distributor_id = bought.user_id
    ORDER BY bought.user_id
    ON CONFLICT (member_id) DO UPDATE SET
        score = EXCLUDED.score, order_count = EXCLUDED.order_count, spent = EXCLUDED.spent,
        last_bought_on = EXCLUDED.last_bought_on, recipients = EXCLUDED.recipients,
        rating = EXCLUDED.rating, reviews_written = EXCLUDED.reviews_written,
        brought = EXCLUDED.brought, visitors = EXCLUDED.visitors,
        counted_at = EXCLUDED.counted_at
    RETURNING member_id
), gone AS (
    DELETE FROM distribution_candidate candidate
    WHERE candidate.member_id > %(after)s AND candidate.member_id <= %(upto)s
      AND NOT EXISTS (SELECT 1 FROM bought WHERE bought.user_id = candidate.member_id)
)
SELECT count(*) FROM counted
"""  # noqa: S608  (constants of this module; values are bound)

UPTO = """
SELECT max(id) FROM (
    SELECT id FROM accounts_user WHERE id > %s ORDER BY id LIMIT %s
) AS chunk
"""


def count_candidates(at: datetime) -> int:
    """Count everybody's figures anew, a chunk and transaction at a time; how many there are.

    Safe twice and at the same time: the later word holds.
    """
    values: dict[str, Any] = {
        "at": at,
        "today": beijing_date(at),
        "left": list(LEFT),
        "received": OrderState.RECEIVED,
        "open": list(OPEN_REFUNDS),
    }
    after, found = 0, 0
    while (upto := _upto(after)) is not None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(COUNT, values | {"after": after, "upto": upto})
            found += cursor.fetchone()[0]
        after = upto
    return found


def _upto(after: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(UPTO, [after, CHUNK])
        (upto,) = cursor.fetchone()
    return upto


def candidates(at: datetime) -> QuerySet[Any]:
    """Who may be asked now, the best first, with `is_asked`. One query."""
    taken = Distributor.objects.filter(user=OuterRef("pk")).exclude(status__in=LEFT)
    asked = Invitation.objects.filter(
        member=OuterRef("pk"), state__in=OPEN_INVITATIONS, expires_at__gt=at
    )
    return (
        Candidate.objects.filter(~Exists(taken), member__is_active=True, member__is_staff=False)
        .select_related("member")
        .annotate(is_asked=Exists(asked))
        .order_by("-score", "pk")
    )


def reasons(candidate: Candidate, at: datetime) -> list[str]:
    """What speaks for a candidate, in words with the figures."""
    days = max(0, (beijing_date(at) - candidate.last_bought_on).days)
    told = [
        _("消费 ¥%(spent)s，%(count)d 笔已完成订单")
        % {"spent": candidate.spent, "count": candidate.order_count},
        ngettext("最近一次购买在 %(days)d 天前", "最近一次购买在 %(days)d 天前", days)
        % {"days": days}
        if days
        else _("今天刚买过"),
    ]
    if candidate.rating is not None:
        told.insert(
            0,
            _("写过 %(count)d 条评价，平均 %(rating)s 星")
            % {"count": candidate.reviews_written, "rating": f"{candidate.rating:.1f}"},
        )
    if candidate.recipients > 1:
        told.append(_("寄给过 %(count)d 位不同的收货人") % {"count": candidate.recipients})
    if candidate.brought:
        told.append(_("以前做推广时带来过 %(count)d 位顾客") % {"count": candidate.brought})
    if candidate.visitors:
        told.append(_("链接最近有 %(count)d 位访客打开过") % {"count": candidate.visitors})
    return told
