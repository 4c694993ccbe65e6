"""A distributor's own payouts: what was paid, what is on its way, and why a run left them out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.pages import page_of
from distribution.access import distributor_of, earner
from distribution.desk.dashboard import position_of
from payouts.channels import channels
from payouts.outlook import next_payout
from payouts.timeline import answer_in_words, timeline_of

PER_PAGE = 20
SKIPS = 10


@earner
@never_cache
@require_safe
def payouts(request: HttpRequest) -> HttpResponse:
    person = distributor_of(request)
    now = timezone.now()
    position = position_of(person, at=now)
    page = page_of(request, person.payouts.order_by("-created_at", "-pk"), PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "money": position.money,
        "next_payouts": [next_payout(person, position.money, position.pending, at=now)],
        "page": page,
        "rows": [(payout, timeline_of(payout)) for payout in page.object_list],
        "skips": person.skips.select_related("run__schedule").order_by("-pk")[:SKIPS],
    }
    return render(request, "payouts/list.html", context)


@earner
@never_cache
@require_safe
def payout(request: HttpRequest, number: str) -> HttpResponse:
    """One payout: its stages, every question asked of the channel, and what it is made of."""
    person = distributor_of(request)
    own = person.payouts.select_related("run__schedule", "reservation")
    found = get_object_or_404(own, number=number)
    channel = channels.get(found.channel)
    parts = found.reservation.allocations.select_related("commission__line", "commission__order")
    context = {
        "tab": "promote",
        "distributor": person,
        "payout": found,
        "timeline": timeline_of(found),
        "channel": channel.label if channel else found.channel,
        "attempts": [(row, answer_in_words(row)) for row in found.attempts.order_by("pk")],
        "page": page_of(request, parts.order_by("pk"), PER_PAGE),
    }
    return render(request, "payouts/detail.html", context)
