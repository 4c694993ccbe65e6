"""The life of a commission: accrued at payment, due after receipt, mature, reversed by refunds.

Every function takes many orders at once and is safe to repeat. Accrual only inserts. Everything
later changes commissions under their payees' balance locks.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import QuerySet, prefetch_related_objects

from base.money import ZERO
from distribution.models import Commission, LineTerms, OrderTerms, Policy, Reversal, Transfer
from distribution.money.arithmetic import KeptLine, LevelValue, Limits, Shares, share_line
from distribution.money.balances import change_balances, lock_balances
from distribution.money.ledger import Posting, post
from distribution.news import tell_matured
from distribution.signals import balances_fell
from distribution.states import Account
from orders.models import OrderEvent, OrderLine
from orders.states import OPEN_REFUNDS

MATURE_CHUNK = 5000


def accrue(events: Sequence[OrderEvent]) -> None:
    """Book what these paid orders owe: commissions pending, against the shop's expense.

    Six statements for any number of orders. Raises OrderTerms.DoesNotExist when an order's terms
    are not fixed yet: its event waits until they are.
    """
    paid_at = {event.order_id: event.at for event in events}
    terms = {
        row.order_id: row
        for row in OrderTerms.objects.filter(order__in=paid_at).select_related("policy")
    }
    if len(terms) != len(paid_at):
        raise OrderTerms.DoesNotExist("an order has no terms yet")
    _note_payment(paid_at)
    by_line: dict[OrderLine, list[LineTerms]] = defaultdict(list)
    new = LineTerms.objects.filter(line__order__in=paid_at, line__commissions=None)
    for row in new.select_related("line").order_by("line", "level"):
        by_line[row.line].append(row)
    commissions = [
        commission
        for line, rows in by_line.items()
        for commission in _commissions(line, rows, terms[line.order_id], paid_at[line.order_id])
    ]
    Commission.objects.bulk_create(commissions)
    post(_accruals(commissions))


def _note_payment(paid_at: dict[int, datetime]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE distribution_orderterms AS terms SET paid_at = paid.at
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS paid(order_id, at)
            WHERE terms.order_id = paid.order_id
            """,
            [list(paid_at), list(paid_at.values())],
        )


def share_of(line: OrderLine, rows: Iterable[LineTerms], policy: Policy, kept: KeptLine) -> Shares:
    """Both levels' amounts of a line for what is kept of it, by its terms."""
    values = {row.level: LevelValue(row.base, row.rate, row.amount, row.uplift) for row in rows}
    limits = Limits(policy.cap_rate, policy.margin_guard)
    return share_line(values.get(1), values.get(2), kept, limits)


def whole_line(line: OrderLine) -> KeptLine:
    """The line as paid, before any refund."""
    return KeptLine(line.paid, line.quantity, line.cost)


def kept_line(line: OrderLine) -> KeptLine:
    """What the buyer keeps of the line now."""
    return KeptLine(line.kept_paid, line.kept_quantity, line.cost)


def _commissions(
    line: OrderLine, rows: Sequence[LineTerms], terms: OrderTerms, at: datetime
) -> Iterable[Commission]:
    whole = whole_line(line)
    shares = share_of(line, rows, terms.policy, whole)
    for row in rows:
        amount = shares.amount(row.level)
        if not amount:
            continue
        value = LevelValue(row.base, row.rate, row.amount, row.uplift)
        yield Commission(
            order_id=line.order_id,
            line=line,
            level=row.level,
            payee_id=row.payee_id,
            buyer_id=terms.buyer_id,
            is_self_purchase=terms.is_self_purchase and row.level == 1,
            rule_id=row.rule_id,
            base_amount=value.base_amount(whole),
            raw_amount=shares.raw(row.level),
            limit_amount=shares.limit,
            amount_at_payment=amount,
            amount=amount,
            accrued_at=at,
            matures_at=_due(line, terms.policy),
        )


