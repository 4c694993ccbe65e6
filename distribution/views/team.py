"""The team: two levels, names masked, and what each person brought."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.access import distributor, distributor_of
from distribution.desk.dashboard import team_of
from distribution.desk.own_tables import team_header, team_rows
from distribution.desk.team import Group, members_of, shown
from distribution.forms import TeamFilter
from distribution.policy import current_policy
from distribution.tiers.privileges import recruit_room

PER_PAGE = 20


@distributor
@never_cache
@require_safe
def team(request: HttpRequest) -> HttpResponseBase:
    person = distributor_of(request)
    now = timezone.now()
    filters = TeamFilter(request.GET)
    wanted = filters.wanted()
    group = Group(wanted["group"] or Group.CUSTOMERS)
    members = members_of(person, group, at=now, search=wanted["search"])
    if is_table(request, filters):
        rows = team_rows(person, group, members)
        return csv_response(file_name(str(group.label), filters), team_header(), rows)
    page = page_of(request, members, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "groups": Group,
        "group": group,
        "filters": filters,
        "sizes": team_of(person, at=now),
        "page": page,
        "two_levels": group == Group.CUSTOMERS or current_policy().two_levels,
        "room": recruit_room(person, at=now) if group == Group.DISTRIBUTORS else None,
        "members": shown(person, group, list(page.object_list)),
    }
    return render(request, "distribution/team.html", context)
