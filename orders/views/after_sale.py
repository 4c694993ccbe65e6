"""Asking for money back, and taking the request back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.access import MemberRequest, member
from base.errors import DomainError
from catalog.pictures import Picture
from orders.forms import RefundForm
from orders.models import Order
from orders.refunds import (
    refundable_lines,
    refundable_shipping,
    request_refund,
    withdraw_refund,
)
from orders.views.own import own_order


@member
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def refund(request: MemberRequest, number: str) -> HttpResponse:
    """Choose lines, pieces, money and a reason; `?line=` chooses one beforehand."""
    order = own_order(request, number)
    form = _form(request, order)
    if request.method == "POST" and form.is_valid():
        try:
            request_refund(
                order,
                form.parts(),
                shipping_amount=form.shipping_amount(),
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("退款申请已提交，等待商家处理。"))
            return redirect("orders:order", order.number)
    rows = [
        {
            "found": found,
            "picture": Picture(found.line.image) if found.line.image else None,
            "chosen": form[f"chosen_{found.line.pk}"],
            "quantity": form[f"quantity_{found.line.pk}"],
            "amount": form[f"amount_{found.line.pk}"],
        }
        for found in form.lines
    ]
    context = {"tab": "me", "order": order, "form": form, "rows": rows}
    return render(request, "orders/refund.html", context)


def _form(request: MemberRequest, order: Order) -> RefundForm:
    left = [found for found in refundable_lines(order) if found.quantity or found.amount]
    only = request.GET.get("line", "")
    return RefundForm(
        request.POST if request.method == "POST" else None,
        left if order.paid_at else [],
        refundable_shipping(order),
        int(only) if only.isdecimal() else None,
    )


@member
@require_POST
def withdrawal(request: MemberRequest, number: str, refund_number: str) -> HttpResponse:
    order = own_order(request, number)
    found = get_object_or_404(order.refunds, number=refund_number)
    try:
        withdraw_refund(found)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("退款申请已撤销。"))
    return redirect("orders:order", order.number)
