"""The two dated relations: customer → distributor (level 1) and distributor → recruiter (level 2).

Intervals of one person never overlap (database exclusion constraint). The merchant's policy says
when and for how long a link binds; only the merchant changes who recruited whom.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from distribution import news
from distribution.models import Binding, Distributor, Link, Policy, Recruitment, Trace
from distribution.policy import policy_at
from distribution.referral.traces import (
    Decision,
    Kind,
    Sign,
    Verdict,
    Why,
    record_trace,
    record_verdict,
)
from distribution.states import Status

CHAINS = 20_261_125  # the number of the database's lock; any that nobody else takes

# Why somebody who is no (longer an) approved distributor is bound to nobody.
OUT = {
    Status.FROZEN: Why.FROZEN,
    Status.RESIGNED: Why.RESIGNED,
    Status.BANNED: Why.BANNED,
}


class CannotRelate(DomainError):
    """The relation would bind somebody to themselves, in a loop, or to somebody who is out."""

    def __init__(self, text: str, why: Trace.Why = Why.NEWER) -> None:
        self.why = why
        super().__init__(text)


def in_force(at: datetime) -> Q:
    return Q(starts_at__lte=at) & (Q(ends_at=None) | Q(ends_at__gt=at))


def bound_distributor(customer_id: int, at: datetime) -> Distributor | None:
    """The distributor a customer is bound to at a moment."""
    binding = (
        Binding.objects.filter(in_force(at), customer=customer_id)
        .select_related("distributor__tier")
        .first()
    )
    return binding.distributor if binding else None


def require_relatable(person_id: int, distributor: Distributor, at: datetime) -> None:
    """Raise CannotRelate for oneself, for one who is not approved, and for a loop of any length.

    The whole chain above `distributor` is walked in one query over both relations at `at`, and
    stays as it is until the transaction ends.
    """
    if distributor.pk == person_id:
        raise CannotRelate(_("不能绑定自己。"), Why.SELF)
    if distributor.status != Status.APPROVED:
        why = OUT.get(Status(distributor.status), Why.NOT_APPROVED)
        raise CannotRelate(_("该分销商目前不能推荐顾客。"), why)
    lock_chains([person_id])
    if person_id in chain_above(distributor, at):
        raise CannotRelate(_("这样会形成循环推荐关系。"), Why.LOOP)


def lock_chains(people: Collection[int]) -> None:
    """Let nobody else put a distributor under another until the transaction ends, if there are
    distributors among these people: only such can close a loop, each end of it on its own.

    The last lock that is taken, after those on people.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_advisory_xact_lock(%(chains)s)
            FROM (SELECT 1 FROM distribution_distributor
                  WHERE user_id = ANY(%(people)s::bigint[]) LIMIT 1) distributor
            """,
            {"chains": CHAINS, "people": list(people)},
        )


def chain_above(distributor: Distributor, at: datetime) -> set[int]:
    """Everybody above a distributor, and themselves: recruiters and those they are bound to.

    One query, whatever the length. A loop made by hand in the database ends it as well.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE above(id) AS (
                SELECT %(distributor)s::bigint
                UNION
                SELECT up.id FROM above JOIN LATERAL (
                    SELECT recruiter_id AS id FROM distribution_recruitment
                    WHERE distributor_id = above.id
                      AND starts_at <= %(at)s AND (ends_at IS NULL OR ends_at > %(at)s)
                    UNION ALL
                    SELECT distributor_id FROM distribution_binding
                    WHERE customer_id = above.id
                      AND starts_at <= %(at)s AND (ends_at IS NULL OR ends_at > %(at)s)
                ) up ON true
            )
            SELECT id FROM above
            """,
            {"distributor": distributor.pk, "at": at},
        )
        return {pk for (pk,) in cursor.fetchall()}


def bind_by_link(
    customer: User,
    distributor: Distributor,
    *,
    at: datetime,
    policy: Policy | None = None,
    link: Link | None = None,
) -> Binding | None:
    """A link speaks for a distributor; the policy's mode decides. None when nothing changes.

    First wins: a binding in force stays. Latest wins: it is replaced, unless the merchant made
    it. Never raises for a relation that may not be: a stranger's link must not break a visit.
    """
    sign = Sign(distributor, at, Kind.LINK if link else Kind.CLICK, link)
    return bind_by_signs(customer, [sign], at=at, policy=policy)


def bind_by_signs(
    customer: User,
    signs: Sequence[Sign],
    *,
    at: datetime,
    policy: Policy | None = None,
    kind: Trace.Kind | None = None,
) -> Binding | None:
    """Judge all these signs together by the policy's mode, and bind to the one that wins.

    The mode's favourite is heard first (the earliest, or for "latest wins" the latest); one that
    may not bind never stands in the way of the next. Every sign goes on the timeline with its
    verdict, as `kind` where the moment (the first order) decides and not the sign itself.
    """
    policy = policy or policy_at(at)
    latest_wins = policy.binding_mode == Policy.BindingMode.LATEST
    with transaction.atomic():
        lock_row(User.objects.filter(pk=customer.pk))
        current = _current(customer, at)
        winner: Binding | None = None
        in_order = sorted(signs, key=lambda sign: sign.at)
        for sign in reversed(in_order) if latest_wins else in_order:
            if winner is None:
                verdict = _judge(customer, sign, current, policy, at)
            else:
                verdict = _beaten(sign, winner, current, latest_wins=latest_wins)
            if verdict.decision == Decision.WON:
                winner = _replace(customer, sign, current, verdict, at)
            shown = replace(sign, kind=kind, at=at) if kind else sign
            record_verdict(customer, shown, verdict, at=at, policy=policy)
    return winner


def _current(customer: User, at: datetime) -> Binding | None:
    """The last of those not over at `at`: one that begins later also stands in the way."""
    return (
        Binding.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), customer=customer)
        .select_related("distributor")
        .order_by("-starts_at")
        .first()
    )


def _judge(
    customer: User, sign: Sign, current: Binding | None, policy: Policy, at: datetime
) -> Verdict:
    """What this sign alone would do. Never raises for a relation that may not be."""
    mode = policy.binding_mode
    days = timedelta(days=policy.binding_days)
    is_dated = mode == Policy.BindingMode.FIRST_FOR_DAYS
    standing = current.distributor if current else None
    if sign.distributor.pk == customer.pk:
        return Verdict(Decision.REFUSED, Why.SELF, standing)
    if is_dated and sign.at <= at - days:
        return Verdict(Decision.REFUSED, Why.TOO_OLD, standing)
    if current is not None:
        if current.distributor_id == sign.distributor.pk:
            return Verdict(Decision.NOTHING, Why.SAME, standing)
        if current.source == Binding.Source.MERCHANT:
            return Verdict(Decision.KEPT, Why.BY_MERCHANT, standing)
        if mode != Policy.BindingMode.LATEST:
            return Verdict(Decision.KEPT, Why.EARLIER, standing)
        if current.starts_at >= sign.at:
            return Verdict(Decision.KEPT, Why.NEWER, standing)
    try:
        require_relatable(customer.pk, sign.distributor, at)
    except CannotRelate as refusal:
        return Verdict(Decision.REFUSED, refusal.why, standing)
    why = Why.LATEST if current else Why.FIRST
    return Verdict(Decision.WON, why, standing, at + days if is_dated else None)


def _beaten(sign: Sign, winner: Binding, current: Binding | None, *, latest_wins: bool) -> Verdict:
    standing = current.distributor if current else None
    if sign.distributor.pk == winner.distributor_id:
        return Verdict(Decision.NOTHING, Why.SAME, standing)
    why = Why.OTHER_LATER if latest_wins else Why.OTHER_FIRST
    return Verdict(Decision.REFUSED, why, standing)


def _replace(
    customer: User, sign: Sign, current: Binding | None, verdict: Verdict, at: datetime
) -> Binding:
    if current is not None:
        _end(current, at)
    is_promo = sign.kind == Kind.PROMO_CODE
    return Binding.objects.create(
        customer=customer,
        distributor=sign.distributor,
        starts_at=at,
        ends_at=verdict.until,
        source=Binding.Source.PROMO_CODE if is_promo else Binding.Source.LINK,
        link=sign.link,
    )


def reassign_customer(
    customer: User,
    distributor: Distributor | None,
    *,
    by: User,
    reason: str,
    at: datetime | None = None,
) -> Binding | None:
    """The merchant gives a customer to another distributor, or to nobody, from `at` (now) on.

    Given already: nothing happens. Who loses, who gains and the customer are told.
    """
    at = at or timezone.now()
    _require_reason(reason)
    with transaction.atomic():
        lock_row(User.objects.filter(pk=customer.pk))
        current = _current(customer, at)
        if _is_given(current, distributor):
            return current
        if distributor is not None:
            require_relatable(customer.pk, distributor, at)
        _end_current(Binding.objects.filter(customer=customer), at)
        binding = None
        if distributor is not None:
            binding = Binding.objects.create(
                customer=customer,
                distributor=distributor,
                starts_at=at,
                source=Binding.Source.MERCHANT,
                by=by,
                reason=reason,
            )
        record_trace(
            customer,
            Kind.MERCHANT,
            Decision.WON if distributor else Decision.ENDED,
            Why.MERCHANT,
            at=at,
            distributor=distributor,
            standing=current.distributor if current else None,
            by=by,
            note=reason,
        )
        news.tell_moves(Kind.MERCHANT, at=at, member=customer.pk)
        record_audit("reassign_customer", customer, by=by, reason=reason, distributor=distributor)
    return binding


def _is_given(current: Binding | None, distributor: Distributor | None) -> bool:
    """Whether the merchant's word is what holds already."""
    if current is None or distributor is None:
        return current is None and distributor is None
    is_word = current.source == Binding.Source.MERCHANT and current.ends_at is None
    return is_word and current.distributor_id == distributor.pk


