"""Deciding on a signal: hold just the commissions in question, let them go, or take them back.

The buyer's order, refunds and purchases are never touched. Every decision has a reason, a person
and a time, and tells the payee in general words.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from base.transitions import require_transition
from distribution.models import Commission
from distribution.money.balances import lock_balances
from distribution.money.holds import (
    hold_commissions,
    release_commissions,
    revoke_commissions,
)
from distribution.risk.models import NamedCommission, Signal
from distribution.risk.news import tell_decision
from distribution.risk.states import TRANSITIONS, State


class CannotDecide(DomainError):
    """Nothing was chosen that the decision could be about."""


@dataclass(frozen=True)
class Outcome:
    """What a decision did; `refused` says which commissions it could not reach, and why."""

    signal: Signal
    done: list[Commission] = field(default_factory=list)
    refused: list[tuple[Commission, str]] = field(default_factory=list)


def hold_signal(
    signal: Signal,
    commission_ids: Collection[int],
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
) -> Outcome:
    """Set these of the signal's commissions aside until somebody decides.

    May be repeated for further ones. Raises CannotDecide when none is chosen or none can be held,
    WrongState when the signal is decided, DomainError without a reason.
    """
    with transaction.atomic():
        signal, named = _lock(signal, commission_ids, reason)
        at = at or timezone.now()
        if signal.state != State.HELD:
            require_transition(TRANSITIONS, signal.state, State.HELD)
        held = hold_commissions([row.commission for row in named], by=by, reason=reason, at=at)
        refused = [
            (row.commission, held.refused[row.commission_id])
            for row in named
            if row.commission_id in held.refused
        ]
        new = [
            row for row in named if row.held_at is None and row.commission_id not in held.refused
        ]
        signal.named.filter(pk__in=[row.pk for row in new]).update(held_at=at)
        done = [row.commission for row in new]
        if not done and signal.state != State.HELD:
            raise CannotDecide(refused[0][1] if refused else _("请先选择佣金。"))
        if done:
            _decide(signal, State.HELD, by=by, reason=reason, at=at)
            tell_decision("commission_held", done, at=at)
    return Outcome(signal, done, refused)


def clear_signal(
    signal: Signal, *, by: User | None, reason: str, at: datetime | None = None
) -> Outcome:
    """Nothing was wrong: what this signal held goes on its way. Cleared already: nothing happens."""
    with transaction.atomic():
        signal, named = _lock(signal, None, reason)
        if signal.state == State.CLEARED:
            return Outcome(signal)
        require_transition(TRANSITIONS, signal.state, State.CLEARED)
        at = at or timezone.now()
        done = _release(named, signal, by=by, reason=reason, at=at)
        _decide(signal, State.CLEARED, by=by, reason=reason, at=at)
        tell_decision("commission_released", done, at=at)
    return Outcome(signal, done)


def confirm_signal(
    signal: Signal,
    commission_ids: Collection[int],
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
) -> Outcome:
    """It was wrong: these commissions are taken back for good, the signal's others go on their
    way. Confirmed already: nothing happens."""
    with transaction.atomic():
        signal, chosen = _lock(signal, commission_ids, reason)
        if signal.state == State.CONFIRMED:
            return Outcome(signal)
        require_transition(TRANSITIONS, signal.state, State.CONFIRMED)
        at = at or timezone.now()
        done = revoke_commissions([row.commission for row in chosen], by=by, reason=reason, at=at)
        taken = {row.pk for row in chosen}
        rest = [row for row in _named(signal) if row.pk not in taken]
        released = _release(rest, signal, by=by, reason=reason, at=at)
        _decide(signal, State.CONFIRMED, by=by, reason=reason, at=at)
        tell_decision("commission_revoked", done, at=at)
        tell_decision("commission_released", released, at=at)
    return Outcome(signal, done)


def _named(signal: Signal) -> list[NamedCommission]:
    return list(signal.named.select_related("commission").order_by("commission_id"))


def _lock(
    signal: Signal, commission_ids: Collection[int] | None, reason: str
) -> tuple[Signal, list[NamedCommission]]:
    """The signal fresh and locked, after the balances of all whom it concerns; and the chosen."""
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
    lock_balances({row.commission.payee_id for row in _named(signal)})
    signal = lock_row(Signal.objects.filter(pk=signal.pk))
    named = _named(signal)
    if commission_ids is None:
        return signal, named
    wanted = set(commission_ids)
    chosen = [row for row in named if row.commission_id in wanted]
    if len(chosen) != len(wanted) or not chosen:
        raise CannotDecide(_("请先选择佣金。"))
    return signal, chosen


def _release(
    named: Collection[NamedCommission],
    signal: Signal,
    *,
    by: User | None,
    reason: str,
    at: datetime,
) -> list[Commission]:
    """What this signal held and no other undecided one holds as well."""
    held = [row for row in named if row.held_at is not None]
    others = set(
        NamedCommission.objects.filter(
            commission__in=[row.commission_id for row in held],
            held_at__isnull=False,
            signal__state=State.HELD,
        )
        .exclude(signal=signal)
        .values_list("commission", flat=True)
    )
    alone = [row.commission for row in held if row.commission_id not in others]
    return release_commissions(alone, by=by, reason=reason, at=at)


def _decide(signal: Signal, state: State, *, by: User | None, reason: str, at: datetime) -> None:
    signal.state, signal.decided_at, signal.decided_by = state, at, by
    signal.reason = reason[:200]
    signal.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    record_audit(f"{state}_risk_signal", signal, by=by, reason=reason)
