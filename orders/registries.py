"""Where rooms above add to buying, without the order room hearing of them.

Each registry is a plain dict filled in the other app's `AppConfig.ready`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from base.errors import DomainError

if TYPE_CHECKING:
    from base.accounts.models import User
    from orders.models import Order, Payment, Repayment
    from orders.pricing import PricedLine


class ChoiceRefused(DomainError):
    """What the buyer chose or typed at checkout does not apply to the order, and why."""


@dataclass(frozen=True)
class Discount:
    """An amount off, spread over the lines (by position) it is good for. `chosen` says which one
    it is, where the buyer left the choice to the source."""

    label: str
    amount: Decimal
    lines: Sequence[int]
    chosen: str = ""


class DiscountSource(Protocol):
    """Tier price, campaign, coupon, promo code: each looks at what is left of the lines."""

    def __call__(
        self, lines: "Sequence[PricedLine]", buyer: "User", chosen: str
    ) -> Discount | None:
        """`chosen` is what the buyer chose or typed for this source, "" for nothing. Raises
        ChoiceRefused."""


class Redemption(Protocol):
    """Uses up what the buyer chose or typed, when their order is placed: in its transaction and
    before `order_placed`, also when nothing was taken off."""

    def __call__(self, order: "Order", chosen: str, *, at: datetime) -> None:
        """Raises ChoiceRefused when somebody else was quicker; then nothing is placed."""


# In the order in which they are applied; a name here is LineDiscount.source.
DISCOUNT_ORDER = ("tier", "campaign", "coupon", "promo_code")
discount_sources: dict[str, DiscountSource] = {}
# Of the sources for which the buyer chooses or types something.
redemptions: dict[str, Redemption] = {}


@dataclass(frozen=True)
class Outcome:
    """What a gateway says of a payment, a repayment or a transfer.

    `state` is "paid", "failed", "closed" (can no longer be paid), "open" (known, undecided),
    "missing" (never heard of) or "unknown" (no definite answer: asked again later, never taken
    for a failure).
    """

    state: str
    reference: str = ""
    detail: str = ""


class PaymentMethod(Protocol):
    """How money for an order comes in and goes back."""

    code: str
    is_offered: bool  # whether buyers may choose it
    has_gateway: bool  # whether somebody else takes the money, and has to be asked about it

    @property
    def label(self) -> str: ...

    def start(self, payment: "Payment", return_url: str) -> str:
        """The address to send the buyer to. Repeatable."""

    def query(self, payment: "Payment") -> Outcome: ...

    def close(self, payment: "Payment") -> Outcome:
        """Have the gateway take no money for it any more: "closed", or what stands against it.
        A gateway that knows no closing says "closed" as well: late money goes back by itself."""

    def repay(self, repayment: "Repayment") -> Outcome:
        """Send money back under `repayment.number`; the same number never pays twice."""


payment_methods: dict[str, PaymentMethod] = {}


def method_name(code: str) -> str:
    """In the reader's language; a method that is gone keeps its code."""
    return payment_methods[code].label if code in payment_methods else code