def reassign_recruiter(
    distributor: Distributor,
    recruiter: Distributor | None,
    *,
    by: User,
    reason: str,
    at: datetime | None = None,
) -> Recruitment | None:
    """The merchant puts a distributor under another recruiter, or under nobody, from now on.

    There already: nothing happens. Who loses, who gains and the distributor are told.
    """
    at = at or timezone.now()
    _require_reason(reason)
    with transaction.atomic():
        lock_row(Distributor.objects.filter(pk=distributor.pk))
        before = Recruitment.objects.filter(in_force(at), distributor=distributor).first()
        if (before.recruiter_id if before else None) == (recruiter.pk if recruiter else None):
            return before
        if recruiter is not None:
            require_relatable(distributor.pk, recruiter, at)
        _end_current(Recruitment.objects.filter(distributor=distributor), at)
        relation = None
        if recruiter is not None:
            relation = _recruit(distributor, recruiter, at=at, by=by, reason=reason)
        record_trace(
            distributor.user,
            Kind.RECRUITER,
            Decision.WON if recruiter else Decision.ENDED,
            Why.MERCHANT,
            at=at,
            distributor=recruiter,
            standing=before.recruiter if before else None,
            by=by,
            note=reason,
        )
        news.tell_moves(Kind.RECRUITER, at=at, member=distributor.pk)
        record_audit("reassign_recruiter", distributor, by=by, reason=reason, recruiter=recruiter)
    return relation


