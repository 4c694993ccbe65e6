"""Who may open the distributor's pages, and whose pages they are.

`distributor`: in the programme (also while frozen); an applicant finds the waiting page, everybody
else how to join. `earner`: whoever has ever been a distributor keeps the sight of their own money,
also after resigning. Views read their person with `distributor_of`, and start every query there.
"""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from base.access import policy, signed_in
from distribution.models import Distributor


def distributor_of(request: HttpRequest) -> Distributor:
    """The distributor whose page this is; set by the policies below."""
    return cast(Distributor, request.distributor)  # type: ignore[attr-defined]  # set by _load


def _load(request: HttpRequest) -> Distributor | None:
    found = Distributor.objects.select_related("tier").filter(pk=request.user.pk).first()
    request.distributor = found  # type: ignore[attr-defined]  # read by distributor_of
    return found


def _in_programme(request: HttpRequest) -> HttpResponse | None:
    refusal = signed_in(request)
    if refusal is not None:
        return refusal
    found = _load(request)
    return None if found and found.is_in_programme else redirect("distribution:join")


def _ever_joined(request: HttpRequest) -> HttpResponse | None:
    refusal = signed_in(request)
    if refusal is not None:
        return refusal
    return None if _load(request) else redirect("distribution:join")


distributor = policy("distributor", _in_programme)
earner = policy("earner", _ever_joined)
