"""What a distributor's codes bring when they are typed in at checkout: orders → paid → refunded,
and how many customers they won. Their personal code and their links' codes count like a promo code.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from base.money import ZERO
from distribution.models import Distributor, PromoCode
from distribution.referral.link_figures import EVER, Period


@dataclass(frozen=True)
class CodeFigures:
    """What one code has brought. `promo` is None for a code of the distributor's own or of a link.

    `placed` are orders placed with it, also those that closed unpaid; `bound` customers whom it
    won; `discount` what it took off the paid ones.
    """

    code: str
    promo: PromoCode | None = None
    placed: int = 0
    paid: int = 0
    refunded: int = 0
    sales: Decimal = ZERO
    refunded_amount: Decimal = ZERO
    discount: Decimal = ZERO
    bound: int = 0

    @property
    def is_active(self) -> bool:
        return self.promo is None or self.promo.is_active


def codes_of(
    distributor: Distributor,
    *,
    period: Period = EVER,
    search: str = "",
    is_active: bool | None = None,
) -> list[CodeFigures]:
    """The personal code, those of links that were typed in, then promo codes, those in use and the
    newest first: two queries. A code that is nobody's promo code is always in use."""
    values = {"owner": distributor.pk, **period.bounds}
    with connection.cursor() as cursor:
        cursor.execute(BROUGHT, values)
        found = {code: figures for code, *figures in cursor.fetchall()}
    promos = {promo.code: promo for promo in distributor.promo_codes.order_by("-is_active", "-pk")}
    typed = sorted(code for code in found if code not in promos and code != distributor.code)
    codes = dict.fromkeys([distributor.code, *typed, *promos])
    rows = [CodeFigures(code, promos.get(code), *found.get(code, ())) for code in codes]
    return [
        row
        for row in rows
        if search.upper() in row.code and (is_active is None or row.is_active == is_active)
    ]


# A binding by a code begins when the order with it is placed.
BROUGHT = """
SELECT used.code, count(*), count(o.paid_at), count(*) FILTER (WHERE o.refunded_amount > 0),
       coalesce(sum(o.goods_amount) FILTER (WHERE o.paid_at IS NOT NULL), 0),
       coalesce(sum(o.refunded_amount), 0),
       coalesce(sum(used.discount) FILTER (WHERE o.paid_at IS NOT NULL), 0),
       count(bound.id)
FROM distribution_promouse used
JOIN orders_order o ON o.id = used.order_id
LEFT JOIN distribution_binding bound ON bound.customer_id = used.member_id
    AND bound.starts_at = used.at AND bound.distributor_id = used.owner_id
    AND bound.source = 'promo'
WHERE used.owner_id = %(owner)s AND used.at >= %(since)s AND used.at < %(until)s
GROUP BY used.code
"""