def _due(line: OrderLine, policy: Policy) -> datetime | None:
    """Virtual goods are received at payment; everything else waits for its receipt."""
    if line.received_at is None:
        return None
    return line.received_at + timedelta(days=policy.maturity_days)


def _accruals(commissions: Iterable[Commission]) -> list[Posting]:
    postings: dict[int, Posting] = {}
    for commission in commissions:
        posting = postings.setdefault(
            commission.order_id,
            Posting(Transfer.Kind.ACCRUE, f"accrue:{commission.order_id}", commission.accrued_at),
        )
        posting.move(
            Account.EXPENSE,
            Account.PENDING,
            commission.amount,
            distributor_id=commission.payee_id,
        )
    return list(postings.values())


def note_receipt(events: Sequence[OrderEvent]) -> None:
    """Start the days to maturity of these received orders' commissions. One statement.

    Needs no balance lock: it writes a date the balances do not depend on, under the order's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE distribution_commission AS commission
            SET matures_at = line.received_at + make_interval(days => policy.maturity_days)
            FROM orders_orderline line, distribution_orderterms terms, distribution_policy policy
            WHERE line.id = commission.line_id AND terms.order_id = commission.order_id
              AND policy.id = terms.policy_id AND line.received_at IS NOT NULL
              AND commission.matures_at IS NULL AND commission.order_id = ANY(%s)
            """,
            [[event.order_id for event in events]],
        )


def mature_commissions(at: datetime) -> int:
    """Make available what is due at `at`, has no open after-sale and is not held. Returns how many.

    Chunks of a few thousand in transactions of their own: a chunk that is done stays done, and
    two runs at once share the work without counting anything twice.
    """
    total = 0
    while (claimed := _mature_chunk(at)) is not None:
        total += claimed
    return total


DUE = """
    commission.matured_at IS NULL AND commission.matures_at <= %(at)s
    AND NOT EXISTS (
        SELECT 1 FROM orders_refundline returned
        JOIN orders_refund refund ON refund.id = returned.refund_id
        WHERE returned.line_id = commission.line_id AND refund.state = ANY(%(open)s)
    )
    AND NOT EXISTS (
        SELECT 1 FROM distribution_hold hold
        WHERE hold.commission_id = commission.id AND hold.ended_at IS NULL
    )
"""


