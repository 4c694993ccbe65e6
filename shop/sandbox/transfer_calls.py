"""What merchants ask the transfer gateway by signed calls, and its page in the demo."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.sandbox import transfers
from shop.sandbox.access import public, signed
from shop.sandbox.envelope import sealed_answer
from shop.sandbox.gateway import Refused
from shop.sandbox.models import SandboxTransfer

SHOWN = 40


@signed
def send(request: HttpRequest, payload: dict[str, Any]) -> HttpResponse:
    """Pay somebody; the same number never pays twice."""
    number = str(payload.get("number", ""))
    try:
        sent = transfers.send(payload)
    except Refused as refusal:
        return sealed_answer({"number": number, "error": str(refusal)}, 422)
    except transfers.Clash:
        error = "this number was used for another transfer"
        return sealed_answer({"number": number, "error": error}, 409)
    if sent.is_answer_lost:
        return HttpResponse(status=504)
    return _said(sent.transfer)


@signed
def query(request: HttpRequest, payload: dict[str, Any]) -> HttpResponse:
    """How a transfer stands, by the merchant's number."""
    number = str(payload.get("number", ""))
    try:
        return _said(transfers.query(number))
    except SandboxTransfer.DoesNotExist:
        return sealed_answer({"number": number, "error": "no such transfer"}, 404)


def _said(transfer: SandboxTransfer) -> HttpResponse:
    return sealed_answer(
        {
            "number": transfer.number,
            "state": transfer.state,
            "amount": str(transfer.amount),
            "currency": "CNY",
            "transfer_no": transfer.transfer_no,
            "detail": transfer.detail,
        }
    )


@public
@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The newest transfers, and how the next ones shall go."""
    context = {
        "transfers": SandboxTransfer.objects.order_by("-pk")[:SHOWN],
        "modes": transfers.Mode,
        "mode": transfers.mode(),
    }
    return render(request, "sandbox/transfers.html", context)


@public
@require_POST
def wish(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("mode", "")
    if wanted in transfers.Mode.values:
        transfers.wish_transfers(wanted)
    return redirect("sandbox:transfers")
