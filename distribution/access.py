"""Who may open the distributor's pages, and whose pages they are.

`distributor`: in the programme (also while frozen) and agreed to the agreement in force; who has
not accepted a new version yet is led to it first. `insider`: the same without that question, for
the pages of the agreement itself and of leaving. An applicant finds the waiting page, everybody
else how to join. `earner`: whoever has ever been a distributor keeps the sight of their own money,
also after resigning or before accepting. Views read their person with `distributor_of`, and start
every query there.
"""

from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from base.access import policy, signed_in
from distribution.models import Distributor
from distribution.programme.agreements import has_accepted


def distributor_of(request: HttpRequest) -> Distributor:
    """The distributor whose page this is; set by the policies below."""
    return cast(Distributor, request.distributor)  # type: ignore[attr-defined]  # set by _load


def _load(request: HttpRequest) -> Any:
    """The person, with `agreed`: whether they accepted the agreement in force. One query."""
    people = Distributor.objects.select_related("user", "tier")
    people = people.annotate(agreed=has_accepted(timezone.now()))
    found = people.filter(pk=request.user.pk).first()
    request.distributor = found  # type: ignore[attr-defined]  # read by distributor_of
    return found


def _in_programme(request: HttpRequest) -> HttpResponseBase | None:
    refusal = signed_in(request)
    if refusal is not None:
        return refusal
    found = _load(request)
    return None if found and found.is_in_programme else redirect("distribution:join")


def _agreed(request: HttpRequest) -> HttpResponseBase | None:
    refusal = _in_programme(request)
    if refusal is not None or request.distributor.agreed:  # type: ignore[attr-defined]  # set by _load
        return refusal
    onward = request.get_full_path() if request.method == "GET" else ""
    query = urlencode({"next": onward}) if onward else ""
    return redirect(f"{reverse('distribution:acceptance')}?{query}".rstrip("?"))


def _ever_joined(request: HttpRequest) -> HttpResponseBase | None:
    refusal = signed_in(request)
    if refusal is not None:
        return refusal
    return None if _load(request) else redirect("distribution:join")


distributor = policy("distributor", _agreed)
insider = policy("insider", _in_programme)
earner = policy("earner", _ever_joined)
