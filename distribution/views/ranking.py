"""The ranking: one's own place always, the others as far as the merchant lets them be seen."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.tables import csv_response, is_table
from distribution.access import distributor, distributor_of
from distribution.desk.ranking import Measure, Period, board, own_place
from distribution.desk.wording import presentation
from distribution.models import Presentation


@distributor
@never_cache
@require_safe
def ranking(request: HttpRequest) -> HttpResponseBase:
    person = distributor_of(request)
    now = timezone.now()
    period, measure = request.GET.get("period"), request.GET.get("by")
    period = Period(period) if period in Period.values else Period.MONTH
    measure = Measure(measure) if measure in Measure.values else Measure.SALES
    setting = presentation().ranking
    rows = board(person, period, measure, setting, at=now)
    if is_table(request):
        amount = _("销售额") if measure == Measure.SALES else _("佣金")
        header = [_("名次"), _("称呼"), amount, _("订单数")]
        cells = ([row.place, row.name, row.amount, row.orders] for row in rows)
        name = f"{_('排行榜')} {period.label} {measure.label}"
        return csv_response(f"{name}.csv", header, cells)
    context = {
        "tab": "promote",
        "distributor": person,
        "periods": Period.choices,
        "measures": Measure.choices,
        "period": period,
        "measure": measure,
        "is_public": setting != Presentation.Ranking.OFF,
        "own": own_place(person, period, measure, at=now),
        "rows": rows,
    }
    return render(request, "distribution/ranking.html", context)
