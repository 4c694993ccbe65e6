"""Paying: choosing how, going to the gateway, and waiting for its word on the way back."""

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.access import MemberRequest, member
from base.errors import DomainError
from orders import tasks
from orders.models import Order, Payment, Repayment
from orders.payments import start_payment
from orders.registries import payment_methods
from orders.states import OrderState, PaymentState
from orders.views.own import own_order
from orders.wake import run_soon

ASK_EVERY_SECONDS = 4


@member
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def payment(request: MemberRequest, number: str) -> HttpResponse:
    """Choose a method and go; an order that no longer waits for money shows itself instead."""
    order = own_order(request, number)
    if request.method == "POST":
        return _go(request, order)
    if order.state != OrderState.UNPAID:
        return redirect("orders:order", order.number)
    seconds = max(0, int((order.expires_at - timezone.now()).total_seconds()))
    context = {
        "tab": "me",
        "order": order,
        "methods": [method for method in payment_methods.values() if method.is_offered],
        "seconds": seconds,
        "left": f"{seconds // 60}:{seconds % 60:02}",
    }
    return render(request, "orders/payment.html", context)


def _go(request: MemberRequest, order: Order) -> HttpResponse:
    code = request.POST.get("method", "")
    method = payment_methods.get(code)
    try:
        started = start_payment(order, code if method and method.is_offered else "")
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("orders:payment", order.number)
    back = reverse("orders:payment_result", args=[order.number, started.number])
    return redirect(payment_methods[code].start(started, request.build_absolute_uri(back)))


@member
@never_cache
@require_safe
def payment_result(request: MemberRequest, number: str, payment_number: str) -> HttpResponse:
    """Where the gateway sends the buyer back to, which proves nothing: until the gateway's own
    word is here, a worker asks for it and the page waits. After a failure as well: it may have
    been told before the buyer tried again there."""
    order = own_order(request, number)
    found = get_object_or_404(order.payments, number=payment_number)
    if found.state != PaymentState.PAID:
        _ask(found)
        if "HX-Request" in request.headers and request.GET.get("seen") == found.state:
            return HttpResponse(status=204)
    context = {
        "tab": "me",
        "order": order,
        "payment": found,
        "surplus": Repayment.objects.filter(payment=found, refund=None).first(),
        "can_pay": order.state == OrderState.UNPAID and order.expires_at > timezone.now(),
    }
    part = "#result" if "HX-Request" in request.headers else ""
    return render(request, f"orders/payment_result.html{part}", context)


def _ask(payment: Payment) -> None:
    """Let a worker ask the gateway, now and then: no request waits for another server."""
    if cache.add(f"asked:{payment.number}", 1, ASK_EVERY_SECONDS):
        run_soon(tasks.ask_payment, payment.number)
