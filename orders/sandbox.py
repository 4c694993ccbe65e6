"""The payment method of the demo: the sandbox's gateway and its cashier."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from base.gateways import sandbox_pay
from base.pages import shop_name
from orders.payments import confirm_payment, fail_payment, keep_notice
from orders.registries import Outcome

if TYPE_CHECKING:
    from decimal import Decimal

    from orders.models import Payment, Repayment


class Sandbox:
    code = "sandbox"
    is_offered = True
    has_gateway = True

    @property
    def label(self) -> str:
        return _("沙箱支付")

    def start(self, payment: "Payment", return_url: str) -> str:
        return sandbox_pay.cashier_address(
            sandbox_pay.Trade(
                number=payment.number,
                order_no=payment.order.number,
                amount=payment.amount,
                subject=_("%(shop)s订单 %(number)s")
                % {"shop": shop_name(), "number": payment.order.number},
                notify_url=settings.BASE_URL + reverse("notify:sandbox"),
                return_url=return_url,
                language=get_language() or "",
            )
        )

    def query(self, payment: "Payment") -> Outcome:
        return _outcome(sandbox_pay.query_trade(payment.number), payment.amount)

    def close(self, payment: "Payment") -> Outcome:
        return _outcome(sandbox_pay.close_trade(payment.number), payment.amount)

    def repay(self, repayment: "Repayment") -> Outcome:
        answer = sandbox_pay.repay_trade(
            number=repayment.number,
            trade=repayment.payment.number,
            amount=repayment.amount,
            reason=repayment.payment.order.number,
        )
        return _outcome(answer, repayment.amount)


def _outcome(answer: sandbox_pay.Answer, amount: "Decimal") -> Outcome:
    """An answer about another amount than ours is none."""
    if answer.amount not in (None, amount):
        return Outcome("unknown", detail=f"amount {answer.amount} instead of {amount}")
    return Outcome(answer.state, answer.reference, answer.detail)


def take_notice(told: sandbox_pay.Told, body: str) -> None:
    """Keep a verified notice and do what it says, both or neither; a repeat changes nothing.

    Raises WrongNotice for a payment that is not this gateway's or another amount.
    """
    with transaction.atomic():
        if not keep_notice(Sandbox.code, told.notice_id, body):
            return
        if told.event == "paid":
            confirm_payment(
                told.number,
                amount=told.amount,
                gateway_no=told.reference,
                method=Sandbox.code,
            )
        else:
            fail_payment(told.number, method=Sandbox.code)