def recruit(
    distributor: Distributor, recruiter: Distributor, *, at: datetime, by: User | None, reason: str
) -> Recruitment:
    """Write who brought a distributor in when they joined. The caller holds their lock."""
    relation = _recruit(distributor, recruiter, at=at, by=by, reason=reason)
    record_trace(
        distributor.user,
        Kind.JOINING,
        Decision.WON,
        Why.BROUGHT_IN,
        at=at,
        distributor=recruiter,
        by=by,
    )
    return relation


def turn_down(distributor: Distributor, bound_to: Distributor, *, at: datetime) -> None:
    """Write that who joined is nobody's recruit, though they were bound to a distributor: that one
    may not bring in (any more) people, or is out."""
    out = OUT.get(Status(bound_to.status), Why.NOT_APPROVED)
    why = Why.NO_ROOM if bound_to.status == Status.APPROVED else out
    record_trace(distributor.user, Kind.JOINING, Decision.REFUSED, why, at=at, distributor=bound_to)


def _recruit(
    distributor: Distributor, recruiter: Distributor, *, at: datetime, by: User | None, reason: str
) -> Recruitment:
    return Recruitment.objects.create(
        distributor=distributor, recruiter=recruiter, starts_at=at, by=by, reason=reason
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError(_("请填写原因。"))


def _end_current(relations: QuerySet[Binding] | QuerySet[Recruitment], at: datetime) -> None:
    for relation in relations.filter(Q(ends_at=None) | Q(ends_at__gt=at)):
        _end(relation, at)


def _end(relation: Binding | Recruitment, at: datetime) -> None:
    if relation.starts_at >= at:
        raise CannotRelate(_("该关系刚刚建立，请稍后再改。"))
    relation.ends_at = at
    relation.save(update_fields=["ends_at"])
