"""When somebody is paid next, how much is expected, and exactly what stands in the way."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from base.clock import beijing_date
from base.money import ZERO
from base.templatetags.shop import money as yuan
from distribution.desk.dashboard import Pending
from distribution.models import Distributor
from distribution.money.balances import Money
from distribution.registries import NextPayout
from payouts.models import Schedule
from payouts.runs import Candidate, floor_of, skip_reason
from payouts.schedules import due_period, next_due_day
from payouts.states import SkipReason


@dataclass(frozen=True)
class _Prospect:
    """What one schedule will find on its next day."""

    schedule: Schedule
    on: date
    amount: Decimal
    reason: SkipReason | None


def next_payout(
    distributor: Distributor, money: Money, pending: Pending, *, at: datetime
) -> NextPayout:
    """The first schedule that will pay them, else the next one and what blocks it: one query.

    Looks at each active schedule's next day with today's balance and what unlocks before it.
    """
    prospects = [
        _look(schedule, distributor, money, pending, at)
        for schedule in Schedule.objects.filter(is_active=True)
        .annotate(last_period=Max("runs__period"))
        .order_by("pk")
    ]
    if not prospects:
        return NextPayout("", None, ZERO, [_("商家还没有启用自动结算，款项会一直保留。")])
    chosen = min(prospects, key=lambda p: (p.reason is not None, p.on))
    if chosen.reason == SkipReason.BANNED:
        return NextPayout("", None, ZERO, [_("账号已封禁，不再结算。")])
    return NextPayout(
        schedule=schedule_in_words(chosen.schedule),
        on=_day_to_name(chosen),
        amount=chosen.amount,
        blockers=[] if chosen.reason is None else [_blocker(chosen, money, pending)],
        note="" if chosen.schedule.auto_approve else _("当天生成结算单，商家审批后打款。"),
    )


def _look(
    schedule: Schedule, distributor: Distributor, money: Money, pending: Pending, at: datetime
) -> _Prospect:
    today = beijing_date(at)
    period = due_period(schedule, today)
    done = schedule.last_period  # type: ignore[attr-defined]  # annotated by next_payout
    has_run = period is None or (done is not None and done >= period)
    on = next_due_day(schedule, today) if has_run else today
    amount = money.balance + pending.due_by(on)
    found = Candidate(distributor.pk, "", distributor.status, amount, money.reserved, money.pending)
    is_threshold = schedule.kind == Schedule.Kind.THRESHOLD
    reason = skip_reason(found, minimum=floor_of(schedule), is_threshold=is_threshold)
    return _Prospect(schedule, on, max(ZERO, amount), reason)


def _day_to_name(chosen: _Prospect) -> date | None:
    """A threshold schedule is looked at daily: below it there is no day to name. Nor is there one
    for somebody whom no day pays."""
    is_threshold = chosen.schedule.kind == Schedule.Kind.THRESHOLD
    is_nobodys = chosen.reason in (SkipReason.FROZEN, SkipReason.BANNED)
    return None if is_nobodys or (is_threshold and chosen.reason is not None) else chosen.on


def schedule_in_words(schedule: Schedule) -> str:
    """`每周一`, `每月 15 日`, `满 ¥100.00 时`."""
    if schedule.kind == Schedule.Kind.WEEKLY:
        return _("每%(weekday)s结算") % {"weekday": schedule.get_weekday_display()}
    if schedule.kind == Schedule.Kind.MONTHLY:
        return _("每月 %(day)d 日结算") % {"day": schedule.day_of_month}
    return _("满 %(amount)s 自动结算") % {"amount": yuan(floor_of(schedule))}


def _blocker(chosen: _Prospect, money: Money, pending: Pending) -> str:
    """The reason with its figures, so that it can be acted on."""
    floor = floor_of(chosen.schedule)
    if chosen.reason in (SkipReason.BELOW_MINIMUM, SkipReason.BELOW_THRESHOLD):
        return _("满 %(floor)s 才结算，还差 %(gap)s。") % {
            "floor": yuan(floor),
            "gap": yuan(floor - chosen.amount),
        }
    if chosen.reason == SkipReason.DEBT:
        return _("有 %(debt)s 待抵扣（有的佣金结算给你之后又撤回了），之后的佣金会先抵扣。") % {
            "debt": yuan(money.debt)
        }
    if chosen.reason == SkipReason.IN_PAYOUT:
        return _("可结算的款项都已在结算中。")
    if chosen.reason == SkipReason.NOTHING_MATURE:
        return _nothing_mature(pending)
    return _("%(reason)s。") % {"reason": chosen.reason.label if chosen.reason else ""}


def _nothing_mature(pending: Pending) -> str:
    if not pending.total:
        return _("还没有佣金。")
    if pending.unlocks:
        first = pending.unlocks[0]
        return _("佣金尚未到可结算的日子，最早 %(day)s 有 %(amount)s 解锁。") % {
            "day": date_format(first.day, "MONTH_DAY_FORMAT"),
            "amount": yuan(first.amount),
        }
    if pending.total == pending.reviewed:
        return _("佣金正在由商家复核。")
    return _("佣金还在等买家收货或售后处理完。")
