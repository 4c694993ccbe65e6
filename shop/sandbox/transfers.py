"""The transfer gateway's own acts: paying somebody once per number, or failing to.

The same number again is the same transfer, whatever happened in between.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.sandbox.gateway import Refused, amount_from
from shop.sandbox.models import SandboxTransfer, SandboxWish

State = SandboxTransfer.State
TRANSFERS = "transfers"  # the subject of a SandboxWish


class Mode(models.TextChoices):
    """How the gateway goes about a transfer it has not seen before."""

    OK = "ok", _("立即到账")
    LATER = "later", _("先受理，问起时到账")
    FAIL = "fail", _("明确失败")
    UNKNOWN = "unknown", _("已到账，但答复丢失")


class Clash(Exception):
    """The number was used for another transfer."""


@dataclass(frozen=True)
class Sent:
    """A transfer as it stands, and whether the gateway loses its answer."""

    transfer: SandboxTransfer
    is_answer_lost: bool


def mode() -> Mode:
    wish = SandboxWish.objects.filter(subject=TRANSFERS).first()
    return Mode(wish.mode) if wish else Mode.OK


def wish_transfers(wanted: str) -> None:
    """From now on new transfers go like this."""
    SandboxWish.objects.update_or_create(subject=TRANSFERS, defaults={"mode": Mode(wanted)})


def send(payload: dict[str, Any]) -> Sent:
    """Pay somebody once per number. Raises Refused for a request that makes no sense, Clash when
    the number stands for something else."""
    number, payee = str(payload.get("number", "")), str(payload.get("payee", ""))
    amount = amount_from(payload.get("amount"))
    if not 1 <= len(number) <= 32 or not 1 <= len(payee) <= 64 or payload.get("currency") != "CNY":
        raise Refused("a number, a payee and yuan are needed")
    wanted = mode()
    with transaction.atomic():
        transfer, is_new = SandboxTransfer.objects.get_or_create(
            number=number,
            defaults={
                "payee": payee,
                "payee_name": str(payload.get("payee_name", ""))[:64],
                "amount": amount,
                "state": State.ACCEPTED,
            },
        )
        transfer = _lock(number)
        if (transfer.payee, transfer.amount) != (payee, amount):
            raise Clash
        if is_new and wanted == Mode.FAIL:
            transfer.state, transfer.detail = State.FAILED, "the payee's account does not take it"
        elif is_new and wanted != Mode.LATER:
            _pay(transfer)
        transfer.asked += 1
        transfer.save()
    return Sent(transfer, is_new and wanted == Mode.UNKNOWN)


def query(number: str) -> SandboxTransfer:
    """How a transfer stands. One that was only accepted arrives when it is asked about."""
    with transaction.atomic():
        transfer = _lock(number)
        if transfer.state == State.ACCEPTED:
            _pay(transfer)
        transfer.asked += 1
        transfer.save()
    return transfer


def _pay(transfer: SandboxTransfer) -> None:
    transfer.state, transfer.paid_at = State.PAID, timezone.now()


def _lock(number: str) -> SandboxTransfer:
    return SandboxTransfer.objects.select_for_update().get(number=number)
