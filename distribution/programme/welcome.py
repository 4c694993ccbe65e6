"""What becomes of an open invitation when its member joins, whichever door they came in by."""

from datetime import datetime

from django.utils.translation import gettext_noop

from base.accounts.models import User
from base.locks import lock_rows
from base.transitions import require_transition
from distribution import news
from distribution.models import Invitation
from distribution.states import INVITATION_TRANSITIONS, OPEN_INVITATIONS, InvitationState
from orders.coupons import CannotIssue, issue_coupon

REASON = gettext_noop("接受商家邀请")


def welcome_invited(member: User, *, at: datetime) -> Invitation | None:
    """Somebody was admitted: their invitation has done its work, and gives its coupon, once.

    For the transaction that admits them, which holds the lock of their row as a distributor. An
    offer that is used up by then stands in nobody's way; its member is told. None without an
    invitation in force.
    """
    found = lock_rows(
        Invitation.objects.filter(
            member=member, state__in=OPEN_INVITATIONS, sent_at__lte=at, expires_at__gt=at
        ).select_related("offer")
    )
    if not found:
        return None
    (invitation,) = found
    if invitation.offer is not None:
        try:
            invitation.coupon = issue_coupon(
                member,
                invitation.offer,
                reason=REASON,
                key=f"invitation:{invitation.pk}",
                at=at,
            )
        except CannotIssue:
            news.tell_gift_gone(invitation, at=at)
    return end_invitation(invitation, InvitationState.JOINED, at)


def end_invitation(invitation: Invitation, state: InvitationState, at: datetime) -> Invitation:
    """A locked invitation comes to its end. Who has joined has seen it."""
    require_transition(INVITATION_TRANSITIONS, invitation.state, state)
    invitation.state, invitation.ended_at = state, at
    if state == InvitationState.JOINED and invitation.opened_at is None:
        invitation.opened_at = at
    invitation.save(update_fields=["state", "ended_at", "opened_at", "coupon"])
    return invitation
