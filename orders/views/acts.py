"""What a buyer does with an order: each a POST to a noun, repeatable, and back to the order."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from base.access import MemberRequest, member
from base.errors import DomainError
from orders import tasks
from orders.cancellation import BUYERS_REASON, cancel_order
from orders.cart import CartOwner, add_to_cart
from orders.models import Order
from orders.receipt import receive_order
from orders.refunds import cancel_paid_order
from orders.states import OrderState
from orders.views.own import own_order
from orders.wake import run_soon


@member
@require_POST
def cancellation(request: MemberRequest, number: str) -> HttpResponse:
    """Unpaid: it closes, after its gateway was asked. Paid and unsent: it closes and the money
    goes back, at once."""
    order = own_order(request, number)
    if order.paid_at is None:
        return _cancel_unpaid(request, order)
    if order.state == OrderState.CLOSED:
        return _back(request, order, _("订单已取消。"))
    done = _try(request, lambda: cancel_paid_order(order))
    run_soon(tasks.send_repayments)
    return _back(request, order, _("订单已取消，钱会退回原支付账户。") if done else "")


def _cancel_unpaid(request: MemberRequest, order: Order) -> HttpResponse:
    try:
        closed = cancel_order(order, reason=BUYERS_REASON)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return _back(request, order)
    if closed.state == OrderState.CLOSED:
        return _back(request, order, _("订单已取消。"))
    run_soon(tasks.close_overdue, order.number)
    return _back(request, order, _("正在取消：先向支付平台确认没有付款，随后自动关闭。"))


@member
@require_POST
def receipt(request: MemberRequest, number: str) -> HttpResponse:
    order = own_order(request, number)
    done = _try(request, lambda: receive_order(order))
    return _back(request, order, _("已确认收货。") if done else "")


@member
@require_POST
def repetition(request: MemberRequest, number: str) -> HttpResponse:
    """Buy again: what is still sold goes into the cart; what is not is said."""
    order = own_order(request, number)
    owner = CartOwner(user=request.user)
    added = [
        _try(request, partial(add_to_cart, owner, line.variant_id, line.quantity))
        for line in order.lines.order_by("pk")
    ]
    if not any(added):
        return _back(request, order)
    messages.success(request, _("已加入购物车。"))
    return redirect("orders:cart")


def _try(request: MemberRequest, act: Callable[[], object]) -> bool:
    """Do it; a rule of the shop that says no is told to the buyer."""
    try:
        act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return False
    return True


def _back(request: MemberRequest, order: Order, success: str = "") -> HttpResponse:
    if success:
        messages.success(request, success)
    return redirect("orders:order", order.number)
