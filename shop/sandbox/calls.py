"""What merchants ask the payment gateway by signed calls."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from shop.sandbox import gateway
from shop.sandbox.access import signed
from shop.sandbox.envelope import sealed_answer
from shop.sandbox.models import SandboxRepayment, SandboxTrade


@signed
def query(request: HttpRequest, payload: dict[str, Any]) -> HttpResponse:
    """How a payment stands, by the merchant's number."""
    try:
        return _said(gateway.pay_if_due(str(payload.get("number", ""))))
    except SandboxTrade.DoesNotExist:
        return sealed_answer({"error": "no such trade"}, 404)


@signed
def close(request: HttpRequest, payload: dict[str, Any]) -> HttpResponse:
    """Take no money for a payment any more; how it stands then."""
    try:
        return _said(gateway.close(str(payload.get("number", ""))))
    except SandboxTrade.DoesNotExist:
        return sealed_answer({"error": "no such trade"}, 404)


def _said(trade: SandboxTrade) -> HttpResponse:
    return sealed_answer(
        {
            "number": trade.number,
            "state": trade.state,
            "amount": str(trade.amount),
            "currency": "CNY",
            "trade_no": trade.trade_no,
        }
    )


@signed
def repay(request: HttpRequest, payload: dict[str, Any]) -> HttpResponse:
    """Give money back; the same number never pays twice."""
    try:
        repaid = gateway.repay(payload)
    except gateway.Refused as refusal:
        return sealed_answer({"error": str(refusal)}, 422)
    if repaid.is_answer_lost:
        return HttpResponse(status=500)
    repayment = repaid.repayment
    failed = repayment.state == SandboxRepayment.State.FAILED
    return sealed_answer(
        {
            "number": repayment.number,
            "state": repayment.state,
            "amount": str(repayment.amount),
            "detail": "insufficient funds" if failed else "",
        }
    )
