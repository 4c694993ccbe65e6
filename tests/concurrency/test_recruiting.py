"""An invitation is accepted by two clicks at once; the coupon is worth money and given once."""

from decimal import Decimal

import pytest

from base.errors import WrongState
from distribution.models import Distributor
from distribution.programme import recruiting
from distribution.programme.recruiting import accept_invitation, decline_invitation, invite
from orders.models import Coupon, CouponOffer
from tests.concurrency.meanwhile import meanwhile, without_locks
from tests.concurrency.racing import race
from tests.make import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def make_offer() -> CouponOffer:
    return CouponOffer.objects.create(
        name="见面礼", kind="amount", amount=Decimal("10.00"), per_person=9
    )


def test_four_clicks_give_one_coupon() -> None:
    invitation = invite(make_user(), by=None, offer=make_offer())
    people = race([lambda: accept_invitation(invitation)] * 4)
    assert people == [Distributor.objects.get()] * 4
    assert Coupon.objects.count() == 1


def test_the_second_click_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    invitation = invite(make_user(), by=None, offer=make_offer())
    other = meanwhile(
        monkeypatch, recruiting, "join_invited", lambda: accept_invitation(invitation)
    )
    ours = accept_invitation(invitation)
    assert other.outcome() == ours
    assert other.had_to_wait


def test_control_without_locks_they_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both go ahead; only the coupon's key keeps it from being given twice."""
    invitation = invite(make_user(), by=None, offer=make_offer())
    without_locks(monkeypatch, recruiting)
    other = meanwhile(
        monkeypatch, recruiting, "join_invited", lambda: accept_invitation(invitation)
    )
    accept_invitation(invitation)
    assert isinstance(other.outcome(), Distributor)
    assert not other.had_to_wait
    assert Coupon.objects.count() == 1


def test_a_no_that_comes_in_between_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """The invitation is locked last: whoever declined it meanwhile has not joined."""
    invitation = invite(make_user(), by=None, offer=make_offer())
    other = meanwhile(
        monkeypatch, recruiting, "join_invited", lambda: decline_invitation(invitation)
    )
    with pytest.raises(WrongState):
        accept_invitation(invitation)
    assert other.outcome().state == "declined" and not other.had_to_wait
    assert not Distributor.objects.exists() and not Coupon.objects.exists()
