"""What links bring: clicks → sign-ups → customers → orders → paid → refunded, in any period.

Every stage counts by its own time: clicks when they came, sign-ups when they registered, orders
when they were placed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from base.clock import beijing_date, day_end, day_start
from base.money import ZERO
from distribution.models import Binding, Distributor, Link
from distribution.referral.links import address_of

# The personal code has no row of its own: None stands for it.
Key = int | None
BEGINNING = day_start(date(2000, 1, 1))
END = day_start(date(9000, 1, 1))


@dataclass(frozen=True)
class Period:
    """From an instant on and before another; either may be open."""

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of_days(cls, first: date | None, last: date | None) -> "Period":
        """Whole Beijing days, both included."""
        return cls(day_start(first) if first else None, day_end(last) if last else None)

    def within(self, field: str) -> Q:
        wanted = Q()
        if self.since:
            wanted &= Q(**{f"{field}__gte": self.since})
        if self.until:
            wanted &= Q(**{f"{field}__lt": self.until})
        return wanted

    @property
    def bounds(self) -> dict[str, datetime]:
        return {"since": self.since or BEGINNING, "until": self.until or END}


EVER = Period()


@dataclass(frozen=True)
class LinkFigures:
    """What one link has brought, from the click to the money. `link` is None for the personal one.

    `visitors` are counted by the day. `signed_up`: registered after this link as the last they opened. `placed` and `paid` count
    orders of the customers it bound, while they were; `sales` is what their goods cost them,
    `refunded_amount` what of it went back.
    """

    link: Link | None
    code: str
    clicks: int = 0
    visitors: int = 0
    signed_up: int = 0
    bound: int = 0
    placed: int = 0
    paid: int = 0
    refunded: int = 0
    sales: Decimal = ZERO
    refunded_amount: Decimal = ZERO

    @property
    def address(self) -> str:
        return address_of(self.code)


def figures_of(
    distributor: Distributor,
    links: Iterable[Link] | None = None,
    *,
    period: Period = EVER,
    has_personal: bool = True,
) -> list[LinkFigures]:
    """The personal link first, then the named ones as given (all, newest first): four queries."""
    if links is None:
        links = distributor.links.order_by("-pk")
    shown: list[tuple[Key, Link | None]] = [(link.pk, link) for link in links]
    if has_personal:
        shown.insert(0, (None, None))
    keys = [key for key, _link in shown]
    found: dict[Key, dict[str, Any]] = {key: {} for key in keys}
    for stage in (_clicks, _sign_ups, _bound, _orders):
        for key, figures in stage(distributor, keys, period).items():
            if key in found:
                found[key] |= figures
    return [
        LinkFigures(link=link, code=link.code if link else distributor.code, **found[key])
        for key, link in shown
    ]


def _of_links(keys: Sequence[Key]) -> Q:
    """Rows of these links alone, so that a page of few costs as little."""
    wanted = Q(link__in=[key for key in keys if key is not None])
    return wanted | Q(link=None) if None in keys else wanted


def _clicks(
    distributor: Distributor, keys: Sequence[Key], period: Period
) -> dict[Key, dict[str, Any]]:
    """Day by day, from the clicks and from what was counted of those that are gone: a visitor is
    one a day, so that the figures are the same before and after."""
    since, until = period.bounds["since"], period.bounds["until"]
    values = {
        "distributor": distributor.pk,
        "links": [key for key in keys if key is not None],
        "has_personal": None in keys,
        "since": since,
        "until": until,
        "first": beijing_date(since),
        "end": beijing_date(until),
    }
    with connection.cursor() as cursor:
        cursor.execute(CLICKS, values)
        return {
            link: {"clicks": int(clicks), "visitors": int(visitors)}
            for link, clicks, visitors in cursor.fetchall()
        }


CLICKS = """
SELECT link_id, sum(clicks), sum(visitors) FROM (
    SELECT link_id, count(*) AS clicks, count(DISTINCT visitor) AS visitors
    FROM distribution_click
    WHERE distributor_id = %(distributor)s AND at >= %(since)s AND at < %(until)s
      AND (link_id = ANY(%(links)s::bigint[]) OR %(has_personal)s AND link_id IS NULL)
    GROUP BY link_id, (at AT TIME ZONE 'Asia/Shanghai')::date
    UNION ALL
    SELECT link_id, clicks, visitors
    FROM distribution_clickday
    WHERE distributor_id = %(distributor)s AND day >= %(first)s AND day < %(end)s
      AND (link_id = ANY(%(links)s::bigint[]) OR %(has_personal)s AND link_id IS NULL)
) days
GROUP BY link_id
"""


def _sign_ups(
    distributor: Distributor, keys: Sequence[Key], period: Period
) -> dict[Key, dict[str, Any]]:
    """People count for the last link they opened before registering, whoever's it was. Read from
    their timelines, which stay when old clicks are deleted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sign.link_id, count(*)
            FROM distribution_trace sign
            JOIN accounts_user member ON member.id = sign.member_id
            WHERE sign.distributor_id = %(distributor)s AND sign.kind IN ('click', 'link')
              AND sign.at <= member.date_joined
              AND member.date_joined >= %(since)s AND member.date_joined < %(until)s
              AND NOT EXISTS (
                  SELECT 1 FROM distribution_trace later
                  WHERE later.member_id = member.id AND later.kind IN ('click', 'link')
                    AND later.at <= member.date_joined
                    AND (later.at, later.id) > (sign.at, sign.id)
              )
            GROUP BY sign.link_id
            """,
            {"distributor": distributor.pk, **period.bounds},
        )
        return {link: {"signed_up": number} for link, number in cursor.fetchall()}


def _bound(
    distributor: Distributor, keys: Sequence[Key], period: Period
) -> dict[Key, dict[str, Any]]:
    rows = (
        Binding.objects.filter(
            _of_links(keys),
            period.within("starts_at"),
            distributor=distributor,
            source=Binding.Source.LINK,
        )
        .order_by()
        .values_list("link")
        .annotate(number=Count("pk"))
    )
    return {link: {"bound": number} for link, number in rows}


def _orders(
    distributor: Distributor, keys: Sequence[Key], period: Period
) -> dict[Key, dict[str, Any]]:
    """Orders that counted for the distributor because a link had bound the buyer."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT bound.link_id, count(*), count(o.paid_at),
                   count(*) FILTER (WHERE o.refunded_amount > 0),
                   coalesce(sum(o.goods_amount) FILTER (WHERE o.paid_at IS NOT NULL), 0),
                   coalesce(sum(o.refunded_amount), 0)
            FROM distribution_orderterms terms
            JOIN orders_order o ON o.id = terms.order_id
            JOIN distribution_binding bound ON bound.customer_id = terms.buyer_id
                AND bound.distributor_id = terms.payee1_id AND bound.source = 'link'
                AND bound.starts_at <= o.placed_at
                AND (bound.ends_at IS NULL OR bound.ends_at > o.placed_at)
            WHERE terms.payee1_id = %(distributor)s AND terms.why1 = 'bound'
              AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
            GROUP BY bound.link_id
            """,
            {"distributor": distributor.pk, **period.bounds},
        )
        return {
            link: {
                "placed": placed,
                "paid": paid,
                "refunded": refunded,
                "sales": sales,
                "refunded_amount": back,
            }
            for link, placed, paid, refunded, sales, back in cursor.fetchall()
        }
