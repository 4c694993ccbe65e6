"""The channels that carry money to distributors: a registry with one Protocol.

`send` is called with the payout's committed number; the same number never pays twice. Answers are
`orders.registries.Outcome`: "paid", "failed", "open" (accepted, awaited), "missing" (the channel
never heard of the number) or "unknown".
"""

from typing import Protocol

from django.utils.translation import gettext as _

from orders.registries import Outcome
from payouts.models import Payout


class Channel(Protocol):
    code: str

    @property
    def label(self) -> str: ...

    def send(self, payout: Payout) -> Outcome: ...

    def query(self, payout: Payout) -> Outcome: ...


class Manual:
    """Paid by hand, outside the shop: the merchant confirms with a voucher, or says it failed."""

    code = "manual"

    @property
    def label(self) -> str:
        return _("线下打款")

    def send(self, payout: Payout) -> Outcome:
        return Outcome("open", detail=_("等待商家线下打款并确认"))

    def query(self, payout: Payout) -> Outcome:
        return Outcome("open", detail=_("等待商家线下打款并确认"))


channels: dict[str, Channel] = {Manual.code: Manual()}


def channel_choices() -> list[tuple[str, str]]:
    return [(code, channel.label) for code, channel in channels.items()]


def channel_name(code: str) -> str:
    """In the reader's language; a channel that is gone keeps its code."""
    return channels[code].label if code in channels else code
