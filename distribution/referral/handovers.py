"""Handing everybody of one distributor over to another (or to nobody), e.g. when they leave.

Looked at first, then done in one go: dated relations from now on, a row on every timeline. Orders
that were placed keep their terms. Whom the new one may not have stays where they are, by name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_rows
from distribution import news
from distribution.models import Binding, Distributor, Recruitment, Trace
from distribution.referral.relations import CannotRelate, chain_above, in_force, lock_chains
from distribution.states import Status

SAMPLE = 20


class Group(models.TextChoices):
    CUSTOMERS = "customers", gettext_lazy("顾客")
    RECRUITS = "recruits", gettext_lazy("带来的分销商")


@dataclass(frozen=True)
class Handover:
    """What would move, or has moved: how many, some of them, and who stays and why."""

    giver: Distributor
    taker: Distributor | None
    customers: int
    recruits: int
    sample: list[User]
    staying: list[tuple[User, str]]

    @property
    def is_empty(self) -> bool:
        return not self.customers and not self.recruits


def preview_handover(
    giver: Distributor, taker: Distributor | None, groups: Collection[Group], *, at: datetime
) -> Handover:
    """What a handover would do at this moment; changes nothing. Raises CannotRelate."""
    _require_taker(giver, taker)
    barred = _barred(giver, taker, at)
    customers = _customers(giver, groups, at)
    recruits = _recruits(giver, groups, at)
    moving = customers.exclude(customer__in=barred).order_by("-starts_at")
    moving_recruits = recruits.exclude(distributor__in=barred).order_by("-starts_at")
    sample = [row.customer for row in moving.select_related("customer")[:SAMPLE]]
    sample += [
        r.distributor.user for r in moving_recruits.select_related("distributor__user")[:SAMPLE]
    ]
    staying_ids = {
        *customers.filter(customer__in=barred).values_list("customer", flat=True),
        *recruits.filter(distributor__in=barred).values_list("distributor", flat=True),
    }
    staying = [(user, barred[user.pk]) for user in User.objects.filter(pk__in=staying_ids)]
    return Handover(giver, taker, moving.count(), moving_recruits.count(), sample[:SAMPLE], staying)


def hand_over(
    giver: Distributor,
    taker: Distributor | None,
    groups: Collection[Group],
    *,
    by: User,
    reason: str,
    at: datetime | None = None,
) -> Handover:
    """Do it, from `at` (now) on. A second time there is nobody left to move and nothing happens.

    Locks the customers, then both distributors with the recruits, then the chains. Raises
    CannotRelate, and DomainError without a reason.
    """
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
    with transaction.atomic():
        giver, taker = _lock_everybody(giver, taker, groups, at or timezone.now())
        at = at or timezone.now()  # not before what we waited for
        done = preview_handover(giver, taker, groups, at=at)
        if done.is_empty:
            return done
        staying = [user.pk for user, _why in done.staying]
        values = {
            "giver": giver.pk,
            "taker": taker.pk if taker else None,
            "by": by.pk,
            "reason": reason[:200],
            "at": at,
            "staying": staying,
        }
        with connection.cursor() as cursor:
            if done.customers:
                cursor.execute(MOVE_CUSTOMERS, values)
            if done.recruits:
                cursor.execute(MOVE_RECRUITS, values)
        news.tell_moves(Trace.Kind.MERCHANT, at=at, giver=giver.pk)
        news.tell_moves(Trace.Kind.RECRUITER, at=at, giver=giver.pk)
        record_audit(
            "hand_over",
            giver,
            by=by,
            reason=reason,
            to=taker,
            customers=done.customers,
            recruits=done.recruits,
        )
    return done


def _lock_everybody(
    giver: Distributor, taker: Distributor | None, groups: Collection[Group], at: datetime
) -> tuple[Distributor, Distributor | None]:
    """In the order in which everybody else locks people; both distributors fresh."""
    customers = _customers(giver, groups, at).values("customer")
    lock_rows(User.objects.filter(pk__in=customers).only("pk"))
    recruits = _recruits(giver, groups, at).values_list("distributor", flat=True)
    parties = {giver.pk, *([taker.pk] if taker else [])}
    rows = lock_rows(Distributor.objects.filter(pk__in=parties.union(recruits)))
    people = {row.pk: row for row in rows}
    lock_chains([giver.pk])
    return people[giver.pk], people[taker.pk] if taker else None


def _require_taker(giver: Distributor, taker: Distributor | None) -> None:
    if taker is None:
        return
    if taker.pk == giver.pk:
        raise CannotRelate(_("请选择另一位分销商来接手。"))
    if taker.status != Status.APPROVED:
        raise CannotRelate(_("该分销商目前不能推荐顾客。"))


def _barred(giver: Distributor, taker: Distributor | None, at: datetime) -> dict[int, str]:
    """Who among the giver's people may not be given to the taker, and why: three queries."""
    barred: dict[int, str] = {}
    later = Binding.objects.filter(starts_at__gte=at).values_list("customer", flat=True)
    later_recruits = Recruitment.objects.filter(starts_at__gte=at).values_list(
        "distributor", flat=True
    )
    for person in [*later, *later_recruits]:
        barred[person] = _("该关系刚刚建立，请稍后再改。")
    if taker is not None:
        for person in chain_above(taker, at):
            barred[person] = _("这样会形成循环推荐关系。")
        barred[taker.pk] = _("不能绑定自己。")
    return barred


