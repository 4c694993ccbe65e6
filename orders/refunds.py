"""After-sale: asking for money back, deciding, and what follows when it has gone back.

A refund names its lines: pieces, money, or both; shipping apart. Open and done refunds together
never exceed what was paid. An unsent order cancelled by its buyer is approved at once; everything
else waits for the merchant. Commission never blocks it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from base.money import ZERO, floor_cent
from base.numbers import new_number
from base.transitions import require_transition
from catalog.stock import lock_variants, return_stock
from orders.cancellation import quantities_of
from orders.events import publish
from orders.models import Order, OrderLine, Payment, Refund, RefundLine, Repayment
from orders.news import tell_refund
from orders.receipt import receive_order
from orders.states import (
    OPEN_REFUNDS,
    ORDER_TRANSITIONS,
    REFUND_TRANSITIONS,
    EventKind,
    OrderState,
    PaymentState,
    RefundState,
)


class CannotRefund(DomainError):
    """More than is left, or nothing at all."""


@dataclass(frozen=True)
class Part:
    """What of one line goes back."""

    line_id: int
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class Refundable:
    """What is still free to be refunded of a line, open after-sales counted as gone."""

    line: OrderLine
    quantity: int
    amount: Decimal

    def amount_for(self, pieces: int) -> Decimal:
        """The fair money for so many of these pieces; the last one takes what is left."""
        if pieces >= self.quantity:
            return self.amount
        return floor_cent(self.amount * pieces / self.quantity)


def refundable_lines(order: Order) -> list[Refundable]:
    """What could still be asked back, line by line: two queries."""
    open_parts = RefundLine.objects.filter(refund__order=order, refund__state__in=OPEN_REFUNDS)
    sums = open_parts.values_list("line").annotate(Sum("quantity"), Sum("amount"))
    waiting = {line_id: (pieces, money) for line_id, pieces, money in sums}
    free = []
    for line in order.lines.order_by("pk"):
        pieces, money = waiting.get(line.pk, (0, ZERO))
        free.append(Refundable(line, line.kept_quantity - pieces, line.kept_paid - money))
    return free


def refundable_shipping(order: Order) -> Decimal:
    waiting = Refund.objects.filter(order=order, state__in=OPEN_REFUNDS).aggregate(
        total=Sum("shipping_amount", default=ZERO)
    )["total"]
    return order.shipping_amount - order.refunded_shipping - waiting


def request_refund(
    order: Order,
    parts: Sequence[Part],
    *,
    shipping_amount: Decimal = ZERO,
    reason: str = Refund.Reason.OTHER,
    note: str = "",
    at: datetime | None = None,
) -> Refund:
    """Ask for money back. Raises CannotRefund (nothing, or more than is left) and WrongState."""
    at = at or timezone.now()
    parts = [part for part in parts if part.quantity or part.amount]
    with transaction.atomic():
        order = lock_row(Order.objects.filter(pk=order.pk))
        if order.paid_at is None:
            raise CannotRefund(_("订单还没有付款，可以直接取消。"))
        _require_within(order, parts, shipping_amount)
        amount = sum((part.amount for part in parts), ZERO) + shipping_amount
        refund = Refund.objects.create(
            order=order,
            number=new_number("S", at),
            reason=reason,
            note=note[:200],
            amount=amount,
            shipping_amount=shipping_amount,
            requested_at=at,
        )
        RefundLine.objects.bulk_create(
            RefundLine(refund=refund, line_id=p.line_id, quantity=p.quantity, amount=p.amount)
            for p in parts
        )
    return refund


def _require_within(order: Order, parts: Sequence[Part], shipping_amount: Decimal) -> None:
    free = {found.line.pk: found for found in refundable_lines(order)}
    if len({part.line_id for part in parts}) != len(parts):
        raise CannotRefund(_("同一商品请合并为一行。"))
    for part in parts:
        left = free.get(part.line_id)
        if left is None:
            raise CannotRefund(_("订单里没有这件商品。"))
        if part.quantity < 0 or part.amount < 0:
            raise CannotRefund(_("退款数量和金额不能为负。"))
        if part.quantity > left.quantity:
            raise CannotRefund(
                _("“%(name)s”最多可退 %(count)d 件。")
                % {"name": left.line.title, "count": left.quantity}
            )
        if part.amount > left.amount:
            raise CannotRefund(
                _("“%(name)s”最多可退 ¥%(amount)s。")
                % {"name": left.line.title, "amount": left.amount}
            )
    if not ZERO <= shipping_amount <= refundable_shipping(order):
        raise CannotRefund(_("退运费超过可退金额。"))
    if sum((part.amount for part in parts), ZERO) + shipping_amount <= 0:
        raise CannotRefund(_("请填写要退的金额。"))


def cancel_paid_order(order: Order, *, at: datetime | None = None) -> Refund:
    """The buyer changes their mind before anything was sent: everything back, at once.

    What they had asked back before is agreed to as well. Cancelled already: nothing happens.
    Raises CannotRefund once something was sent, or delivered with the payment.
    """
    at = at or timezone.now()
    with transaction.atomic():
        order = lock_row(Order.objects.filter(pk=order.pk))
        if order.state != OrderState.PAID:
            raise CannotRefund(_("订单已发货，请申请售后。"))
        if OrderLine.objects.filter(order=order, received_at__isnull=False).exists():
            raise CannotRefund(_("订单里有已交付的虚拟商品，请申请售后。"))
        for asked in Refund.objects.filter(order=order, state=RefundState.REQUESTED).order_by("pk"):
            approve_refund(asked, by=None, at=at)
        parts = [Part(r.line.pk, r.quantity, r.amount) for r in refundable_lines(order)]
        shipping_amount = refundable_shipping(order)
        agreed = Refund.objects.filter(order=order, state=RefundState.APPROVED).first()
        if agreed and not shipping_amount and not any(p.quantity or p.amount for p in parts):
            return agreed
        refund = request_refund(
            order,
            parts,
            shipping_amount=shipping_amount,
            reason=Refund.Reason.NO_LONGER_WANTED,
            at=at,
        )
        return approve_refund(refund, by=None, at=at)


def approve_refund(
    refund: Refund, *, by: User | None, answer: str = "", at: datetime | None = None
) -> Refund:
    """Agree; the money is sent back under a number that is committed here. Approved already:
    nothing happens."""
    at = at or timezone.now()
    with transaction.atomic():
        refund, order = _lock(refund)
        if refund.state in (RefundState.APPROVED, RefundState.DONE):
            return refund
        _decide(refund, RefundState.APPROVED, answer, at)
        Repayment.objects.create(
            payment=_payment_of(order),
            refund=refund,
            number=new_number("R", at),
            amount=refund.amount,
            created_at=at,
            next_attempt_at=at,
        )
        if by is not None:
            record_audit("approve_refund", refund, by=by, reason=answer, amount=refund.amount)
    return refund


def _payment_of(order: Order) -> Payment:
    """The payment that paid the order: not one whose money went back as surplus."""
    surplus = Repayment.objects.filter(payment__order=order, refund=None)
    paid = Payment.objects.filter(order=order, state=PaymentState.PAID)
    return paid.exclude(pk__in=surplus.values("payment")).earliest("paid_at", "pk")


def reject_refund(
    refund: Refund, *, by: User | None, answer: str, at: datetime | None = None
) -> Refund:
    """Refuse, with an answer the buyer reads."""
    if not answer.strip():
        raise CannotRefund(_("请填写拒绝原因。"))
    with transaction.atomic():
        refund, _order = _lock(refund)
        if refund.state == RefundState.REJECTED:
            return refund
        at = at or timezone.now()
        _decide(refund, RefundState.REJECTED, answer, at)
        tell_refund(refund, at=at)
        record_audit("reject_refund", refund, by=by, reason=answer)
    return refund


def withdraw_refund(refund: Refund, *, at: datetime | None = None) -> Refund:
    """The buyer takes the request back before it was decided."""
    with transaction.atomic():
        refund, _order = _lock(refund)
        if refund.state == RefundState.WITHDRAWN:
            return refund
        _decide(refund, RefundState.WITHDRAWN, "", at or timezone.now())
    return refund


def _lock(refund: Refund) -> tuple[Refund, Order]:
    order = lock_row(Order.objects.filter(pk=refund.order_id))
    return lock_row(Refund.objects.filter(pk=refund.pk)), order


def _decide(refund: Refund, state: RefundState, answer: str, at: datetime) -> None:
    require_transition(REFUND_TRANSITIONS, refund.state, state)
    refund.state, refund.answer, refund.decided_at = state, answer[:200], at
    refund.save(update_fields=["state", "answer", "decided_at"])


def complete_refund(refund: Refund, *, at: datetime | None = None) -> Refund:
    """The money is back with the buyer: the lines keep less, and the order's listeners hear it.

    Done already: nothing happens. Pieces that never left go back into stock.
    """
    at = at or timezone.now()
    with transaction.atomic():
        lock_variants(quantities_of(refund.order))  # stock before order, as everywhere
        refund, order = _lock(refund)
        if refund.state == RefundState.DONE:
            return refund
        require_transition(REFUND_TRANSITIONS, refund.state, RefundState.DONE)
        refund.state, refund.done_at = RefundState.DONE, at
        refund.save(update_fields=["state", "done_at"])
        _take_from_order(refund, order)
        if order.shipped_at is None:
            return_stock(_unsent_pieces(refund))
        _close_if_empty(order, at)
        publish(EventKind.REFUNDED, order, at, refund)
        tell_refund(refund, at=at)
        _receive_if_all_delivered(order, at)
    return refund


def _take_from_order(refund: Refund, order: Order) -> None:
    for part in refund.lines.all():
        OrderLine.objects.filter(pk=part.line_id).update(
            refunded_amount=F("refunded_amount") + part.amount,
            refunded_quantity=F("refunded_quantity") + part.quantity,
        )
    order.refunded_amount += refund.amount
    order.refunded_shipping += refund.shipping_amount
    order.save(update_fields=["refunded_amount", "refunded_shipping"])


def _unsent_pieces(refund: Refund) -> dict[int, int]:
    """Virtual goods were delivered with the payment and do not come back."""
    physical = refund.lines.filter(line__received_at=None, quantity__gt=0)
    return dict(physical.values_list("line__variant_id", "quantity"))


def _close_if_empty(order: Order, at: datetime) -> None:
    """An order of which nothing is kept and nothing was sent is over."""
    kept = OrderLine.objects.filter(order=order, refunded_quantity__lt=F("quantity"))
    if order.state == OrderState.PAID and not kept.exists():
        require_transition(ORDER_TRANSITIONS, order.state, OrderState.CLOSED)
        order.state, order.closed_at = OrderState.CLOSED, at
        order.close_reason = gettext_noop("已全额退款")
        order.save(update_fields=["state", "closed_at", "close_reason"])


def _receive_if_all_delivered(order: Order, at: datetime) -> None:
    """What is kept of an unsent order was delivered with the payment: nothing will arrive."""
    kept = OrderLine.objects.filter(order=order, refunded_quantity__lt=F("quantity"))
    if order.state == OrderState.PAID and not kept.filter(received_at=None).exists():
        receive_order(order, at=at)
