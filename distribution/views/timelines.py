"""Who recommends me and why; and, for a distributor, how a customer came to them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import MemberRequest, member
from base.pages import page_of
from distribution.access import distributor, distributor_of
from distribution.desk.team import masked_name, phone_tail
from distribution.desk.timelines import (
    for_distributor,
    for_member,
    history_of,
    history_with,
    service_of,
)
from distribution.models import Binding

PER_PAGE = 20


@member
@never_cache
@require_safe
def recommender(request: MemberRequest) -> HttpResponse:
    """The member's own timeline, without anybody's name."""
    page = page_of(request, history_of(request.user), PER_PAGE)
    context = {
        "tab": "me",
        "service": service_of(request.user, at=timezone.now()),
        "page": page,
        "events": for_member(page.object_list),
    }
    return render(request, "distribution/recommender.html", context)


@distributor
@never_cache
@require_safe
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """How somebody who is or was bound to this distributor came to them, and whether they stayed."""
    person = distributor_of(request)
    binding = get_object_or_404(
        Binding.objects.select_related("customer"), distributor=person, pk=pk
    )
    page = page_of(request, history_with(binding.customer, person), PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "binding": binding,
        "is_in_force": binding.ends_at is None or binding.ends_at > timezone.now(),
        "name": masked_name(binding.customer),
        "tail": phone_tail(binding.customer),
        "page": page,
        "events": for_distributor(page.object_list, person),
    }
    return render(request, "distribution/customer.html", context)