def _customers(giver: Distributor, groups: Collection[Group], at: datetime) -> QuerySet[Binding]:
    rows = Binding.objects.filter(in_force(at), distributor=giver)
    return rows if Group.CUSTOMERS in groups else rows.none()


def _recruits(giver: Distributor, groups: Collection[Group], at: datetime) -> QuerySet[Recruitment]:
    rows = Recruitment.objects.filter(in_force(at), recruiter=giver)
    return rows if Group.RECRUITS in groups else rows.none()


MOVE_CUSTOMERS = """
WITH moved AS (
    UPDATE distribution_binding SET ends_at = %(at)s
    WHERE distributor_id = %(giver)s AND starts_at < %(at)s AND (ends_at IS NULL OR ends_at > %(at)s)
      AND customer_id <> ALL(%(staying)s::bigint[])
    RETURNING customer_id
), told AS (
    INSERT INTO distribution_trace (member_id, kind, at, decided_at, distributor_id, standing_id,
                                    decision, why, channel, note, by_id)
    SELECT customer_id, 'merchant', %(at)s, %(at)s, %(taker)s::bigint, %(giver)s,
           CASE WHEN %(taker)s::bigint IS NULL THEN 'ended' ELSE 'won' END, 'merchant', '',
           %(reason)s, %(by)s
    FROM moved
)
INSERT INTO distribution_binding (customer_id, distributor_id, starts_at, source, reason, by_id)
SELECT customer_id, %(taker)s::bigint, %(at)s, 'merchant', %(reason)s, %(by)s FROM moved
WHERE %(taker)s::bigint IS NOT NULL
"""

MOVE_RECRUITS = """
WITH moved AS (
    UPDATE distribution_recruitment SET ends_at = %(at)s
    WHERE recruiter_id = %(giver)s AND starts_at < %(at)s AND (ends_at IS NULL OR ends_at > %(at)s)
      AND distributor_id <> ALL(%(staying)s::bigint[])
    RETURNING distributor_id
), told AS (
    INSERT INTO distribution_trace (member_id, kind, at, decided_at, distributor_id, standing_id,
                                    decision, why, channel, note, by_id)
    SELECT distributor_id, 'recruiter', %(at)s, %(at)s, %(taker)s::bigint, %(giver)s,
           CASE WHEN %(taker)s::bigint IS NULL THEN 'ended' ELSE 'won' END, 'merchant', '',
           %(reason)s, %(by)s
    FROM moved
)
INSERT INTO distribution_recruitment (distributor_id, recruiter_id, starts_at, reason, by_id)
SELECT distributor_id, %(taker)s::bigint, %(at)s, %(reason)s, %(by)s FROM moved
WHERE %(taker)s::bigint IS NOT NULL
"""
