"""Tiers, their tasks and what became of somebody, in words."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.templatetags.shop import money
from distribution.models import Tier, TierCalendar, TierReview, TierTask
from distribution.tiers.decisions import Outcome
from distribution.tiers.periods import Period


def amount_in_words(kind: TierTask.Kind, amount: Decimal) -> str:
    """`¥1,000.00`, `5 单` or `3 人`."""
    if kind == TierTask.Kind.SALES:
        return money(amount)
    count = int(amount)
    if kind == TierTask.Kind.ORDERS:
        return ngettext("%(count)d 单", "%(count)d 单", count) % {"count": count}
    return ngettext("%(count)d 人", "%(count)d 人", count) % {"count": count}


def tasks_in_words(tier: Tier) -> str:
    """What earns a tier, e.g. `完成销售额 ¥1,000.00，并且 完成订单数 5 单`."""
    tasks = [
        f"{TierTask.Kind(task.kind).label} {amount_in_words(TierTask.Kind(task.kind), task.target)}"
        for task in tier.tasks.all()
    ]
    if not tasks:
        return _("没有任务（起始等级，或由商家给予）")
    either = _("，或者 ") if tier.tasks_needed == Tier.TasksNeeded.ANY else _("，并且 ")
    return either.join(tasks)


def calendar_in_words(calendar: TierCalendar) -> str:
    if calendar.kind == TierCalendar.Kind.MONTH:
        return _("每个自然月考核一次")
    if calendar.kind == TierCalendar.Kind.QUARTER:
        return _("每个自然季度考核一次")
    return ngettext("每 %(days)d 天考核一次", "每 %(days)d 天考核一次", calendar.days) % {
        "days": calendar.days
    }


def period_in_words(period: Period) -> str:
    return f"{period.start:%Y-%m-%d} – {period.last_day:%Y-%m-%d}"


def figures_in_words(row: TierReview) -> str:
    return _("完成 %(sales)s、%(orders)d 单、%(customers)d 位顾客") % {
        "sales": money(row.sales),
        "orders": row.orders,
        "customers": row.customers,
    }


def review_in_words(row: TierReview) -> str:
    """The reason of a change of tier, with the figures it rests on."""
    period = period_in_words(Period(row.period_start, row.period_end))
    words = {"period": period, "figures": figures_in_words(row), "tier": row.tier or ""}
    if row.outcome == Outcome.ROSE:
        return _("%(period)s：%(figures)s，达到“%(to)s”的任务") % (words | {"to": row.to_tier})
    if row.outcome == Outcome.FELL:
        return _("%(period)s：%(figures)s，没有达到“%(tier)s”的任务") % words
    if row.outcome == Outcome.HELD:
        return _("%(period)s：%(figures)s，保住“%(tier)s”") % words
    return _("%(period)s：提醒时%(figures)s，还没有达到“%(tier)s”的任务") % words
