"""A distributor's month in the books: from the opening balance to the closing one, to the cent.

Sums are the ledger's own. What a month is about is the time of the transfers, so that the closing
balance of one month is the opening balance of the next by construction.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from base.clock import beijing_date, day_start
from base.money import ZERO
from base.slices import QueryRows
from distribution.models import Distributor, Transfer
from distribution.states import DISTRIBUTOR_ACCOUNTS

Kind = Transfer.Kind


@dataclass(frozen=True)
class Sums:
    """An amount in each place a distributor's money lies. The total is what the shop owes them."""

    pending: Decimal = ZERO
    available: Decimal = ZERO
    reserved: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.pending + self.available + self.reserved

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.pending + other.pending,
            self.available + other.available,
            self.reserved + other.reserved,
        )

    def __bool__(self) -> bool:
        return bool(self.pending or self.available or self.reserved)


@dataclass(frozen=True)
class Statement:
    """One Beijing month. `moved` holds the sums of each kind of transfer in it."""

    month: date
    opening: Sums
    moved: dict[str, Sums] = field(default_factory=dict)

    def of(self, *kinds: str) -> Sums:
        return sum((self.moved.get(kind, Sums()) for kind in kinds), Sums())

    @property
    def closing(self) -> Sums:
        return sum(self.moved.values(), self.opening)

    @property
    def earned(self) -> Decimal:
        return self.of(Kind.ACCRUE).total

    @property
    def matured(self) -> Decimal:
        return self.of(Kind.MATURE).available

    @property
    def reversed(self) -> Decimal:
        """Taken back by refunds, a review or a ban; positive."""
        return -self.of(Kind.REVERSE, Kind.REVOKE, Kind.FORFEIT).total

    @property
    def paid(self) -> Decimal:
        return -self.of(Kind.SETTLE).total

    @property
    def name(self) -> str:
        """As in its address: 2026-11."""
        return f"{self.month:%Y-%m}"

    def rows(self) -> list[tuple[str, str, Sums]]:
        """What happened, called as in the lines, with what it means; kinds that did not happen are
        left out."""
        meanings = {
            Kind.ACCRUE: _("顾客付款，佣金记为待成熟"),
            Kind.REVERSE: _("买家退款，按保留的部分重算"),
            Kind.REVOKE: _("商家复核后撤回的佣金"),
            Kind.FORFEIT: _("账号封禁，未付的佣金收回"),
            Kind.MATURE: _("收货满规定天数，从待成熟变为可结算"),
            Kind.HOLD: _("商家正在复核，从可结算退回待成熟"),
            Kind.RESERVE: _("放进结算单，等待打款"),
            Kind.RELEASE: _("结算单没有付出，退回可结算"),
            Kind.SETTLE: _("结算单打款成功"),
        }
        return [
            (str(kind.label), meaning, self.moved[kind])
            for kind, meaning in meanings.items()
            if kind in self.moved
        ]


MONTHS = """
SELECT to_char(month AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'), kind, account, amount
FROM (
    SELECT date_trunc('month', at, 'Asia/Shanghai') AS month, kind, account, sum(amount) AS amount
    FROM distribution_entry WHERE distributor_id = %s GROUP BY 1, 2, 3
) sums
ORDER BY month
"""


def statements_of(distributor: Distributor, *, until: datetime) -> list[Statement]:
    """Every month from the first with a movement, or from joining, to `until`; newest first.

    One query.
    """
    by_month: dict[str, dict[str, Sums]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, [distributor.pk])
        for month, kind, account, amount in cursor.fetchall():
            moved = by_month.setdefault(month, {})
            moved[kind] = moved.get(kind, Sums()) + _in(account, amount)
    last = beijing_date(until).replace(day=1)
    first = beijing_date(distributor.joined_at).replace(day=1)
    known = [month_of(name) for name in by_month]
    month = min([first, last, *(found for found in known if found)])
    last = max([last, *(found for found in known if found)])
    statements: list[Statement] = []
    balance = Sums()
    while month <= last:
        statement = Statement(month, balance, by_month.get(f"{month:%Y-%m}", {}))
        statements.append(statement)
        balance, month = statement.closing, next_month(month)
    return statements[::-1]


def _in(account: str, amount: Decimal) -> Sums:
    places = {str(name): ZERO for name in DISTRIBUTOR_ACCOUNTS}
    return Sums(**(places | {account: amount}))


