"""Every end of a payout is told to its distributor, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from base.inbox import inbox_of, shown
from orders.models import Order
from orders.registries import Outcome
from payouts.models import Payout
from payouts.sending import approve_payout, cancel_payout, record_outcome, send_payout
from tests.buying import take_back
from tests.make import Chain
from tests.paying import make_draft, open_bank

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> Chain:
    return make_draft()


def told(chain: Chain) -> list[tuple[str, str]]:
    return [(message.title, message.link) for message in shown(inbox_of(chain.b.user))]


@pytest.mark.parametrize(
    ("answer", "title"), [("paid", "已付款 ¥30.00"), ("failed", "付款没有成功 ¥30.00")]
)
def test_how_it_ended(
    chain: Chain, answer: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_bank(monkeypatch, answer)
    now = timezone.now()
    payout = approve_payout(Payout.objects.get(), by=None, at=now)
    payout = send_payout(payout, at=now)
    record_outcome(payout, Outcome(answer), at=now + timedelta(minutes=1))  # type: ignore[arg-type]  # one of the words
    assert told(chain) == [(title, f"/payouts/{payout.number}/")]


def test_cancelled_with_the_reason(chain: Chain) -> None:
    for _again in range(2):
        payout = cancel_payout(Payout.objects.get(), by=None, reason="账户名不符")
    assert told(chain) == [("结算单取消 ¥30.00", f"/payouts/{payout.number}/")]
    assert "账户名不符" in shown(inbox_of(chain.b.user))[0].text


@pytest.mark.parametrize(("refunded", "left"), [("97.00", "0.90"), ("100.00", "0.00")])
def test_a_draft_that_a_refund_leaves_too_small(chain: Chain, refunded: str, left: str) -> None:
    draft = Payout.objects.get()
    take_back(Order.objects.get(), 0, refunded, at=timezone.now())
    (message,) = [one for one in shown(inbox_of(chain.b.user)) if one.link.startswith("/payouts/")]
    assert (message.title, message.link) == ("结算单取消 ¥30.00", f"/payouts/{draft.number}/")
    assert f"剩下的 ¥{left} 不够这次结算" in message.text


def test_a_draft_that_only_shrinks_is_no_news(chain: Chain) -> None:
    take_back(Order.objects.get(), 0, "40.00", at=timezone.now())
    assert [title for title, _link in told(chain)] == ["佣金撤回 ¥12.00"]
