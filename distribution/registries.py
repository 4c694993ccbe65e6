"""Where the rooms above add to a distributor's pages, without this room hearing of them.

Filled in the other app's `AppConfig.ready`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from base.money import ZERO
from distribution.models import Commission, Distributor
from distribution.money.balances import Money

if TYPE_CHECKING:
    from distribution.desk.dashboard import Pending


@dataclass(frozen=True)
class NextPayout:
    """When money comes next: `on` is None when no day can be named.

    `amount` is what is expected by then, before `tax` and `fee`; empty `blockers` mean that it will
    be paid.
    """

    schedule: str
    on: date | None
    amount: Decimal
    blockers: list[str] = field(default_factory=list)
    note: str = ""
    tax: Decimal = ZERO
    fee: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.amount - self.tax - self.fee


class Forecast(Protocol):
    def __call__(
        self, distributor: Distributor, money: Money, pending: "Pending", *, at: datetime
    ) -> NextPayout: ...


forecasts: dict[str, Forecast] = {}

# Why a commission is under review, for its payee to read: whole sentences, or nothing.
review_words: dict[str, Callable[[Commission], list[str]]] = {}
