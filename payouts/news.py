"""What distributors are told of their payouts, in the transaction that decides them."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from base.inbox import Event, News, events, tell, topics
from payouts.models import Payout
from payouts.states import PayoutState

PAYOUTS = "payouts"

EVENTS = {
    "payout_paid": Event(
        PAYOUTS, _("已付款 ¥%(amount)s"), _("结算单 %(number)s 已付款 ¥%(amount)s，请查收。")
    ),
    "payout_failed": Event(
        PAYOUTS,
        _("付款没有成功 ¥%(amount)s"),
        _("结算单 %(number)s 没有付成，¥%(amount)s 已退回可结算。原因：%(reason)s。"),
    ),
    "payout_cancelled": Event(
        PAYOUTS,
        _("结算单取消 ¥%(amount)s"),
        _("结算单 %(number)s 已取消，¥%(amount)s 已退回可结算。原因：%(reason)s。"),
    ),
}


def register() -> None:
    topics[PAYOUTS] = _("结算")
    events.update(EVENTS)


def tell_payout(payout: Payout, *, at: datetime) -> None:
    """How a payout ended."""
    event = {
        PayoutState.PAID: "payout_paid",
        PayoutState.FAILED: "payout_failed",
        PayoutState.CANCELLED: "payout_cancelled",
    }[PayoutState(payout.state)]
    values = {
        "number": payout.number,
        "amount": str(payout.amount),
        "reason": payout.failure,
    }
    one = News(payout.distributor_id, payout.number, values, f"/payouts/{payout.number}/")
    tell(event, [one], at=at)
