"""What the demo shows of risk: one sign that was nothing, one held, one to look at."""

from datetime import timedelta

import pytest
from django.utils import timezone

from distribution.models import Hold
from distribution.risk.models import Signal
from distribution.risk.states import Kind, State
from shop.demo.risk import show_risks
from tests.books import prove
from tests.make import make_chain, make_order, make_rule, make_user, make_variant, pay

pytestmark = pytest.mark.django_db


def test_one_of_each() -> None:
    make_rule("0.10", "0.05")
    merchant, now = make_user("店主"), timezone.now()
    for days in (10, 9, 8):
        chain = make_chain()
        at = now - timedelta(days=days)
        pay(make_order(chain.c, {make_variant("100.00"): 1}, at=at), at=at)
    show_risks(merchant)
    shown = Signal.objects.order_by("found_at").values_list("kind", "state", "decided_by")
    assert list(shown) == [
        (Kind.SHARED_IP, State.CLEARED, merchant.pk),
        (Kind.SHARED_VISITOR, State.HELD, merchant.pk),
        (Kind.SHARED_VISITOR, State.OPEN, None),
    ]
    assert [hold.held_by for hold in Hold.objects.filter(ended_at=None)] == [merchant]
    prove()
