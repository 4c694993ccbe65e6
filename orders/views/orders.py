"""A buyer's orders: the list, and one with everything that happened to it."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import MemberRequest, member
from base.filters import file_name
from base.money import ZERO
from base.pages import page_of
from base.tables import csv_response, each_row, is_table, time_cell
from catalog.models.product import Kind
from catalog.pictures import Picture
from orders import progress
from orders.forms import OrderFilter
from orders.listing import find_orders, orders_of, with_after_sale
from orders.models import Order, OrderLine, Refund, RefundLine, Repayment
from orders.reviews import can_write
from orders.states import OPEN_REFUNDS, OrderState, RefundState
from orders.views.own import own_order

PER_PAGE = 10
# Nothing changes by itself any more.
RESTING = (OrderState.RECEIVED, OrderState.CLOSED)


@member
@never_cache
@require_safe
def orders(request: MemberRequest) -> HttpResponseBase:
    filters = OrderFilter(request.GET)
    wanted = filters.wanted()
    found = orders_of(request.user)
    if wanted["state"] == OrderFilter.AFTER_SALE:
        found = with_after_sale(found)
    elif wanted["state"]:
        found = found.filter(state=wanted["state"])
    if wanted["search"]:
        found = find_orders(found, wanted["search"])
    if is_table(request, filters):
        return csv_response(file_name(_("我的订单"), filters), _header(), _rows(found))
    page = page_of(request, found, PER_PAGE)
    context = {
        "tab": "me",
        "page": page,
        "cards": [_card(order) for order in page.object_list],
        "filters": filters,
    }
    return render(request, "orders/orders.html", context)


def _header() -> list[str]:
    return [
        _("订单号"), _("下单时间"), _("状态"), _("商品"), _("件数"), _("应付"), _("已退"),
        _("付款时间"),
    ]  # fmt: skip


def _rows(found: QuerySet[Order]) -> Iterator[list[Any]]:
    for order in each_row(found):
        lines = list(order.lines.all())
        yield [
            order.number, time_cell(order.placed_at), order.get_state_display(),
            "; ".join(f"{line.title} × {line.quantity}" for line in lines),
            sum(line.quantity for line in lines), order.total, order.refunded_amount,
            time_cell(order.paid_at),
        ]  # fmt: skip


def _card(order: Order) -> dict[str, Any]:
    lines = list(order.lines.all())
    return {
        "order": order,
        "lines": [(line, _picture(line)) for line in lines],
        "pieces": sum(line.quantity for line in lines),
        "allowed": progress.allowed(order, lines),
    }


@member
@never_cache
@require_safe
def order(request: MemberRequest, number: str) -> HttpResponse:
    """htmx asks again with `?seen=`; nothing is sent while nothing has changed."""
    found = own_order(request, number)
    context = _whole(found)
    if "HX-Request" in request.headers and request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    part = "#order" if "HX-Request" in request.headers else ""
    return render(request, f"orders/order.html{part}", context)


def _whole(order: Order) -> dict[str, Any]:
    """Everything the page tells; six queries."""
    lines = list(order.lines.select_related("product", "review").prefetch_related("discounts"))
    shipments = list(order.shipments.order_by("shipped_at", "pk"))
    refunds = list(
        order.refunds.select_related("repayment").prefetch_related(
            Prefetch("lines", RefundLine.objects.select_related("line"))
        )
    )
    surplus = list(
        Repayment.objects.filter(payment__order=order, refund=None).order_by("created_at", "pk")
    )
    open_refunds = [refund for refund in refunds if refund.state in OPEN_REFUNDS]
    waiting = sum((refund.amount for refund in open_refunds), ZERO)
    open_surplus = any(repayment.done_at is None for repayment in surplus)
    may = progress.allowed(order, lines, waiting=waiting)
    return {
        "tab": "me",
        "order": order,
        "lines": [(line, _picture(line)) for line in lines],
        "notes": [line for line in lines if line.received_at and line.product.delivery_note],
        "pieces": sum(line.quantity for line in lines),
        "is_sent": any(line.kind == Kind.PHYSICAL for line in lines),
        "gross": sum(line.price * line.quantity for line in lines),
        "discounts": _discounts(lines),
        "shipments": shipments,
        "refunds": [(refund, refund.state == RefundState.REQUESTED) for refund in refunds],
        "surplus": surplus,
        "steps": progress.steps(order, lines),
        "headline": progress.headline(order, waiting=waiting),
        "is_closing": progress.is_closing(order),
        "is_going_back": progress.is_going_back(order, waiting),
        "history": progress.history(order, shipments, refunds, surplus),
        "allowed": may,
        "reviewable": _reviewable(lines),
        "refundable": _refundable(lines, open_refunds) if may.refund else set(),
        "ask_every": _ask_every(order, waits=bool(open_refunds) or open_surplus),
        "seen": _seen(order, shipments, refunds, surplus),
    }


def _ask_every(order: Order, *, waits: bool) -> int:
    """Seconds between one look for news and the next; 0 when nothing changes by itself."""
    if order.state == OrderState.UNPAID or waits:
        return 5
    return 0 if order.state in RESTING else 20


def _reviewable(lines: list[OrderLine]) -> set[int]:
    """The received lines about which something may be said or changed now."""
    now = timezone.now()
    return {line.pk for line in lines if can_write(line, now)}


def _refundable(lines: list[OrderLine], open_refunds: list[Refund]) -> set[int]:
    """The lines of which money is left that nobody has asked back yet."""
    asked: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for refund in open_refunds:
        for part in refund.lines.all():
            asked[part.line_id] += part.amount
    return {line.pk for line in lines if line.kept_paid > asked[line.pk]}


def _discounts(lines: list[OrderLine]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        for discount in line.discounts.all():
            sums[discount.label] = sums.get(discount.label, ZERO) + discount.amount
    return sums


def _seen(order: Order, shipments: list[Any], refunds: list[Any], surplus: list[Any]) -> str:
    """Changes whenever something on the page does."""
    states = "".join(refund.state[:2] for refund in refunds)
    repaid = sum(repayment.done_at is not None for repayment in surplus)
    expired = order.state == OrderState.UNPAID and order.expires_at <= timezone.now()
    closing = "c" if progress.is_closing(order) else "x" if expired else ""
    return f"{order.state}{len(shipments)}{states}{len(surplus)}{repaid}{closing}"


def _picture(line: OrderLine) -> Picture | None:
    return Picture(line.image) if line.image else None