@transaction.atomic
def _mature_chunk(at: datetime) -> int | None:
    """Mature the next of what is due. Returns how many became mature here and not, meanwhile, in
    another run; None when nothing is due."""
    values: dict[str, Any] = {
        "at": at,
        "open": [str(s) for s in OPEN_REFUNDS],
        "chunk": MATURE_CHUNK,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT commission.id, commission.payee_id FROM distribution_commission commission
            WHERE {DUE} ORDER BY commission.matures_at, commission.id LIMIT %(chunk)s
            """,  # noqa: S608  (DUE is a constant; values are bound)
            values,
        )
        found = cursor.fetchall()
        if not found:
            return None
        lock_balances(payee for _, payee in found)
        # The claim: asked again under the locks, so that nothing matures twice.
        cursor.execute(
            f"""
            UPDATE distribution_commission AS commission SET matured_at = %(at)s
            WHERE commission.id = ANY(%(ids)s) AND {DUE}
            RETURNING commission.payee_id, commission.amount
            """,  # noqa: S608  (DUE is a constant; values are bound)
            values | {"ids": [pk for pk, _ in found]},
        )
        claimed = cursor.fetchall()
    sums: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for payee_id, amount in claimed:
        sums[payee_id] += amount
    post(_maturities(sums, at))
    change_balances(available=sums)
    tell_matured(sums, at)
    return len(claimed)


def _maturities(sums: dict[int, Decimal], at: datetime) -> list[Posting]:
    """A transfer for each payee: the database proves each row against the whole of its transfer,
    so that one for all of them would take the square of their number."""
    chunk = uuid4()
    postings = []
    for payee_id, amount in sorted(sums.items()):
        posting = Posting(Transfer.Kind.MATURE, f"mature:{chunk}:{payee_id}", at)
        posting.move(Account.PENDING, Account.AVAILABLE, amount, distributor_id=payee_id)
        postings.append(posting)
    return postings


def reverse(events: Sequence[OrderEvent]) -> None:
    """Take back what these refunds leave unearned, at both levels, whenever they come.

    A commission becomes min(at payment, the arithmetic on what is kept), so that the order of
    refunds does not matter: money first and the pieces later may give back a little (their cost
    is kept no longer, or the cents round the other way). Matured money is taken from the
    available balance, which may go below zero: a debt that later earnings repay.
    """
    refunds = [event.refund for event in events if event.refund is not None]
    prefetch_related_objects(refunds, "lines")
    refund_lines = {
        returned.line_id: event
        for event in events
        if event.refund is not None
        for returned in event.refund.lines.all()
    }
    touched = Commission.objects.filter(line__in=refund_lines)
    payees = set(touched.values_list("payee_id", flat=True))
    if not payees:
        return
    lock_balances(payees)
    changed = _reversals(touched, refund_lines)
    if not changed:
        return
    Reversal.objects.bulk_create(reversal for reversal, _ in changed)
    Commission.objects.bulk_update([r.commission for r, _ in changed], ["amount"], batch_size=1000)
    postings: dict[int, Posting] = {}
    for reversal, event in changed:
        posting = postings.setdefault(
            event.pk, Posting(Transfer.Kind.REVERSE, f"reverse:{event.refund_id}", event.at)
        )
        take_back(posting, reversal)
    post(list(postings.values()))
    settle_fall([reversal for reversal, _ in changed])


def _reversals(
    touched: QuerySet[Commission], refund_lines: dict[int, OrderEvent]
) -> list[tuple[Reversal, OrderEvent]]:
    lines = OrderLine.objects.in_bulk(list(refund_lines))
    terms: dict[int, list[LineTerms]] = defaultdict(list)
    for row in LineTerms.objects.filter(line__in=lines):
        terms[row.line_id].append(row)
    policies = {
        row.order_id: row.policy
        for row in OrderTerms.objects.filter(
            order__in={line.order_id for line in lines.values()}
        ).select_related("policy")
    }
    forfeited = set(
        Reversal.objects.filter(commission__in=touched, refund=None).values_list(
            "commission_id", flat=True
        )
    )
    found = []
    for commission in touched.order_by("pk"):
        line, event = lines[commission.line_id], refund_lines[commission.line_id]
        shares = share_of(line, terms[line.pk], policies[line.order_id], kept_line(line))
        # What a ban or a decision took does not come back.
        most = commission.amount if commission.pk in forfeited else commission.amount_at_payment
        now = min(most, shares.amount(commission.level))
        if now == commission.amount:
            continue
        reversal = Reversal(
            commission=commission,
            refund=event.refund,
            amount=commission.amount - now,
            at=event.at,
        )
        commission.amount = now
        found.append((reversal, event))
    return found


def take_back(posting: Posting, reversal: Reversal) -> None:
    """Add a reversal to its transfer: from where the money lies now, back to the expense."""
    commission = reversal.commission
    source = Account.PENDING if commission.matured_at is None else Account.AVAILABLE
    posting.move(source, Account.EXPENSE, reversal.amount, distributor_id=commission.payee_id)


def settle_fall(reversals: Sequence[Reversal]) -> None:
    """Lower the balances by what was taken back from matured commissions, and say whose fell."""
    sums: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for reversal in reversals:
        if reversal.commission.matured_at is not None:
            sums[reversal.commission.payee_id] -= reversal.amount
    change_balances(available=sums)
    fallen = sorted(payee_id for payee_id, change in sums.items() if change < ZERO)
    if fallen:
        at = max(reversal.at for reversal in reversals)
        balances_fell.send(sender=Commission, distributor_ids=fallen, at=at)
