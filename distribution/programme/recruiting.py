"""Inviting members to become distributors: sent, opened, joined, declined, taken back
or expired.

An invitation appoints whoever accepts it, whatever the policy asks for, and may give a coupon:
once, for joining alone. Nothing depends on a purchase.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError, WrongState
from base.locks import lock_row, lock_rows
from distribution import news
from distribution.models import Distributor, Invitation
from distribution.programme.joining import Contact
from distribution.programme.people import join_invited
from distribution.programme.welcome import REASON, end_invitation, welcome_invited
from distribution.states import (
    LEFT,
    OPEN_INVITATIONS,
    InvitationState,
    Status,
)
from orders.models import CouponOffer

VALID = timedelta(days=30)


class CannotInvite(DomainError):
    """This person is a distributor, has applied, or may not become one."""


def invite(
    member: User,
    *,
    by: User | None,
    offer: CouponOffer | None = None,
    message: str = "",
    at: datetime | None = None,
) -> Invitation:
    """Ask a member to join; they find it in their inbox. An open invitation is returned as it is.

    Raises CannotInvite.
    """
    with transaction.atomic():
        member = lock_row(User.objects.filter(pk=member.pk))
        at = at or timezone.now()
        if not member.is_active or member.is_staff:
            raise CannotInvite(_("不能邀请这个账号。"))
        known = Distributor.objects.filter(pk=member.pk).first()
        if known and known.status not in (*LEFT, Status.REJECTED):
            raise CannotInvite(
                _("%(name)s 的分销状态是“%(status)s”，不用邀请。")
                % {"name": member, "status": known.get_status_display()}
            )
        if offer is not None and not offer.is_active:
            raise CannotInvite(_("“%(name)s”已停止发放。") % {"name": offer.title})
        for open_one in lock_rows(
            Invitation.objects.filter(member=member, state__in=OPEN_INVITATIONS)
        ):
            if open_one.expires_at > at:
                return open_one
            end_invitation(open_one, InvitationState.EXPIRED, at)
        invitation = Invitation.objects.create(
            member=member,
            by=by,
            offer=offer,
            message=message.strip()[:300],
            sent_at=at,
            expires_at=at + VALID,
        )
        record_audit("invite_member", invitation, by=by, offer=offer or "")
        news.tell_invitation(invitation)
    return invitation


def open_invitation(member: User, code: str, *, at: datetime | None = None) -> Invitation | None:
    """The member's own invitation with this code, noted as opened; None for anything else."""
    with transaction.atomic():
        found = lock_rows(
            Invitation.objects.filter(member=member, code=code).select_related(
                "offer__product", "offer__category"
            )
        )
        if not found:
            return None
        at, (invitation,) = at or timezone.now(), found
        if invitation.state == InvitationState.SENT and at < invitation.expires_at:
            invitation.state, invitation.opened_at = InvitationState.OPENED, at
            invitation.save(update_fields=["state", "opened_at"])
    return invitation


def accept_invitation(
    invitation: Invitation,
    *,
    contact: Contact | None = None,
    version: str | None = None,
    at: datetime | None = None,
) -> Distributor:
    """The member joins, appointed by who invited them, and gets the coupon if there was one.

    Accepted already: the distributor is returned and nothing given again. Raises WrongState,
    CannotJoin, NotInForce.
    """
    with transaction.atomic():
        member = lock_row(User.objects.filter(pk=invitation.member_id))
        invitation = Invitation.objects.get(pk=invitation.pk)
        at = at or timezone.now()
        if invitation.state == InvitationState.JOINED:
            return Distributor.objects.get(pk=member.pk)
        _require_open(invitation, at)
        distributor = join_invited(
            member,
            by=invitation.by,
            reason=REASON,
            contact=contact,
            version=version,
            at=at,
        )
        # Admitting them ended it (`welcome_invited`), unless it was declined while we looked.
        invitation.refresh_from_db(fields=["state"])
        if invitation.state != InvitationState.JOINED:
            _require_open(invitation, at)
            welcome_invited(member, at=at)
    return distributor


def decline_invitation(invitation: Invitation, *, at: datetime | None = None) -> Invitation:
    """The member says no; nobody asks why. Declined already: nothing happens."""
    with transaction.atomic():
        invitation = lock_row(Invitation.objects.filter(pk=invitation.pk))
        at = at or timezone.now()
        if invitation.state == InvitationState.DECLINED:
            return invitation
        _require_open(invitation, at)
        return end_invitation(invitation, InvitationState.DECLINED, at)


def withdraw_invitation(
    invitation: Invitation, *, by: User | None, reason: str, at: datetime | None = None
) -> Invitation:
    """The merchant takes an open invitation back; its member may be asked again.

    Withdrawn already: nothing happens. Raises WrongState, and DomainError without a reason.
    """
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
    with transaction.atomic():
        invitation = lock_row(Invitation.objects.filter(pk=invitation.pk))
        at = at or timezone.now()
        if invitation.state == InvitationState.WITHDRAWN:
            return invitation
        _require_open(invitation, at)
        record_audit("withdraw_invitation", invitation, by=by, reason=reason)
        return end_invitation(invitation, InvitationState.WITHDRAWN, at)


def expire_invitations(at: datetime) -> int:
    """End what nobody answered in time; how many. Safe twice and at the same time."""
    return Invitation.objects.filter(state__in=OPEN_INVITATIONS, expires_at__lte=at).update(
        state=InvitationState.EXPIRED, ended_at=at
    )


def _require_open(invitation: Invitation, at: datetime) -> None:
    if not invitation.is_open or invitation.expires_at <= at:
        raise WrongState(_("这份邀请已经失效。"))
