"""The two dated relations: customer → distributor (level 1) and distributor → recruiter (level 2).

Intervals of one person never overlap (database exclusion constraint). The merchant's policy says
when and for how long a link binds; only the merchant changes who recruited whom.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from distribution.models import Binding, Click, Distributor, Link, Policy, Recruitment
from distribution.policy import policy_at
from distribution.states import Status
from orders.models import Order, OrderEvent


class CannotRelate(DomainError):
    """The relation would bind somebody to themselves, in a loop, or to somebody who is out."""


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

    The whole chain above `distributor` is walked in one query over both relations at `at`.
    """
    if distributor.pk == person_id:
        raise CannotRelate(_("不能绑定自己。"))
    if distributor.status != Status.APPROVED:
        raise CannotRelate(_("该分销商目前不能推荐顾客。"))
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
            SELECT 1 FROM above WHERE id = %(person)s LIMIT 1
            """,
            {"distributor": distributor.pk, "person": person_id, "at": at},
        )
        if cursor.fetchone():
            raise CannotRelate(_("这样会形成循环推荐关系。"))


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
    policy = policy or policy_at(at)
    with transaction.atomic():
        lock_row(User.objects.filter(pk=customer.pk))
        # The last of those not over at `at`: one that begins later also stands in the way.
        current = (
            Binding.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), customer=customer)
            .order_by("-starts_at")
            .first()
        )
        if current is not None:
            is_same = current.distributor_id == distributor.pk
            keeps = policy.binding_mode != Policy.BindingMode.LATEST
            by_merchant = current.source == Binding.Source.MERCHANT
            if is_same or keeps or by_merchant or current.starts_at >= at:
                return None
        try:
            require_relatable(customer.pk, distributor, at)
        except CannotRelate:
            return None
        if current is not None:
            _end(current, at)
        days = (
            policy.binding_days
            if policy.binding_mode == Policy.BindingMode.FIRST_FOR_DAYS
            else None
        )
        return Binding.objects.create(
            customer=customer,
            distributor=distributor,
            starts_at=at,
            ends_at=at + timedelta(days=days) if days else None,
            source=Binding.Source.LINK,
            link=link,
        )


def bind_from_clicks(
    customer: User, *, at: datetime, policy: Policy | None = None
) -> Binding | None:
    """Turn the clicks this customer left, as a guest or signed in, into a relation.

    Clicks on links that may not bind them (their own, a loop, somebody who has left) are passed
    over, so that they never stand in the way of one that may.
    """
    policy = policy or policy_at(at)
    clicks = Click.objects.filter(user=customer, at__lte=at)
    if policy.binding_mode == Policy.BindingMode.FIRST_FOR_DAYS:
        clicks = clicks.filter(at__gt=at - timedelta(days=policy.binding_days))
    latest_wins = policy.binding_mode == Policy.BindingMode.LATEST
    clicks = clicks.select_related("distributor", "link")
    order = ("-at", "-pk") if latest_wins else ("at", "pk")
    refused: set[int] = set()
    while click := clicks.exclude(distributor__in=refused).order_by(*order).first():
        try:
            require_relatable(customer.pk, click.distributor, at)
        except CannotRelate:
            refused.add(click.distributor_id)
            continue
        return bind_by_link(customer, click.distributor, at=at, policy=policy, link=click.link)
    return None


def bind_first_orders(events: Sequence[OrderEvent]) -> None:
    """Where the policy binds at the first order: before the payees of that order are read."""
    if not Policy.objects.filter(binding_moment=Policy.BindingMoment.FIRST_ORDER).exists():
        return
    buyers = Click.objects.filter(user__in={event.order.user_id for event in events})
    clicked = set(buyers.values_list("user_id", flat=True))
    for event in events:
        if event.order.user_id not in clicked:
            continue
        policy = policy_at(event.at)
        if policy.binding_moment != Policy.BindingMoment.FIRST_ORDER:
            continue
        buyer = event.order.user
        earlier = Order.objects.filter(user=buyer, placed_at__lt=event.at).exclude(
            pk=event.order_id
        )
        if not earlier.filter(paid_at__isnull=False).exists():
            bind_from_clicks(buyer, at=event.at, policy=policy)


def reassign_customer(
    customer: User,
    distributor: Distributor | None,
    *,
    by: User,
    reason: str,
    at: datetime | None = None,
) -> Binding | None:
    """The merchant gives a customer to another distributor, or to nobody, from `at` (now) on."""
    at = at or timezone.now()
    _require_reason(reason)
    with transaction.atomic():
        lock_row(User.objects.filter(pk=customer.pk))
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
        record_audit("reassign_customer", customer, by=by, reason=reason, distributor=distributor)
    return binding


def reassign_recruiter(
    distributor: Distributor,
    recruiter: Distributor | None,
    *,
    by: User,
    reason: str,
    at: datetime | None = None,
) -> Recruitment | None:
    """The merchant puts a distributor under another recruiter, or under nobody, from now on."""
    at = at or timezone.now()
    _require_reason(reason)
    with transaction.atomic():
        lock_row(Distributor.objects.filter(pk=distributor.pk))
        if recruiter is not None:
            require_relatable(distributor.pk, recruiter, at)
        _end_current(Recruitment.objects.filter(distributor=distributor), at)
        relation = None
        if recruiter is not None:
            relation = recruit(distributor, recruiter, at=at, by=by, reason=reason)
        record_audit("reassign_recruiter", distributor, by=by, reason=reason, recruiter=recruiter)
    return relation


def recruit(
    distributor: Distributor, recruiter: Distributor, *, at: datetime, by: User | None, reason: str
) -> Recruitment:
    """Write who brought a distributor in. The caller holds the distributor's lock."""
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
