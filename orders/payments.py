"""Taking payment: starting it, and confirming it from a verified notice or a query.

A browser coming back proves nothing; only the gateway's word does. Money that the order has no
use for (paid twice, or after closing) goes back by itself.
"""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from base.errors import DomainError
from base.locks import lock_row
from base.numbers import new_number
from base.transitions import require_transition
from catalog.models.product import Kind
from orders.events import publish
from orders.models import GatewayNotice, Order, OrderLine, Payment, Repayment
from orders.receipt import receive_order
from orders.registries import Outcome, payment_methods
from orders.states import (
    ORDER_TRANSITIONS,
    PAYABLE,
    PAYMENT_TRANSITIONS,
    EventKind,
    OrderState,
    PaymentState,
)

logger = logging.getLogger(__name__)

FIRST_QUERY_AFTER = timedelta(minutes=2)
ASK_AT_MOST_EVERY = timedelta(minutes=1)
ASK_FOR = timedelta(days=1)


class CannotPay(DomainError):
    """The order cannot be paid this way, or no longer."""


class WrongNotice(DomainError):
    """A notice names a payment we do not know, or another amount than asked."""


def start_payment(order: Order, method: str, *, at: datetime | None = None) -> Payment:
    """A payment for the whole order; the same attempt again returns the same number.

    Raises CannotPay when the order is not waiting for money or its time is up.
    """
    at = at or timezone.now()
    if method not in payment_methods:
        raise CannotPay(_("请选择支付方式。"))
    with transaction.atomic():
        order = lock_row(Order.objects.filter(pk=order.pk))
        if order.state != OrderState.UNPAID:
            raise CannotPay(
                _("订单状态为“%(state)s”，不能付款。") % {"state": order.get_state_display()}
            )
        if order.expires_at <= at:
            raise CannotPay(_("付款时间已过，请重新下单。"))
        started = Payment.objects.filter(
            order=order, method=method, state=PaymentState.STARTED
        ).first()
        return started or Payment.objects.create(
            order=order,
            number=new_number("P", at),
            method=method,
            amount=order.total,
            created_at=at,
            next_query_at=at + FIRST_QUERY_AFTER,
        )


def keep_notice(gateway: str, notice_id: str, body: str) -> bool:
    """Store a verified notice as it came. False when this one was stored before."""
    try:
        with transaction.atomic():
            GatewayNotice.objects.create(gateway=gateway, notice_id=notice_id, body=body)
    except IntegrityError:
        return False
    return True


def confirm_payment(
    number: str,
    *,
    amount: Decimal,
    gateway_no: str,
    method: str | None = None,
    at: datetime | None = None,
) -> Payment:
    """The gateway says this payment succeeded. Repeatable; two at once count once.

    The order's lock decides. Money for an order that is not waiting for it is sent back. Raises
    WrongNotice for an unknown number, one that was not for this `method`'s gateway, or another
    amount; then nothing is changed.
    """
    at = at or timezone.now()
    found = Payment.objects.filter(number=number).first()
    if found is None or method not in (None, found.method):
        raise WrongNotice(_("没有这个支付单号。"))
    if found.amount != amount:
        raise WrongNotice(_("支付金额与订单不符。"))
    with transaction.atomic():
        order = lock_row(Order.objects.filter(pk=found.order_id))
        payment = lock_row(Payment.objects.filter(pk=found.pk))
        if payment.state == PaymentState.PAID:
            return payment
        require_transition(PAYMENT_TRANSITIONS, payment.state, PaymentState.PAID)
        payment.state, payment.paid_at, payment.gateway_no = PaymentState.PAID, at, gateway_no
        payment.save(update_fields=["state", "paid_at", "gateway_no"])
        if order.state == OrderState.UNPAID:
            _mark_paid(order, at)
        else:
            return_surplus(payment, at)
    return payment


def settle_free_order(order: Order, *, at: datetime) -> None:
    """An order that costs nothing is paid when it is placed. The caller holds its lock."""
    _mark_paid(order, at)


