"""The cashier the payer sees, and the page on which the demo's visitor steers the gateway."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.sandbox import gateway
from shop.sandbox.access import public
from shop.sandbox.envelope import BrokenSeal, unseal_link
from shop.sandbox.models import SandboxRepayment, SandboxTrade, SandboxWish

SHOWN = 20

CHOICES: dict[str, Callable[[str], SandboxTrade]] = {
    "pay": gateway.pay,
    "twice": lambda number: gateway.pay(number, notices=2),
    "late": gateway.pay_late,
    "fail": gateway.fail,
}


@public
@never_cache
@require_safe
def cashier(request: HttpRequest, number: str) -> HttpResponse:
    """A merchant's signed link opens the trade; afterwards the plain address shows it."""
    if "payload" in request.GET:
        try:
            payload = unseal_link(request)
            if payload.get("number") != number:
                raise gateway.Refused("the link is for another payment")
            gateway.open_trade(payload)
        except (BrokenSeal, gateway.Refused) as error:
            raise BadRequest(str(error)) from None
        with override(str(payload.get("language", "")) or None):
            return redirect("sandbox:cashier", number)
    trade = get_object_or_404(SandboxTrade, number=number)
    context = {
        "trade": trade,
        "notices": list(trade.notices.all()),
        "others": SandboxTrade.objects.filter(order_no=trade.order_no).exclude(pk=trade.pk),
        "late_seconds": gateway.LATE_SECONDS,
    }
    return render(request, "sandbox/cashier.html", context)


@public
@require_POST
def payment(request: HttpRequest, number: str) -> HttpResponse:
    """The payer chooses how it goes and is sent back to the shop, which must not believe them."""
    trade = get_object_or_404(SandboxTrade, number=number)
    act = CHOICES.get(request.POST.get("outcome", ""))
    if act is None:
        raise Http404
    act(number)
    return redirect(trade.return_url)


@public
@never_cache
@require_safe
def counter(request: HttpRequest) -> HttpResponse:
    """The gateway's books, and how it shall behave."""
    wish = SandboxWish.objects.filter(subject=gateway.REPAYMENTS).first()
    context = {
        "trades": SandboxTrade.objects.all()[:SHOWN],
        "repayments": SandboxRepayment.objects.select_related("trade")[:SHOWN],
        "modes": SandboxWish.Mode.choices,
        "mode": wish.mode if wish else SandboxWish.Mode.OK,
    }
    return render(request, "sandbox/counter.html", context)


@public
@require_POST
def wish(request: HttpRequest) -> HttpResponse:
    """Choose how repayments go from now on."""
    mode = request.POST.get("mode", "")
    if mode not in SandboxWish.Mode.values:
        raise Http404
    gateway.wish_repayments(mode)
    return redirect("sandbox:counter")
