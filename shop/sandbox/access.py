"""Who may open a sandbox address: `public` pages play other people's screens, `signed` calls
come from the shop in the envelope. The marker is what the conventions test looks for.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from shop.sandbox.envelope import BrokenSeal, sealed_answer, unseal


def public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    view.access_policy = "public"  # type: ignore[attr-defined]  # read by the conventions test
    return view


def signed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only signed POSTs in; the view is called with the payload after the request."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return sealed_answer({"error": "POST only"}, status=405)
        try:
            payload = unseal(request)
        except BrokenSeal as error:
            return sealed_answer({"error": str(error)}, status=401)
        return view(request, payload, *args, **kwargs)

    guarded.access_policy = "signed"  # type: ignore[attr-defined]  # read by the conventions test
    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # Django's own marker
    return guarded
