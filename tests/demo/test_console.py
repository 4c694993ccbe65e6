"""Time in the demo's hands: the tour's buttons do what takes days in a shop."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from distribution.models import Transfer
from payouts.models import Payout, Schedule
from payouts.states import PayoutState
from payouts.tasks import send_payouts
from tests.make import make_chain, make_order, make_rule, make_variant, pay, receive

pytestmark = pytest.mark.django_db


def test_eight_days_pass_and_the_payout_is_approved_at_once_and_sent_by_a_worker(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[tuple[Any, ...]] = []
    monkeypatch.setattr(send_payouts, "apply_async", lambda *given, **named: woken.append(given))
    Schedule.objects.update(channel="sandbox")
    make_rule("0.5", "0.25")
    chain = make_chain()
    order = make_order(chain.c, {make_variant("40.00"): 1})
    pay(order)
    receive(order)
    assert "2 笔佣金可结算" in client.post("/demo/maturity/", follow=True).content.decode()
    assert not Transfer.objects.filter(at__gt=timezone.now()).exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/demo/payouts/", follow=True)
    assert "2 笔已审批，正在打款" in answer.content.decode()
    assert {payout.state for payout in Payout.objects.all()} == {PayoutState.APPROVED}
    assert len(woken) == 1
