"""The codes that buyers type in at checkout, each with what it brought."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.access import distributor, distributor_of
from distribution.forms import CodeFilter
from distribution.periods import quick_periods
from distribution.referral.link_figures import Period
from distribution.sharing.code_figures import CodeFigures, codes_of
from distribution.sharing.promo_codes import in_words

PER_PAGE = 20


@distributor
@never_cache
@require_safe
def codes(request: HttpRequest) -> HttpResponseBase:
    """Their personal code, those of links that were typed in, and their promo codes."""
    person = distributor_of(request)
    filters = CodeFilter(request.GET)
    wanted = filters.wanted()
    found = codes_of(
        person,
        period=Period.of_days(wanted["since"], wanted["until"]),
        search=wanted["search"],
        is_active=wanted["is_active"],
    )
    if is_table(request, filters):
        return csv_response(
            file_name(pgettext("plural", "优惠码"), filters), _header(), map(_cells, found)
        )
    page = page_of(request, found, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "filters": filters,
        "periods": quick_periods(timezone.now()),
        "since": wanted["since"],
        "until": wanted["until"],
        "page": page,
        "codes": shown_codes(page.object_list),
    }
    return render(request, "distribution/codes.html", context)


def shown_codes(rows: Iterable[CodeFigures]) -> list[tuple[CodeFigures, str]]:
    """Each with what it gives its buyer, in words."""
    return [(row, in_words(row.promo) if row.promo else "") for row in rows]


def _header() -> list[str]:
    return [
        _("优惠码"), _("内容"), _("下单"), _("付款"), _("有退款"), _("新顾客"), _("成交额"),
        _("退款额"), _("优惠金额"),
    ]  # fmt: skip


def _cells(row: CodeFigures) -> list[Any]:
    return [
        row.code,
        in_words(row.promo) if row.promo else _("只记推荐"),
        row.placed,
        row.paid,
        row.refunded,
        row.bound,
        row.sales,
        row.refunded_amount,
        row.discount,
    ]
