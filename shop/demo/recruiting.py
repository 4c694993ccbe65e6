"""Four members are asked to join: one has not looked yet, one has, one joined, one said no."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from distribution.programme.candidates import candidates, count_candidates
from distribution.programme.recruiting import (
    accept_invitation,
    decline_invitation,
    invite,
    open_invitation,
)
from orders.models import CouponOffer
from shop.demo.people import SHOPPER, Cast


def invite_some(cast: Cast) -> None:
    """The most promising by the figures, but not the customer visitors of the demo sign in as."""
    now = timezone.now()
    offer = CouponOffer.objects.create(
        name="新分销商见面礼",
        name_en="Welcome gift",
        kind=CouponOffer.Kind.AMOUNT,
        amount=Decimal("20.00"),
        min_amount=Decimal("99.00"),
    )
    count_candidates(now)
    best = [one.member for one in candidates(now).exclude(member__phone=SHOPPER.phone)[:4]]
    sent = [
        invite(
            member,
            by=cast.merchant,
            offer=offer,
            message="谢谢你一直照顾我们的生意，也常买来送人。愿意的话，来做推广吧。",
            at=now - timedelta(days=6 - number),
        )
        for number, member in enumerate(best)
    ]
    for number, invitation in enumerate(sent[:3]):
        open_invitation(invitation.member, invitation.code, at=now - timedelta(days=5 - number))
    if len(sent) == 4:
        accept_invitation(sent[0], at=now - timedelta(days=4))
        decline_invitation(sent[1], at=now - timedelta(days=3))