def fail_payment(number: str, *, method: str) -> None:
    """The gateway says this payment will not succeed; the buyer may start another.

    One that was paid stays paid.
    """
    Payment.objects.filter(number=number, method=method, state=PaymentState.STARTED).update(
        state=PaymentState.FAILED
    )


def _mark_paid(order: Order, at: datetime) -> None:
    """Virtual goods are delivered with the payment; an order of nothing else is then received."""
    require_transition(ORDER_TRANSITIONS, order.state, OrderState.PAID)
    order.state, order.paid_at = OrderState.PAID, at
    order.close_reason = ""  # was to be closed, and the money came first
    order.save(update_fields=["state", "paid_at", "close_reason"])
    lines = OrderLine.objects.filter(order=order)
    lines.filter(kind=Kind.VIRTUAL).update(received_at=at)
    publish(EventKind.PAID, order, at)
    if not lines.filter(received_at=None).exists():
        receive_order(order, at=at)


def return_surplus(payment: Payment, at: datetime) -> Repayment:
    """Send money back that its order has no use for. Once per payment."""
    return Repayment.objects.create(
        payment=payment,
        number=new_number("R", at),
        amount=payment.amount,
        created_at=at,
        next_attempt_at=at,
    )


def query_payment(payment: Payment, *, at: datetime | None = None) -> Payment:
    """Ask the gateway what became of a payment; no transaction is open while it answers."""
    outcome: Outcome = payment_methods[payment.method].query(payment)
    if outcome.state == "paid":
        return confirm_payment(
            payment.number, amount=payment.amount, gateway_no=outcome.reference, at=at
        )
    if outcome.state == "failed":
        fail_payment(payment.number, method=payment.method)
    elif outcome.state == "closed":
        _note_closed(payment)
    payment.refresh_from_db()
    return payment


def payable(order: Order) -> QuerySet[Payment]:
    """The payments of an order that a gateway might still take money for."""
    remote = [code for code, method in payment_methods.items() if method.has_gateway]
    return Payment.objects.filter(order=order, state__in=PAYABLE, method__in=remote)


def close_payment(payment: Payment, *, at: datetime | None = None) -> Payment:
    """Ask the gateway what became of a payment and, where nothing did, to take no money any more.

    Returns it paid or closed; as it was when there is no definite answer. No transaction is open
    while the gateway answers.
    """
    payment = query_payment(payment, at=at)
    if payment.state not in PAYABLE:
        return payment
    outcome = payment_methods[payment.method].close(payment)
    if outcome.state == "paid":  # between the two calls
        return query_payment(payment, at=at)
    if outcome.state in ("closed", "missing"):
        _note_closed(payment)
    payment.refresh_from_db()
    return payment


def _note_closed(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk, state__in=PAYABLE).update(state=PaymentState.CLOSED)


def query_open_payments(*, at: datetime | None = None, limit: int = 100) -> int:
    """Ask about payments whose notice may have been lost: soon, then ever more seldom, for a day.

    Returns how many turned out paid. One that cannot be asked about keeps nobody waiting.
    """
    at = at or timezone.now()
    due = Payment.objects.filter(
        state=PaymentState.STARTED, next_query_at__lte=at, method__in=payment_methods
    )
    paid = 0
    for payment in due.order_by("next_query_at", "pk")[:limit]:
        _plan_next_query(payment, at)
        try:
            paid += query_payment(payment, at=at).state == PaymentState.PAID
        except Exception:  # whatever is wrong with one payment, the others are asked about
            logger.exception("payment %s could not be asked about", payment.number)
    return paid


def _plan_next_query(payment: Payment, at: datetime) -> None:
    age = at - payment.created_at
    payment.next_query_at = at + max(age / 2, ASK_AT_MOST_EVERY) if age < ASK_FOR else None
    payment.save(update_fields=["next_query_at"])
