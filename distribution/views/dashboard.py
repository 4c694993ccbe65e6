"""The distributor's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from distribution.access import distributor, distributor_of
from distribution.desk.charts import day_chart
from distribution.desk.dashboard import position_of
from distribution.desk.earnings import earnings_of, own_earnings
from distribution.desk.trends import Step, earned_by
from distribution.registries import forecasts
from distribution.states import Status

LATEST = 5


@distributor
@never_cache
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    person = distributor_of(request)
    now = timezone.now()
    position = position_of(person, at=now)
    wanted = request.GET.get("trend")
    step = Step(wanted) if wanted in Step.values else Step.DAYS
    earned = earned_by(person, at=now, step=step)
    context = {
        "tab": "promote",
        "distributor": person,
        "position": position,
        "money": position.money,
        "earned": earned,
        "chart": day_chart(earned.days, step),
        "steps": Step.choices,
        "latest": own_earnings(person, earnings_of(person)[:LATEST]),
        "next_payouts": [
            forecast(person, position.money, position.pending, at=now)
            for forecast in forecasts.values()
        ],
        "is_frozen": person.status == Status.FROZEN,
    }
    return render(request, "distribution/dashboard.html", context)
