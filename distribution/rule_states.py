"""Where a rule stands at a moment: in force, coming, over or cancelled. Derived, never stored."""

from datetime import datetime

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from distribution.models import Rule


class RuleState(models.TextChoices):
    IN_FORCE = "in_force", _("生效中")
    COMING = "coming", _("待生效")
    OVER = "over", _("已结束")
    CANCELLED = "cancelled", _("已取消")


def rule_state(rule: Rule, at: datetime) -> RuleState:
    """A version of a campaign is in force while both the version and the campaign run."""
    if rule.cancelled_at is not None:
        return RuleState.CANCELLED
    if any(end is not None and end <= at for end in (rule.valid_to, rule.ends_at)):
        return RuleState.OVER
    if any(start is not None and start > at for start in (rule.valid_from, rule.starts_at)):
        return RuleState.COMING
    return RuleState.IN_FORCE


def rules_in_state(rules: QuerySet[Rule], state: RuleState, at: datetime) -> QuerySet[Rule]:
    """Those of `rules` of which `rule_state` says so."""
    if state == RuleState.CANCELLED:
        return rules.filter(cancelled_at__isnull=False)
    over = Q(valid_to__lte=at) | Q(ends_at__lte=at)
    coming = Q(valid_from__gt=at) | Q(starts_at__gt=at)
    rules = rules.filter(cancelled_at=None)
    if state == RuleState.OVER:
        return rules.filter(over)
    rules = rules.exclude(over)
    return rules.filter(coming) if state == RuleState.COMING else rules.exclude(coming)


def campaigns(state: RuleState, at: datetime) -> QuerySet[Rule]:
    """Rules with dates that are the merchant's word or will be, the next to begin first; over are
    also those whose version was ended, the latest first."""
    dated = Rule.objects.filter(Q(starts_at__isnull=False) | Q(ends_at__isnull=False))
    # A version that another took over is told by that one.
    dated = dated.exclude(pk__in=Rule.objects.filter(cancelled_at=None, replaces__isnull=False).values("replaces"))  # fmt: skip
    order = "-ends_at" if state == RuleState.OVER else "starts_at"
    return rules_in_state(dated, state, at).order_by(order, "-pk")
