"""Becoming a distributor and what can happen to one: apply, approve, freeze, resign, ban.

Every change adds a Standing: what somebody was at any moment can be read later. Freezing holds
what is unpaid; resigning keeps what was earned; a ban with reasons forfeits what is unpaid.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError, WrongState
from base.locks import lock_row, lock_rows
from base.transitions import require_transition
from distribution import news
from distribution.models import (
    Balance,
    Distributor,
    Policy,
    Standing,
    Tier,
)
from distribution.money.balances import lock_balances
from distribution.money.forfeits import forfeit_unpaid
from distribution.notices import tell_standing
from distribution.policy import policy_at
from distribution.programme.agreements import accept_agreement
from distribution.programme.joining import (
    CannotJoin,
    Contact,
    forget_contact,
    keep_contact,
    require_joinable,
    why_admitted,
)
from distribution.programme.stories import end_story
from distribution.programme.welcome import welcome_invited
from distribution.referral.relations import bound_distributor, recruit, turn_down
from distribution.signals import leaving
from distribution.states import LEFT, STATUS_TRANSITIONS, Status
from distribution.tiers.periods import period_at, the_calendar
from distribution.tiers.privileges import takes_one_more

# Kept as they are here; told in the reader's language.
APPLIED = gettext_noop("申请加入")
APPLIED_AGAIN = gettext_noop("再次申请")
TAKEN_BACK = gettext_noop("本人撤回申请")
LEFT_BY_ONESELF = gettext_noop("本人退出")
BOUND_WHEN_JOINING = gettext_noop("加入时绑定的分销商")


def join(
    user: User,
    *,
    contact: Contact | None = None,
    version: str | None = None,
    at: datetime | None = None,
) -> Distributor:
    """A member asks to become a distributor and accepts the agreement; joining is free.

    By policy they are admitted at once, or wait for the merchant. Who is in the programme already,
    or waits for the merchant's look, gets their row back; who waits while the policy has come to
    admit without one is admitted. `version` is the agreement they read. Raises CannotJoin, saying
    what is missing, NotInForce, and DomainError for an unusable contact.
    """
    with transaction.atomic():
        user, distributor = _lock_member(user)
        at = at or timezone.now()
        policy = policy_at(at)
        if distributor and (distributor.is_in_programme or _waits(distributor, policy)):
            return distributor
        if distributor and distributor.status == Status.BANNED:
            raise CannotJoin(_("该账号已被封禁，不能再次加入。"))
        require_joinable(user, policy, at=at)
        accept_agreement(user, version=version, at=at)
        distributor = distributor or _new_distributor(user, at)
        if distributor.status != Status.APPLIED:
            _stand(distributor, Status.APPLIED, at, by=user, reason=APPLIED_AGAIN)
        if contact is not None:
            keep_contact(distributor, contact, at=at)
        if policy.admits_by_itself:
            _admit(distributor, at, by=None, reason=why_admitted(policy))
    return distributor


def _waits(distributor: Distributor, policy: Policy) -> bool:
    """Whether only the merchant can answer this applicant."""
    return distributor.status == Status.APPLIED and not policy.admits_by_itself


def join_invited(
    user: User,
    *,
    by: User | None,
    reason: str,
    contact: Contact | None = None,
    version: str | None = None,
    at: datetime | None = None,
) -> Distributor:
    """A member whom the merchant asked accepts the agreement and is admitted, whatever the policy
    asks of others. Who is in already is returned as they are. Raises CannotJoin, NotInForce."""
    with transaction.atomic():
        user, distributor = _lock_member(user)
        at = at or timezone.now()
        if distributor and distributor.is_in_programme:
            return distributor
        if distributor and distributor.status == Status.BANNED:
            raise CannotJoin(_("该账号已被封禁，不能再次加入。"))
        accept_agreement(user, version=version, at=at)
        distributor = distributor or _new_distributor(user, at)
        require_transition(STATUS_TRANSITIONS, distributor.status, Status.APPROVED)
        if contact is not None:
            keep_contact(distributor, contact, at=at)
        _admit(distributor, at, by=by, reason=reason)
        record_audit("appoint_distributor", distributor, by=by, reason=reason)
        tell_standing(user, Status.APPROVED, "")
    return distributor


def appoint(user: User, *, by: User | None, reason: str, at: datetime | None = None) -> Distributor:
    """The merchant makes somebody a distributor. Who is one already is returned as they are."""
    with transaction.atomic():
        user, distributor = _lock_member(user)
        at = at or timezone.now()
        distributor = distributor or _new_distributor(user, at)
        if distributor.is_in_programme:
            return distributor
        require_transition(STATUS_TRANSITIONS, distributor.status, Status.APPROVED)
        _admit(distributor, at, by=by, reason=reason)
        record_audit("appoint_distributor", distributor, by=by, reason=reason)
        tell_standing(user, Status.APPROVED, "")
    return distributor


def approve(
    distributor: Distributor, *, by: User | None, reason: str = "", at: datetime | None = None
) -> Distributor:
    """Take an applicant in; their recruiter is who they are bound to now, if that one may.

    A frozen one is thawed: who recruited them was fixed when they joined. Raises WrongState, also
    for who took their application back meanwhile.
    """
    with transaction.atomic():
        distributor = _lock(distributor)
        if distributor.status == Status.APPROVED:
            return distributor
        if distributor.status == Status.WITHDRAWN:
            raise WrongState(_("申请人已撤回申请。"))
        require_transition(STATUS_TRANSITIONS, distributor.status, Status.APPROVED)
        at, was = at or timezone.now(), distributor.status
        if was == Status.FROZEN:
            _stand(distributor, Status.APPROVED, at, by=by, reason=reason)
            record_audit("approved_distributor", distributor, by=by, reason=reason)
        else:
            _admit(distributor, at, by=by, reason=reason)
            record_audit("approve_distributor", distributor, by=by, reason=reason)
        tell_standing(distributor.user, Status.APPROVED, reason, was=was)
    return distributor


def set_status(
    distributor: Distributor,
    status: Status,
    *,
    by: User | None,
    reason: str,
    at: datetime | None = None,
) -> Distributor:
    """Reject, freeze, unfreeze, resign or ban, with a reason. Already there: nothing happens.

    A ban gives back what was not sent and forfeits what is unpaid. Raises WrongState, and
    DomainError without a reason.
    """
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
    with transaction.atomic():
        distributor = _lock(distributor)
        at = at or timezone.now()  # not before what we waited for
        if distributor.status == status:
            return distributor
        require_transition(STATUS_TRANSITIONS, distributor.status, status)
        was = distributor.status
        _stand(distributor, status, at, by=by, reason=reason)
        if status in LEFT or status == Status.BANNED:
            end_story(distributor, by=by, reason=reason)
        if status == Status.BANNED:
            lock_balances([distributor.pk])
            leaving.send(sender=Distributor, distributor=distributor, by=by, at=at)
            forfeit_unpaid(distributor, reason=reason, at=at)
        record_audit(f"{status}_distributor", distributor, by=by, reason=reason)
        tell_standing(distributor.user, status, reason, was=was)
    return distributor


def withdraw_application(distributor: Distributor, *, at: datetime | None = None) -> Distributor:
    """An applicant changes their mind. Withdrawn already: nothing happens. Raises WrongState.

    How to reach them is forgotten with it, unless they were in before and there are books on them.
    """
    with transaction.atomic():
        distributor = _lock(distributor)
        if distributor.status == Status.WITHDRAWN:
            return distributor
        require_transition(STATUS_TRANSITIONS, distributor.status, Status.WITHDRAWN)
        at, by, reason = at or timezone.now(), distributor.user, TAKEN_BACK
        _stand(distributor, Status.WITHDRAWN, at, by=by, reason=reason)
        if not was_in_programme(distributor):
            forget_contact(distributor)
        record_audit("withdraw_application", distributor, by=by)
    return distributor


def was_in_programme(distributor: Distributor) -> bool:
    """Whether they were ever admitted, and may have money here."""
    return distributor.standings.filter(status=Status.APPROVED).exists()


def resign(
    distributor: Distributor, *, reason: str = "", at: datetime | None = None
) -> Distributor:
    """A distributor leaves of their own will: what was earned matures and is paid as usual.

    Not while frozen, or what is held would be paid out unlooked at: raises WrongState.
    """
    with transaction.atomic():
        distributor = _lock(distributor)
        if distributor.status == Status.FROZEN:
            raise WrongState(_("账号冻结期间不能自行退出，请联系客服。"))
        return set_status(
            distributor,
            Status.RESIGNED,
            by=distributor.user,
            reason=reason.strip() or LEFT_BY_ONESELF,
            at=at,
        )


def set_tier(
    distributor: Distributor,
    tier: Tier | None,
    *,
    by: User | None,
    reason: str = "",
    keep_until: date | None = None,
    at: datetime | None = None,
) -> Distributor:
    """Give another tier from `at` on; placed orders keep the tier they were placed under.

    A review does not lower it before `keep_until`, nor before one whole period under it is over.
    Nor does it raise who was given a lower tier, until after `keep_until` or in the next period.
    """
    with transaction.atomic():
        distributor = _lock(distributor)
        if (distributor.tier, distributor.tier_kept_until) == (tier, keep_until):
            return distributor
        at = at or timezone.now()
        is_another = distributor.tier != tier
        is_lowered = _place(tier) < _place(distributor.tier)
        if is_another:
            distributor.tier_since, distributor.tier_is_earned = at, False
        if is_another or distributor.tier_rises_from is not None:
            is_held_down = is_lowered or not is_another
            distributor.tier_rises_from = _next_rise(keep_until, at) if is_held_down else None
        distributor.tier, distributor.tier_kept_until = tier, keep_until
        standing = _keep_standing(distributor, Status(distributor.status), at, by=by, reason=reason)
        if is_another:
            news.tell_tier(distributor, tier, standing_id=standing.pk, at=at)
        record_audit(
            "set_tier", distributor, by=by, reason=reason, tier=tier, keep_until=keep_until
        )
    return distributor


def _place(tier: Tier | None) -> tuple[int, int]:
    """Where a tier stands; having none is below all."""
    return (tier.rank, tier.pk) if tier else (-1, -1)


def _next_rise(keep_until: date | None, at: datetime) -> date:
    """The first day on which somebody who was lowered may rise by a review."""
    if keep_until is not None:
        return keep_until + timedelta(days=1)
    return period_at(the_calendar(), at).end


def _lock(distributor: Distributor) -> Distributor:
    return lock_row(Distributor.objects.filter(pk=distributor.pk))


def _lock_member(user: User) -> tuple[User, Distributor | None]:
    """The user, and their row as a distributor if they have one."""
    user = lock_row(User.objects.filter(pk=user.pk))
    found = lock_rows(Distributor.objects.filter(pk=user.pk))
    return user, found[0] if found else None


def _new_distributor(user: User, at: datetime) -> Distributor:
    distributor = Distributor.objects.create(
        user=user, joined_at=at, tier=Tier.objects.order_by("rank", "pk").first()
    )
    Balance.objects.create(distributor=distributor)
    _stand(distributor, Status.APPLIED, at, by=user, reason=APPLIED)
    return distributor


def _admit(distributor: Distributor, at: datetime, *, by: User | None, reason: str) -> None:
    _stand(distributor, Status.APPROVED, at, by=by, reason=reason)
    welcome_invited(distributor.user, at=at)
    recruiter = bound_distributor(distributor.user_id, at)
    has_recruiter = distributor.recruitments.filter(ends_at=None).exists()
    if recruiter is None or has_recruiter:
        return
    if takes_one_more(recruiter, at=at):
        recruit(distributor, recruiter, at=at, by=by, reason=BOUND_WHEN_JOINING)
        news.tell_recruited(distributor, recruiter, at=at)
    else:
        turn_down(distributor, recruiter, at=at)
        news.tell_turned_down(distributor, recruiter, at=at)


def _stand(
    distributor: Distributor, status: Status, at: datetime, *, by: User | None, reason: str
) -> None:
    was = Status(distributor.status)
    standing = _keep_standing(distributor, status, at, by=by, reason=reason)
    news.tell_standing(distributor, was, standing_id=standing.pk, at=at, reason=reason)


def _keep_standing(
    distributor: Distributor, status: Status, at: datetime, *, by: User | None, reason: str
) -> Standing:
    distributor.status = status
    distributor.save(
        update_fields=[
            "status",
            "tier",
            "tier_since",
            "tier_is_earned",
            "tier_kept_until",
            "tier_rises_from",
        ]
    )
    return Standing.objects.create(
        distributor=distributor,
        status=status,
        tier=distributor.tier,
        since=at,
        by=by,
        reason=reason[:200],
    )


def hide_earnings(distributor: Distributor, hides: bool) -> None:
    """Whether goods show what sharing them earns. Their own wish, so no audit row."""
    Distributor.objects.filter(pk=distributor.pk).update(hides_earnings=hides)
