"""Writing down what was decided on every sign of a recommendation, at the time it was decided.

The rows are the member's timeline: who serves them, since when, and why it is this one. They are
only added; a flood of the same sign leaves one row.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from base.accounts.models import User
from distribution.models import Distributor, Link, Policy, Trace

Kind, Decision, Why = Trace.Kind, Trace.Decision, Trace.Why

QUIET = timedelta(minutes=10)
MOST_WHILE_QUIET = 30
# Signs that anybody can make as often as they like: what repeats itself is written once.
REPEATABLE = frozenset({Kind.CLICK, Kind.LINK, Kind.PROMO_CODE})
DECISIVE = frozenset({Decision.WON, Decision.ENDED})


@dataclass(frozen=True)
class Sign:
    """Something that speaks for a distributor: a link somebody opened, a code they used."""

    distributor: Distributor
    at: datetime
    kind: Trace.Kind = Kind.CLICK
    link: Link | None = None
    visitor: uuid.UUID | None = None
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """What becomes of a sign, and why. `standing` is who serves the member until then."""

    decision: Trace.Decision
    why: Trace.Why
    standing: Distributor | None = None
    until: datetime | None = None


def record_verdict(
    member: User, sign: Sign, verdict: Verdict, *, at: datetime, policy: Policy | None = None
) -> Trace | None:
    """Add a sign and its verdict to the member's timeline; None for one of a flood."""
    trace = Trace(
        member=member,
        kind=sign.kind,
        at=sign.at,
        decided_at=at,
        distributor=sign.distributor,
        decision=verdict.decision,
        why=verdict.why,
        standing=verdict.standing,
        link=sign.link,
        channel=sign.link.channel if sign.link else "",
        visitor=sign.visitor,
        policy=policy,
        until=verdict.until,
        note=sign.note[:200],
    )
    if _is_repetition(trace):
        return None
    trace.save(force_insert=True)
    return trace


def record_trace(
    member: User,
    kind: Trace.Kind,
    decision: Trace.Decision,
    why: Trace.Why,
    *,
    at: datetime,
    distributor: Distributor | None = None,
    standing: Distributor | None = None,
    by: User | None = None,
    note: str = "",
    visitor: uuid.UUID | None = None,
) -> Trace:
    """Add something that is no sign of its own: a sign-up, or what the merchant decided."""
    return Trace.objects.create(
        member=member,
        kind=kind,
        at=at,
        decided_at=at,
        distributor=distributor,
        decision=decision,
        why=why,
        standing=standing,
        by=by,
        note=note[:200],
        visitor=visitor,
    )


def _is_repetition(trace: Trace) -> bool:
    """Whether the last minutes say the same already, or more than anybody would click.

    What still waits for its decision may repeat after another sign came between: which of them
    was the latest will matter.
    """
    if trace.kind not in REPEATABLE or trace.decision in DECISIVE:
        return False
    recent = list(
        Trace.objects.filter(member=trace.member, at__gt=trace.at - QUIET, at__lte=trace.at)
        .order_by("-at", "-pk")
        .values_list("distributor", "link", "decision", "why")[:MOST_WHILE_QUIET]
    )
    if len(recent) == MOST_WHILE_QUIET:
        return True
    if trace.decision == Decision.WAITING:
        recent = recent[:1]
    return (trace.distributor_id, trace.link_id, trace.decision, trace.why) in recent
