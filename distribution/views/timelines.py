"""Who recommends me and why; and, for a distributor, how a customer came to them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import MemberRequest, member
from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, in_chunks, is_table, time_cell
from distribution.access import distributor, distributor_of
from distribution.desk.team import masked_name, phone_tail
from distribution.desk.timelines import (
    Event,
    for_distributor,
    for_member,
    history_of,
    history_with,
    named_to_distributor,
    named_to_member,
    own_purchase_words,
    service_of,
)
from distribution.forms import TimelineFilter
from distribution.models import Binding, Trace

PER_PAGE = 20


@member
@never_cache
@require_safe
def recommender(request: MemberRequest) -> HttpResponseBase:
    """The member's own timeline, without anybody's name."""
    filters = TimelineFilter(request.GET)
    found = filters.narrow(history_of(request.user), named_to_member)
    if is_table(request, filters):
        return csv_response(
            file_name(_("谁在为我服务"), filters), _header(), _lines(found, for_member)
        )
    page = page_of(request, found, PER_PAGE)
    now = timezone.now()
    service = service_of(request.user, at=now)
    context = {
        "tab": "me",
        "service": service,
        "own_purchases": own_purchase_words(request.user, service, at=now),
        "filters": filters,
        "page": page,
        "events": for_member(page.object_list),
    }
    return render(request, "distribution/recommender.html", context)


@distributor
@never_cache
@require_safe
def customer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How somebody who is or was bound to this distributor came to them, and whether they stayed."""
    person = distributor_of(request)
    binding = get_object_or_404(
        Binding.objects.select_related("customer"), distributor=person, pk=pk
    )
    filters = TimelineFilter(request.GET)
    found = filters.narrow(
        history_with(binding.customer, person), lambda words: named_to_distributor(words, person)
    )
    if is_table(request, filters):
        lines = _lines(found, lambda traces: for_distributor(traces, person))
        return csv_response(file_name(_("顾客的来历"), filters), _header(), lines)
    page = page_of(request, found, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "binding": binding,
        "is_in_force": binding.ends_at is None or binding.ends_at > timezone.now(),
        "name": masked_name(binding.customer),
        "tail": phone_tail(binding.customer),
        "filters": filters,
        "page": page,
        "events": for_distributor(page.object_list, person),
    }
    return render(request, "distribution/customer.html", context)


def _header() -> list[str]:
    return [_("时间"), _("事项"), _("结果"), _("原因"), _("推荐人"), _("此前"), _("有效期至")]


def _lines(
    found: QuerySet[Trace], told: Callable[[Iterable[Trace]], list[Event]]
) -> Iterator[list[Any]]:
    for traces in in_chunks(found):
        for event in told(traces):
            yield [
                time_cell(event.at), event.what, event.decision, event.why, event.who,
                event.standing, time_cell(event.until),
            ]  # fmt: skip
