"""Turning what the questions find into signals: once each, however often they are asked.

A commission is named only once for the same matter: what was cleared is not brought up again,
new commissions of the same people are, in a signal of their own.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from distribution.risk.models import NamedCommission, Signal, Thresholds
from distribution.risk.questions import QUESTIONS
from distribution.risk.states import Kind, State

LOCK = 4_800_001  # an arbitrary number: two collections at once take turns


@dataclass(frozen=True)
class Finding:
    """Something a question found. `key` says which matter it is, for the next time."""

    kind: Kind
    key: str
    payee_id: int | None
    evidence: dict[str, Any] = field(compare=False)
    commission_ids: list[int] = field(compare=False)


def thresholds() -> Thresholds:
    """The merchant's, or those we begin with."""
    return Thresholds.objects.filter(pk=1).first() or Thresholds(pk=1)


def find_risks(at: datetime) -> int:
    """Ask every question as of `at` and write down what is new. Safe twice and at the same time.

    Returns how many signals were made. Each question is one statement, whatever there is.
    """
    limits = thresholds()
    made = 0
    for kind, question in QUESTIONS.items():
        found = _ask(kind, question, limits, at)
        if found:
            made += _write(found, at)
    return made


def _ask(kind: Kind, question: str, limits: Thresholds, at: datetime) -> list[Finding]:
    values: dict[str, datetime | int | Decimal] = {
        "at": at,
        "days": limits.window_days,
        "people": limits.ip_most_people,
        "share": limits.refund_share,
        "refunds": limits.refund_orders,
        "hasty_days": limits.hasty_days,
        "hasty": limits.hasty_orders,
        "clicks": limits.clicks_per_hour,
        "accounts": limits.accounts_per_visitor,
    }
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return [
            Finding(
                kind, f"{kind}:{key}"[:120], payee_id, json.loads(evidence), sorted(set(ids or []))
            )
            for key, payee_id, evidence, ids in cursor.fetchall()
        ]


@transaction.atomic
def _write(found: list[Finding], at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    keys = [finding.key for finding in found]
    known = Signal.objects.filter(key__in=keys)
    still_open = {signal.key: signal for signal in known.filter(state=State.OPEN)}
    seen_before = set(known.values_list("key", flat=True))
    named = _named(keys)
    new: list[Signal] = []
    seen: list[int] = []
    again: list[Signal] = []
    names: list[tuple[Signal, int]] = []
    for finding in found:
        fresh = [pk for pk in finding.commission_ids if pk not in named[finding.key]]
        signal = still_open.get(finding.key)
        if signal is None:
            if finding.key in seen_before and not fresh:
                continue  # decided already, and nothing has come since
            signal = Signal(
                kind=finding.kind, key=finding.key, payee_id=finding.payee_id, found_at=at
            )
            new.append(signal)
        else:
            seen.append(signal.pk)
            if signal.evidence != finding.evidence:
                again.append(signal)
        signal.evidence, signal.seen_at = finding.evidence, at
        names += [(signal, pk) for pk in fresh]
    Signal.objects.bulk_create(new)
    Signal.objects.filter(pk__in=seen).update(seen_at=at)
    Signal.objects.bulk_update(again, ["evidence"], batch_size=500)
    NamedCommission.objects.bulk_create(
        NamedCommission(signal=signal, commission_id=pk) for signal, pk in names
    )
    return len(new)


def _named(keys: Iterable[str]) -> dict[str, set[int]]:
    """Which commissions were named before in each matter."""
    named: dict[str, set[int]] = defaultdict(set)
    rows = NamedCommission.objects.filter(signal__key__in=list(keys))
    for key, pk in rows.values_list("signal__key", "commission"):
        named[key].add(pk)
    return named
