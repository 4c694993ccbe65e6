"""The payment gateway's own acts: taking a payment, losing one, giving money back.

A trade is known by the merchant's number, a repayment as well: the same number again is the same
thing, whatever happened in between.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from shop.sandbox.background import run_later
from shop.sandbox.models import SandboxRepayment, SandboxTrade, SandboxWish
from shop.sandbox.telling import tell

State = SandboxTrade.State
LATE_SECONDS = 60
REPAYMENTS = "repayments"  # the subject of a SandboxWish


class Refused(Exception):
    """The gateway says no for good, and why."""


def open_trade(payload: dict[str, Any]) -> SandboxTrade:
    """The trade a merchant's signed link asks for; made when new. Raises Refused."""
    try:
        number = str(payload["number"])
        amount = amount_from(payload["amount"])
        trade, _is_new = SandboxTrade.objects.get_or_create(
            number=number,
            defaults={
                "amount": amount,
                "order_no": str(payload["order_no"]),
                "subject": str(payload["subject"])[:120],
                "notify_url": str(payload["notify_url"]),
                "return_url": str(payload["return_url"]),
            },
        )
    except KeyError as error:
        raise Refused(f"{error} is missing") from None
    if trade.amount != amount:
        raise Refused("this number was used with another amount")
    return trade


def amount_from(text: Any) -> Decimal:
    """Yuan with at most two places, more than nothing. Raises Refused."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        raise Refused("not an amount") from None
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise Refused("not an amount")
    return amount


def pay(number: str, *, notices: int = 1) -> SandboxTrade:
    """The payer pays, also after an earlier failure. Paid already: the merchant is told again.
    Closed by the merchant: the payer can no longer pay."""
    with transaction.atomic():
        trade = _lock(number)
        if trade.state != State.CLOSED:
            _take_money(trade, notices=notices)
    return trade


def _take_money(trade: SandboxTrade, *, notices: int = 1) -> None:
    if trade.state != State.PAID:
        trade.state, trade.paid_at, trade.pays_at = State.PAID, timezone.now(), None
        trade.save(update_fields=["state", "paid_at", "pays_at"])
    tell(trade, times=notices)


def close(number: str) -> SandboxTrade:
    """The merchant wants no money for it any more. A trade that is paid stays paid; money that
    is already on its way (`pay_late`) still comes."""
    with transaction.atomic():
        trade = _lock(number)
        if trade.state != State.PAID:
            trade.state = State.CLOSED
            trade.save(update_fields=["state"])
    return trade


def fail(number: str) -> SandboxTrade:
    """The payment does not go through. A trade that is paid or closed stays so."""
    with transaction.atomic():
        trade = _lock(number)
        if trade.state not in (State.PAID, State.CLOSED):
            trade.state, trade.pays_at = State.FAILED, None
            trade.save(update_fields=["state", "pays_at"])
            tell(trade)
    return trade


def pay_late(number: str) -> SandboxTrade:
    """The payer leaves; the money arrives LATE_SECONDS from now, whatever the order is by then."""
    with transaction.atomic():
        trade = _lock(number)
        if trade.state not in (State.PAID, State.CLOSED) and trade.pays_at is None:
            trade.pays_at = timezone.now() + timedelta(seconds=LATE_SECONDS)
            trade.save(update_fields=["pays_at"])
            run_later(partial(pay_if_due, number), after_seconds=LATE_SECONDS + 1)
    return trade


def pay_if_due(number: str) -> SandboxTrade:
    """Settle a late payment whose time has come, also one that was closed meanwhile."""
    with transaction.atomic():
        trade = _lock(number)
        if trade.state != State.PAID and trade.pays_at and trade.pays_at <= timezone.now():
            _take_money(trade)
    return trade


def _lock(number: str) -> SandboxTrade:
    return SandboxTrade.objects.select_for_update().get(number=number)


@dataclass(frozen=True)
class Repaid:
    """A repayment as it stands, and whether the gateway shall lose its answer."""

    repayment: SandboxRepayment
    is_answer_lost: bool


def repay(payload: dict[str, Any]) -> Repaid:
    """Give money back once per number. A failed one is tried anew. Raises Refused.

    How it goes is chosen on the gateway's page: it works; it definitely fails; or it works and
    the answer is lost, so that the merchant has to ask again.
    """
    number, amount = str(payload.get("number", "")), amount_from(payload.get("amount"))
    if not 1 <= len(number) <= 32:
        raise Refused("a number of at most 32 characters is needed")
    wish = SandboxWish.objects.filter(subject=REPAYMENTS).first()
    mode = wish.mode if wish else SandboxWish.Mode.OK
    with transaction.atomic():
        try:
            trade = _lock(str(payload.get("trade", "")))
        except SandboxTrade.DoesNotExist:
            raise Refused("no such trade") from None
        repayment = SandboxRepayment.objects.filter(number=number).first()
        if repayment is None:
            repayment = SandboxRepayment(
                trade=trade,
                number=number,
                amount=amount,
                reason=str(payload.get("reason", ""))[:120],
                asked=0,
            )
        elif (repayment.trade_id, repayment.amount) != (trade.pk, amount):
            raise Refused("this number was used for another repayment")
        if repayment.state != SandboxRepayment.State.DONE:
            repayment.state = _how_it_goes(trade, amount, mode)
        repayment.asked += 1
        repayment.save()
    return Repaid(repayment, mode == SandboxWish.Mode.UNKNOWN)


def _how_it_goes(trade: SandboxTrade, amount: Decimal, mode: str) -> str:
    done = trade.repayments.filter(state=SandboxRepayment.State.DONE)
    given = done.aggregate(total=Sum("amount", default=Decimal(0)))["total"]
    if trade.state != State.PAID or given + amount > trade.amount or mode == SandboxWish.Mode.FAIL:
        return SandboxRepayment.State.FAILED
    return SandboxRepayment.State.DONE


def wish_repayments(mode: str) -> None:
    """From now on repayments go like this."""
    SandboxWish.objects.update_or_create(subject=REPAYMENTS, defaults={"mode": mode})
