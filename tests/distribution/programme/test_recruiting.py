"""Invitations: to whom, once at a time, what joining through one gives, and how far they got."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.errors import DomainError, WrongState
from base.models import AuditEntry, InboxMessage
from distribution.models import Distributor, Invitation
from distribution.policy import publish_policy
from distribution.programme.invitation_funnel import funnel
from distribution.programme.people import appoint, approve, join
from distribution.programme.recruiting import (
    VALID,
    CannotInvite,
    accept_invitation,
    decline_invitation,
    expire_invitations,
    invite,
    open_invitation,
    withdraw_invitation,
)
from distribution.referral.relations import bind_by_link
from orders.models import Coupon, CouponOffer
from tests.make import make_distributor, make_order, make_rule, make_user, pay

pytestmark = pytest.mark.django_db


JOIN = "/distribution/join/"
AGREED = {"agree": "on", "version": "2026-11"}


def make_offer(**values: Any) -> CouponOffer:
    fields = {"name": "见面礼", "kind": "amount", "amount": Decimal("10.00")}
    return CouponOffer.objects.create(**fields | values)


def test_an_invitation_is_told_in_the_inbox_and_sent_once_at_a_time() -> None:
    member, boss = make_user(), make_user("店主")
    first = invite(member, by=boss, message=" 来吧 ")
    assert invite(member, by=boss, offer=make_offer()) == first
    assert (first.state, first.message, first.offer) == ("sent", "来吧", None)
    told = InboxMessage.objects.get(user=member)
    assert told.link == f"/distribution/join/?invitation={first.code}"
    assert AuditEntry.objects.filter(action="invite_member").count() == 1
    with pytest.raises(IntegrityError, match="one_open_invitation"), transaction.atomic():
        Invitation.objects.create(member=member, sent_at=first.sent_at, expires_at=first.expires_at)


def test_an_overdue_one_makes_room_for_another() -> None:
    member = make_user()
    first = invite(member, by=None)
    second = invite(member, by=None, at=first.expires_at)
    first.refresh_from_db()
    assert (first.state, second.state) == ("expired", "sent")
    assert expire_invitations(second.expires_at - timedelta(seconds=1)) == 0
    assert expire_invitations(second.expires_at) == 1
    assert expire_invitations(second.expires_at) == 0


def test_who_is_in_already_is_not_asked() -> None:
    with pytest.raises(CannotInvite, match="不用邀请"):
        invite(make_distributor().user, by=None)
    with pytest.raises(CannotInvite):
        invite(make_user(is_staff=True), by=None)
    assert Invitation.objects.count() == 0


def test_only_its_member_opens_it() -> None:
    invitation = invite(make_user(), by=None)
    assert open_invitation(make_user(), invitation.code) is None
    assert open_invitation(invitation.member, "x") is None
    opened = open_invitation(invitation.member, invitation.code)
    assert opened and (opened.state, opened.opened_at is None) == ("opened", False)
    again = open_invitation(invitation.member, invitation.code)
    assert again and again.opened_at == opened.opened_at


@pytest.mark.parametrize("joining", ["open", "apply", "order", "appointed"])
def test_joining_through_it_appoints_and_gives_the_coupon_once(joining: str) -> None:
    publish_policy(by=None, joining=joining)
    member, boss = make_user(), make_user("店主")
    invitation = invite(member, by=boss, offer=make_offer())
    person = accept_invitation(invitation)
    assert accept_invitation(invitation) == person
    assert (person.status, person.standings.last().by) == ("approved", boss)
    coupon = Coupon.objects.get()
    assert (coupon.user, coupon.key) == (member, f"invitation:{invitation.pk}")
    invitation.refresh_from_db()
    assert (invitation.state, invitation.coupon) == ("joined", coupon)


def test_an_offer_that_is_used_up_stands_in_nobodys_way() -> None:
    offer = make_offer(most=1)
    ours, theirs = (
        invite(make_user(), by=None, offer=offer),
        invite(make_user(), by=None, offer=offer),
    )
    accept_invitation(theirs)
    assert accept_invitation(ours).status == "approved"
    ours.refresh_from_db()
    assert (ours.state, ours.coupon, Coupon.objects.count()) == ("joined", None, 1)
    told = InboxMessage.objects.filter(event="gift_gone")
    assert [one.user for one in told] == [ours.member]


def test_who_joins_for_less_than_was_offered_reads_so_before_and_after(client: Client) -> None:
    invitation = invite(make_user(), by=None, offer=make_offer(most=1))
    accept_invitation(invite(make_user(), by=None, offer=invitation.offer))
    client.force_login(invitation.member)
    html = client.get(JOIN).content.decode()
    assert "“见面礼”已发完。" in html and "加入不受影响" in html and "加入就送" not in html
    page = client.post(JOIN, AGREED, follow=True)
    said = [str(message) for message in page.context["messages"]]
    assert said[-1] == "加入礼“见面礼”已经发完，没能送出。"


def join_by_form(member: User) -> None:
    publish_policy(by=None, joining="open")
    join(member)


@pytest.mark.parametrize(
    "come_in",
    [
        join_by_form,
        lambda member: appoint(member, by=None, reason="test"),
        lambda member: approve(join(member), by=None),
    ],
)
def test_whichever_door_they_take_the_invitation_is_kept(come_in: Any) -> None:
    invitation = invite(make_user(), by=None, offer=make_offer())
    come_in(invitation.member)
    invitation.refresh_from_db()
    assert (invitation.state, invitation.coupon) == ("joined", Coupon.objects.get())
    assert invitation.opened_at == invitation.ended_at


def test_a_new_door_does_not_revive_an_old_invitation() -> None:
    invitation = invite(make_user(), by=None, offer=make_offer())
    publish_policy(by=None, joining="open")
    join(invitation.member, at=invitation.expires_at)
    invitation.refresh_from_db()
    assert (invitation.state, Coupon.objects.count()) == ("sent", 0)


def test_who_was_asked_need_not_find_the_message(client: Client) -> None:
    """The ordinary page shows the invitation, whatever the policy, and its button accepts it."""
    publish_policy(by=None, joining="apply")
    invitation = invite(make_user(), by=None, offer=make_offer(), message="来吧")
    client.force_login(invitation.member)
    html = client.get(JOIN).content.decode()
    assert "来吧" in html and "接受邀请，加入" in html
    answer = client.post(JOIN, AGREED)
    assert answer["Location"] == "/distribution/"
    invitation.refresh_from_db()
    assert (invitation.state, invitation.coupon) == ("joined", Coupon.objects.get())


def test_declined_or_over_is_no_way_in() -> None:
    declined, late = invite(make_user(), by=None), invite(make_user(), by=None)
    decline_invitation(declined)
    assert decline_invitation(declined).state == "declined"
    with pytest.raises(WrongState):
        accept_invitation(declined)
    with pytest.raises(WrongState):
        accept_invitation(late, at=late.sent_at + VALID)
    assert Distributor.objects.count() == 0


def test_the_page_shows_it_to_its_member_and_to_nobody_else(client: Client) -> None:
    publish_policy(by=None, joining="appointed")
    invitation = invite(make_user(), by=None, offer=make_offer(), message="欢迎<b>")
    address = f"/distribution/join/?invitation={invitation.code}"
    assert client.get(address)["Location"].startswith("/accounts/login/?next=")
    other = make_user()
    client.force_login(other)
    html = client.get(address).content.decode()
    assert "欢迎&lt;b&gt;" not in html and "这份邀请已经失效" in html
    assert client.post(address, {"agree": "on", "version": "2026-11"}).status_code == 200
    assert client.post(f"/distribution/invitations/{invitation.code}/refusal/").status_code == 404
    invitation.refresh_from_db()
    assert (invitation.state, Distributor.objects.count()) == ("sent", 0)
    client.force_login(invitation.member)
    html = client.get(address).content.decode()
    assert "欢迎&lt;b&gt;" in html and "减 ¥10.00" in html
    for _ in range(2):
        answer = client.post(address, {"agree": "on", "version": "2026-11"})
        assert answer["Location"] == "/distribution/"
    assert Coupon.objects.filter(user=invitation.member).count() == 1


def test_refused_on_the_page(client: Client) -> None:
    invitation = invite(make_user(), by=None)
    client.force_login(invitation.member)
    for _ in range(2):
        answer = client.post(f"/distribution/invitations/{invitation.code}/refusal/", follow=True)
        # A page of their own: the front page is everybody's and says nothing without scripts.
        assert answer.redirect_chain == [("/me/", 302)]
        assert "已婉拒邀请" in answer.content.decode()
    invitation.refresh_from_db()
    assert invitation.state == "declined"


def test_the_funnel_counts_each_step() -> None:
    make_rule()
    now = timezone.now()
    sold, joined, opened, _sent = [
        invite(make_user(), by=None, offer=make_offer()) for _ in range(4)
    ]
    open_invitation(opened.member, opened.code)
    accept_invitation(joined)
    seller, buyer = accept_invitation(sold), make_user()
    bind_by_link(buyer, seller, at=timezone.now())
    pay(make_order(buyer))
    Coupon.objects.filter(user=sold.member).update(order=make_order(), used_at=now)
    (month,) = funnel(now - timedelta(days=1), now + timedelta(days=1))
    assert (month.sent, month.opened, month.joined, month.sold, month.used) == (4, 3, 2, 1, 1)
    assert funnel(now - timedelta(days=9), now - timedelta(days=8)) == []


def test_an_open_one_is_taken_back_and_its_member_may_be_asked_again() -> None:
    member = make_user()
    first = invite(member, by=None)
    with pytest.raises(DomainError, match="原因"):
        withdraw_invitation(first, by=None, reason=" ")
    for _ in range(2):
        assert withdraw_invitation(first, by=None, reason="发错人了").state == "withdrawn"
    assert AuditEntry.objects.filter(action="withdraw_invitation").count() == 1
    with pytest.raises(WrongState):
        accept_invitation(first)
    assert not Distributor.objects.exists()
    second = invite(member, by=None)
    assert second != first
    accept_invitation(second)
    with pytest.raises(WrongState):
        withdraw_invitation(second, by=None, reason="太晚了")
    assert [one.state for one in Invitation.objects.order_by("pk")] == ["withdrawn", "joined"]
