"""When a sign turns into a relation: at the visit, at sign-up or at the first order.

A member's signs are judged as they come, a guest's when they sign in. Where the first order
decides they wait on the timeline until then. The policy's mode says which one wins
(`relations.bind_by_signs`); this module knows the moments.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from base.accounts.models import User
from base.locks import lock_row, lock_rows
from distribution.models import Binding, Distributor, Link, Policy, Trace
from distribution.policy import policy_at
from distribution.referral.relations import bind_by_signs
from distribution.referral.traces import (
    Decision,
    Kind,
    Sign,
    Verdict,
    Why,
    record_trace,
    record_verdict,
)
from orders.models import Order, OrderEvent

Moment = Policy.BindingMoment


def recognise(
    member: User, signs: Sequence[Sign], *, at: datetime, is_new: bool = False
) -> Binding | None:
    """Judge what a member followed, now, at the moment the policy names.

    `is_new`: they are just signing up, which is written down as well. A sign that was taken
    before is left out, so that the same cookie may come twice.
    """
    policy = policy_at(at)
    with transaction.atomic():
        lock_row(User.objects.filter(pk=member.pk))
        signs = _not_taken(member, signs)
        binding = None
        if policy.binding_moment == Moment.VISIT or (
            policy.binding_moment == Moment.SIGN_UP and is_new
        ):
            binding = bind_by_signs(member, signs, at=at, policy=policy)
        else:
            _put_off(member, signs, at=at, policy=policy)
        if is_new:
            _record_sign_up(member, signs, binding, at=at)
    return binding


def use_promo_code(
    member: User, distributor: Distributor, *, code: str, at: datetime
) -> Binding | None:
    """A distributor's promo code was used in an order placed at `at`: a sign like a link.

    Call it before `bind_first_orders`: where the first order decides, the code is heard there
    together with the links that were opened before. Never raises for a relation that may not be.
    """
    return recognise(member, [Sign(distributor, at, Kind.PROMO_CODE, note=code)], at=at)


def bind_first_orders(events: Sequence[OrderEvent]) -> None:
    """Where the policy binds at the first order: before the payees of that order are read."""
    if not Policy.objects.filter(binding_moment=Moment.FIRST_ORDER).exists():
        return
    waiting = _waiting_signs({event.order.user_id for event in events})
    if len(waiting) > 1:  # many at once: all of them before the first waits for the chains
        lock_rows(User.objects.filter(pk__in=list(waiting)).only("pk"))
    for event in events:
        signs = [sign for sign in waiting[event.order.user_id] if sign.at <= event.at]
        if not signs:
            continue
        policy = policy_at(event.at)
        is_late = _has_bought(event.order.user_id, event.at, other_than=event.order_id)
        if policy.binding_moment == Moment.FIRST_ORDER and not is_late:
            _decide_at_order(event.order.user, signs, at=event.at, policy=policy)


def note_expiries(at: datetime) -> int:
    """Write onto the timelines which bindings have lapsed by `at`. Safe twice; returns how many.

    Lapsed are those that ended when they were meant to from the beginning, and not before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO distribution_trace (member_id, kind, at, decided_at, standing_id, decision,
                                            why, channel, note)
            SELECT won.member_id, 'expiry', won.until, %(at)s, won.distributor_id, 'ended',
                   'lapsed', '', ''
            FROM distribution_trace won
            JOIN distribution_binding bound ON bound.customer_id = won.member_id
                AND bound.distributor_id = won.distributor_id AND bound.ends_at = won.until
            WHERE won.decision = 'won' AND won.until <= %(at)s
              AND NOT EXISTS (
                  SELECT 1 FROM distribution_trace done
                  WHERE done.member_id = won.member_id AND done.kind = 'expiry'
                    AND done.at = won.until
              )
            ON CONFLICT DO NOTHING
            """,
            {"at": at},
        )
        return cursor.rowcount


def _not_taken(member: User, signs: Sequence[Sign]) -> list[Sign]:
    """Without what this browser has brought before (the answer that takes its cookie got lost)."""
    browsers = {sign.visitor for sign in signs if sign.visitor}
    if not browsers:
        return list(signs)
    taken = set(
        Trace.objects.filter(member=member, visitor__in=browsers).values_list("distributor", "at")
    )
    return [sign for sign in signs if (sign.distributor.pk, sign.at) not in taken]


def _put_off(member: User, signs: Iterable[Sign], *, at: datetime, policy: Policy) -> None:
    """This is not the moment: the signs are written down, for the first order if it decides."""
    if policy.binding_moment == Moment.SIGN_UP:
        verdict = Verdict(Decision.REFUSED, Why.AT_SIGN_UP)
    elif _has_bought(member.pk, at):
        verdict = Verdict(Decision.REFUSED, Why.NOT_FIRST_ORDER)
    else:
        verdict = Verdict(Decision.WAITING, Why.AT_FIRST_ORDER)
    for sign in sorted(signs, key=lambda sign: sign.at):
        is_own = sign.distributor.pk == member.pk
        own = Verdict(Decision.REFUSED, Why.SELF)
        record_verdict(member, sign, own if is_own else verdict, at=at, policy=policy)


def _record_sign_up(
    member: User, signs: Sequence[Sign], binding: Binding | None, *, at: datetime
) -> None:
    """One row that says what signing up came to."""
    if Trace.objects.filter(member=member, kind=Kind.SIGN_UP).exists():
        return
    if binding is not None:
        decision, why = Decision.WON, Why.FIRST
    elif Trace.objects.filter(member=member, decision=Decision.WAITING).exists():
        decision, why = Decision.WAITING, Why.AT_FIRST_ORDER
    else:
        decision, why = Decision.NOTHING, Why.NO_SIGN
        refused = Trace.objects.filter(member=member, decision=Decision.REFUSED).first()
        if refused is not None:
            decision, why = Decision.REFUSED, Why(refused.why)
    distributor = binding.distributor if binding else None
    visitor = signs[0].visitor if signs else None
    record_trace(
        member, Kind.SIGN_UP, decision, why, at=at, distributor=distributor, visitor=visitor
    )


def _waiting_signs(members: Iterable[int]) -> dict[int, list[Sign]]:
    """What waits for the first order of these members, the earliest first. Two queries."""
    traces = list(
        Trace.objects.filter(
            member__in=set(members), decision=Decision.WAITING, distributor__isnull=False
        )
        .select_related("distributor")
        .order_by("at", "pk")
    )
    links = Link.objects.in_bulk({trace.link_id for trace in traces if trace.link_id})
    signs: dict[int, list[Sign]] = defaultdict(list)
    for trace in traces:
        if trace.distributor is None:
            continue
        link = links.get(trace.link_id) if trace.link_id else None
        sign = Sign(trace.distributor, trace.at, Kind(trace.kind), link, note=trace.note)
        signs[trace.member_id].append(sign)
    return signs


def awaits_first_order(member: User, at: datetime) -> bool:
    """Whether the member's first order will decide who serves them: they followed links, and the
    policy waits for it. Up to three queries."""
    if policy_at(at).binding_moment != Moment.FIRST_ORDER:
        return False
    waiting = Trace.objects.filter(
        member=member, decision=Decision.WAITING, distributor__isnull=False
    )
    return waiting.exists() and not _has_bought(member.pk, at)


def _has_bought(member_id: int, at: datetime, *, other_than: int | None = None) -> bool:
    """Whether the member has a paid order from before."""
    paid = Order.objects.filter(user=member_id, placed_at__lt=at, paid_at__isnull=False)
    return (paid if other_than is None else paid.exclude(pk=other_than)).exists()


def _decide_at_order(member: User, signs: Sequence[Sign], *, at: datetime, policy: Policy) -> None:
    """Of each distributor only the sign that counts for them is heard: the earliest that is still
    valid, or the latest."""
    mode = policy.binding_mode
    latest_wins = mode == Policy.BindingMode.LATEST
    if latest_wins:
        signs = [*reversed(signs)]
    elif mode == Policy.BindingMode.FIRST_FOR_DAYS:
        oldest = at - timedelta(days=policy.binding_days)
        signs = sorted(signs, key=lambda sign: sign.at <= oldest)
    heard: dict[int, Sign] = {}
    for sign in signs:
        heard.setdefault(sign.distributor.pk, sign)
    # In the order they came: two of the same instant are told apart by it alone.
    chosen = [*reversed(heard.values())] if latest_wins else [*heard.values()]
    bind_by_signs(member, chosen, at=at, policy=policy, kind=Kind.FIRST_ORDER)