A_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def month_of(name: str) -> date | None:
    """2026-11 as its first day."""
    if not A_MONTH.fullmatch(name):
        return None
    try:
        return date.fromisoformat(f"{name}-01")
    except ValueError:
        return None


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def previous_month(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


@dataclass(frozen=True)
class Line:
    """One movement of a month. `amount` is how it changes what the shop owes: nothing when money
    only changes its place, which `moved` then tells."""

    kind: Kind
    at: datetime
    amount: Decimal
    moved: Decimal
    commission_id: int | None
    level: int | None
    order: str
    goods: str
    number: str

    @property
    def label(self) -> str:
        return str(self.kind.label)


# Commissions, their reversals and holds one by one, with the order they come from; whole movements
# of the balance (maturing, payouts) as the ledger has them.
LINES = """
WITH movement AS (
    SELECT 'accrue' AS kind, commission.accrued_at AS at, commission.amount_at_payment AS amount,
           commission.id AS commission, commission.level, commission.order_id, commission.line_id,
           ''::text AS number
    FROM distribution_commission commission
    WHERE commission.payee_id = %(who)s
      AND commission.accrued_at >= %(start)s AND commission.accrued_at < %(end)s
    UNION ALL
    SELECT CASE WHEN reversal.refund_id IS NOT NULL THEN 'reverse'
                WHEN EXISTS (SELECT 1 FROM distribution_transfer
                             WHERE key = 'revoke:' || commission.id)
                     AND NOT EXISTS (SELECT 1 FROM distribution_reversal later
                                     WHERE later.commission_id = commission.id
                                       AND later.refund_id IS NULL AND later.id > reversal.id)
                     THEN 'revoke'  -- the last: it leaves nothing
                ELSE 'forfeit' END, reversal.at,
           -reversal.amount, commission.id, commission.level, commission.order_id,
           commission.line_id, ''
    FROM distribution_reversal reversal
    JOIN distribution_commission commission ON commission.id = reversal.commission_id
    WHERE commission.payee_id = %(who)s AND reversal.at >= %(start)s AND reversal.at < %(end)s
    UNION ALL
    SELECT 'hold', hold.held_at, hold.amount, commission.id, commission.level,
           commission.order_id, commission.line_id, ''
    FROM distribution_hold hold
    JOIN distribution_commission commission ON commission.id = hold.commission_id
    WHERE commission.payee_id = %(who)s AND hold.amount > 0
      AND hold.held_at >= %(start)s AND hold.held_at < %(end)s
    UNION ALL
    SELECT entry.kind, entry.at, entry.amount, NULL, NULL, NULL, NULL,
           CASE WHEN entry.kind = 'mature' THEN '' ELSE split_part(transfer.key, ':', 2) END
    FROM distribution_entry entry
    JOIN distribution_transfer transfer ON transfer.id = entry.transfer_id
    WHERE entry.distributor_id = %(who)s AND entry.account IN ('available', 'reserved')
      AND entry.at >= %(start)s AND entry.at < %(end)s
      AND (entry.account = 'available' AND entry.kind IN ('mature', 'reserve', 'release')
           OR entry.account = 'reserved' AND entry.kind = 'settle')
), wanted AS (
    SELECT * FROM movement
    WHERE (%(kind)s = '' OR kind = %(kind)s)
      AND (%(number)s = '' OR starts_with(number, %(number)s)
           OR EXISTS (SELECT 1 FROM orders_order
                      WHERE id = movement.order_id AND starts_with(number, %(number)s)))
)
"""
# Orders and goods are looked up for the lines of the page alone.
PAGE = """
SELECT line.kind, line.at, line.amount, line.commission, line.level,
       (SELECT number FROM orders_order WHERE id = line.order_id),
       (SELECT CASE WHEN %(english)s AND name_en <> '' THEN name_en ELSE name END
        FROM orders_orderline WHERE id = line.line_id),
       line.number
FROM (
    SELECT * FROM wanted ORDER BY at, kind, commission, number {slice}
) line
ORDER BY line.at, line.kind, line.commission, line.number
"""
SUMS = """
SELECT count(*), coalesce(sum(amount) FILTER (WHERE kind <> ALL(%(stays)s)), 0.00),
       coalesce(sum(abs(amount)) FILTER (WHERE kind = ANY(%(stays)s)), 0.00)
FROM wanted
"""


@dataclass(frozen=True)
class LineSums:
    """How many lines, what they change altogether, and what they move from place to place."""

    count: int
    amount: Decimal
    moved: Decimal


class StatementLines(QueryRows[Line]):
    """The lines of a month in order of time: all, of one kind, or with a number of an order or a
    payout that begins so."""

    def __init__(
        self,
        distributor: Distributor,
        month: date,
        *,
        language: str = "",
        kind: str = "",
        number: str = "",
    ) -> None:
        values = {
            "who": distributor.pk,
            "start": day_start(month),
            "end": day_start(next_month(month)),
            "english": language == "en",
            "kind": kind,
            "number": number,
            "stays": [str(stays) for stays in STAYS],
        }
        super().__init__(LINES, PAGE, values, lambda rows: [_line(*row) for row in rows])

    def sums(self) -> LineSums:
        """One query."""
        return LineSums(*self.ask(SUMS)[0])


STAYS = (Kind.MATURE, Kind.HOLD, Kind.RESERVE, Kind.RELEASE)


def _line(
    kind: str,
    at: datetime,
    amount: Decimal,
    commission_id: int | None,
    level: int | None,
    order: str | None,
    goods: str | None,
    number: str,
) -> Line:
    only_moves = kind in STAYS
    return Line(
        kind=Kind(kind),
        at=at,
        amount=ZERO if only_moves else amount,
        moved=abs(amount) if only_moves else ZERO,
        commission_id=commission_id,
        level=level,
        order=order or "",
        goods=goods or "",
        number=number,
    )
