"""Trying a draft on past orders: a run is a row, small ones at once, long ones by the worker.

A run claims its row before it works and writes its result once. One whose worker died is taken up
again by beat; asking twice for the same run gives the one that is under way.
"""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.clock import beijing_date, day_end, day_start
from base.errors import DomainError
from distribution.editor.change_sets import proposed_rules
from distribution.editor.simulation import (
    Simulation,
    paid_orders,
    simulate,
    simulation_from,
    simulation_values,
)
from distribution.editor.trial import Trial, as_always
from distribution.models import ChangeSet, DryRun, DryRunEffect, Rule
from distribution.rules import rules_in_force
from distribution.states import OPEN_DRY_RUNS, ChangeSetState, DryRunState

logger = logging.getLogger(__name__)

# Up to this many orders a page may wait for; beyond, the worker does it.
AT_ONCE = 2000
MOST_DAYS = 1100
DEAD_AFTER = timedelta(minutes=5)


class DraftMoved(DomainError):
    """The draft is not the one that was to be tried."""


def request_dry_run(
    change_set: ChangeSet,
    first_day: date,
    last_day: date,
    *,
    by: User | None,
    baseline: DryRun.Baseline = DryRun.Baseline.ACTUAL,
    dates: DryRun.Dates = DryRun.Dates.AS_WRITTEN,
) -> DryRun:
    """Ask for a run, which is not worked on yet (`is_small` says who should do it).

    The same run, asked for again while it is open, is returned. Raises DomainError for days
    that are not past or too many, and for what is no draft.
    """
    _require_days(first_day, last_day)
    if change_set.state != ChangeSetState.DRAFT:
        raise DomainError(_("只有草稿可以试算；这份已发布或丢弃。"))
    asked = {
        "change_set": change_set,
        "revision": change_set.revision,
        "first_day": first_day,
        "last_day": last_day,
        "baseline": baseline,
        "dates": dates,
    }
    try:
        with transaction.atomic():
            return DryRun.objects.create(
                **asked,
                total=paid_orders(first_day, last_day).count(),
                requested_at=timezone.now(),
                requested_by=by,
            )
    except IntegrityError:
        return DryRun.objects.get(**asked, state__in=OPEN_DRY_RUNS)


def _require_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise DomainError(_("结束日期不能早于开始日期。"))
    if last_day > beijing_date(timezone.now()):
        raise DomainError(_("只能试算已经过去的日子。"))
    if (last_day - first_day).days >= MOST_DAYS:
        raise DomainError(_("一次最多试算 %(count)d 天。") % {"count": MOST_DAYS})


def is_small(run: DryRun) -> bool:
    """Whether somebody may wait for it."""
    return run.total <= AT_ONCE


def carry_out(run_id: int) -> DryRun | None:
    """Do a run that nobody else does. None when there is nothing to do.

    Safe to repeat and at the same time. What goes wrong is written into the run, for its reader.
    """
    now = timezone.now()
    claimed = DryRun.objects.filter(_free(now), pk=run_id).update(
        state=DryRunState.RUNNING, seen_at=now, done=0
    )
    if not claimed:
        return None
    run = DryRun.objects.select_related("change_set").get(pk=run_id)
    try:
        result = _simulate(run)
    except DraftMoved as moved:
        _finish(run, DryRunState.FAILED, error=str(moved))
    except Exception:
        logger.exception("dry run %s failed", run_id)
        _finish(run, DryRunState.FAILED, error=_("试算出错，请重试；如再次失败请联系技术人员。"))
    else:
        with transaction.atomic():
            _keep(run, result)
            _finish(run, DryRunState.DONE, summary=simulation_values(result), done=run.total)
    return DryRun.objects.get(pk=run_id)


def carry_out_waiting() -> int:
    """Do the runs that wait, also those whose worker is gone. Returns how many were done."""
    waiting = DryRun.objects.filter(_free(timezone.now())).order_by("pk")
    return sum(carry_out(pk) is not None for pk in waiting.values_list("pk", flat=True))


def _free(now: datetime) -> Q:
    """Runs that nobody works on."""
    gone = Q(state=DryRunState.RUNNING, seen_at__lt=now - DEAD_AFTER)
    return Q(state=DryRunState.QUEUED) | gone


def _simulate(run: DryRun) -> Simulation:
    now = timezone.now()
    change_set = run.change_set
    rules = proposed_rules(change_set, now)
    # Read after the rules, so that they are those of this revision.
    if ChangeSet.objects.get(pk=change_set.pk).revision != run.revision:
        raise DraftMoved(_("草稿在试算开始前又有改动，请重新试算。"))
    if run.dates == DryRun.Dates.ALWAYS:
        rules = [_always(rule, run) if rule.pk is None else rule for rule in rules]
    beside = None
    if run.baseline == DryRun.Baseline.RULES:
        beside = Trial(as_always(rules_in_force(now).order_by("pk")))

    def report(done: int) -> None:
        DryRun.objects.filter(pk=run.pk).update(done=min(done, run.total), seen_at=timezone.now())

    proposed = Trial(as_always(rules), change_set.policy_changes)
    return simulate(proposed, run.first_day, run.last_day, beside=beside, report=report)


def _always(rule: Rule, run: DryRun) -> Rule:
    """A campaign of the draft as if it had run on all of these days; still dated, so still before
    what is not."""
    if rule.is_dated:
        rule.starts_at, rule.ends_at = day_start(run.first_day), day_end(run.last_day)
    return rule


def _keep(run: DryRun, result: Simulation) -> None:
    run.effects.all().delete()
    DryRunEffect.objects.bulk_create(
        (
            DryRunEffect(
                run=run,
                distributor_id=effect.distributor_id,
                orders=effect.orders,
                before=effect.before,
                after=effect.after,
                change=effect.change,
            )
            for effect in result.effects
        ),
        batch_size=2000,
    )


def _finish(run: DryRun, state: DryRunState, **values: Any) -> None:
    """Write the outcome, unless somebody took the run over."""
    DryRun.objects.filter(pk=run.pk, state=DryRunState.RUNNING).update(
        state=state, finished_at=timezone.now(), **values
    )


def result_of(run: DryRun) -> Simulation:
    """The sums and shelves of a finished run; its distributors are `run.effects`."""
    return simulation_from(run.summary, run.first_day, run.last_day)
