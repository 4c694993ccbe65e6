"""Named links: one per channel, so that a distributor sees what each of them brings.

A link leads to a page of this shop and nowhere else.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.urls import Resolver404, resolve, reverse, translate_url
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_from_path
from django.utils.translation import gettext as _

from base.errors import DomainError
from base.locks import lock_row
from base.money import ZERO
from base.numbers import new_code
from distribution.models import Binding, Click, Distributor, Link

MOST_LINKS = 50
CODE = re.compile(r"[0-9A-Z_-]{1,20}")


class CannotLink(DomainError):
    """The page is not one of the shop's, or there are too many links."""


def code_from(text: str) -> str:
    """A code as it was typed, in capitals; empty when it cannot be one."""
    code = text.strip().upper()
    return code if CODE.fullmatch(code) else ""


def create_link(
    distributor: Distributor, *, channel: str, target: str = "/", at: datetime | None = None
) -> Link:
    """A new link under a code of its own. `target` is a path of the shop or its whole address."""
    target = page_of_shop(target)
    with transaction.atomic():
        lock_row(Distributor.objects.filter(pk=distributor.pk))
        if distributor.links.count() >= MOST_LINKS:
            raise CannotLink(_("最多可以建 %(count)d 条推广链接。") % {"count": MOST_LINKS})
        return Link.objects.create(
            distributor=distributor,
            code=new_code(),
            channel=channel,
            target=target,
            created_at=at or timezone.now(),
        )


def page_of_shop(address: str) -> str:
    """The path (and query) of a page of this shop that a guest may be led to.

    Takes a path, or the whole address as copied from the browser. Raises CannotLink.
    """
    address = address.strip().removeprefix(settings.BASE_URL) or "/"
    if not is_path_of_shop(address):
        raise CannotLink(_("请填写本商城页面的地址，例如 /p/商品/。"))
    path = urlsplit(address).path
    try:
        with translation.override(_language_of(path)):
            found = resolve(path)
    except Resolver404:
        raise CannotLink(_("商城里没有这个页面。")) from None
    is_open = getattr(found.func, "access_policy", "") == "public"
    if not is_open or found.view_name == "distribution:referral":
        raise CannotLink(_("这个页面不能用来推广，请选择首页、分类或商品页。"))
    return address


def is_path_of_shop(address: str) -> bool:
    """Whether a browser would stay in the shop: two slashes, a backslash, a scheme lead away."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def _language_of(path: str) -> str:
    return get_language_from_path(path) or settings.LANGUAGE_CODE


def target_of(code: str) -> str:
    """Where a code leads, in the reader's language: the link's page, else the front page."""
    link = Link.objects.filter(code=code_from(code)).first()
    target = link.target if link and is_path_of_shop(link.target) else "/"
    wanted = get_language() or settings.LANGUAGE_CODE
    with translation.override(_language_of(target)):
        return translate_url(target, wanted)


def address_of(code: str) -> str:
    """The whole address to give away."""
    return f"{settings.BASE_URL}{reverse('distribution:referral', args=[code])}"


@dataclass(frozen=True)
class LinkFigures:
    """What one link has brought, from the click to the money. `link` is None for the personal one.

    `placed` and `paid` count orders of the customers it bound, while they were; `sales` is what
    their goods cost them.
    """

    link: Link | None
    code: str
    clicks: int = 0
    visitors: int = 0
    bound: int = 0
    placed: int = 0
    paid: int = 0
    refunded: int = 0
    sales: Decimal = ZERO

    @property
    def address(self) -> str:
        return address_of(self.code)


def figures_of(distributor: Distributor) -> list[LinkFigures]:
    """The personal link first, then the named ones, newest first: four queries."""
    links = list(distributor.links.order_by("-pk"))
    clicks: dict[int | None, dict[str, Any]] = {
        link: {"clicks": number, "visitors": visitors}
        for link, number, visitors in Click.objects.filter(distributor=distributor)
        .order_by()
        .values_list("link")
        .annotate(number=Count("pk"), visitors=Count("visitor", distinct=True))
    }
    bound = dict(
        Binding.objects.filter(distributor=distributor, source=Binding.Source.LINK)
        .order_by()
        .values_list("link")
        .annotate(number=Count("pk"))
    )
    orders = _orders_by_link(distributor)
    return [
        LinkFigures(
            link=link,
            code=link.code if link else distributor.code,
            bound=bound.get(key, 0),
            **clicks.get(key, {}),
            **orders.get(key, {}),
        )
        for key, link in _keyed(links)
    ]


def _keyed(links: Iterable[Link]) -> list[tuple[int | None, Link | None]]:
    return [(None, None), *((link.pk, link) for link in links)]


def _orders_by_link(distributor: Distributor) -> dict[int | None, dict[str, Any]]:
    """Orders that counted for the distributor because a link had bound the buyer."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT bound.link_id, count(*), count(o.paid_at),
                   count(*) FILTER (WHERE o.refunded_amount > 0),
                   coalesce(sum(o.goods_amount) FILTER (WHERE o.paid_at IS NOT NULL), 0)
            FROM distribution_orderterms terms
            JOIN orders_order o ON o.id = terms.order_id
            JOIN distribution_binding bound ON bound.customer_id = terms.buyer_id
                AND bound.distributor_id = terms.payee1_id AND bound.source = 'link'
                AND bound.starts_at <= o.placed_at
                AND (bound.ends_at IS NULL OR bound.ends_at > o.placed_at)
            WHERE terms.payee1_id = %s AND terms.why1 = 'bound'
            GROUP BY bound.link_id
            """,
            [distributor.pk],
        )
        return {
            link: {"placed": placed, "paid": paid, "refunded": refunded, "sales": sales}
            for link, placed, paid, refunded, sales in cursor.fetchall()
        }
