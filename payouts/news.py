"""What distributors are told of their payouts, in the transaction that decides them."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from base.inbox import Event, News, events, tell, topics
from base.money import ZERO
from distribution.states import Status
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
    "payout_forfeited": Event(
        PAYOUTS,
        _("结算单没有付款 ¥%(amount)s"),
        _("结算单 %(number)s 没有付款，¥%(amount)s 随账号封禁收回，不再结算。如有异议请联系客服。"),
    ),
    "payout_shrunk_away": Event(
        PAYOUTS,
        _("结算单取消 ¥%(amount)s"),
        _(
            "退款或复核减少了可结算佣金，剩下的 ¥%(left)s 不够这次结算，结算单 %(number)s 取消。"
            "剩下的留到以后一起结算。"
        ),
    ),
}


def register() -> None:
    topics[PAYOUTS] = _("结算")
    events.update(EVENTS)


def tell_payout(payout: Payout, *, at: datetime) -> None:
    """How a payout ended. What comes back to somebody who is banned is taken."""
    event = {
        PayoutState.PAID: "payout_paid",
        PayoutState.FAILED: "payout_failed",
        PayoutState.CANCELLED: "payout_cancelled",
    }[PayoutState(payout.state)]
    if event != "payout_paid" and payout.distributor.status == Status.BANNED:
        event = "payout_forfeited"
    _tell(event, payout, {"reason": payout.failure}, at)


def tell_shrunk_away(payout: Payout, *, left: Decimal, at: datetime) -> None:
    """A draft was given up: what is left after a refund or a hold is too little to pay."""
    _tell("payout_shrunk_away", payout, {"left": str(max(ZERO, left))}, at)


def _tell(event: str, payout: Payout, values: dict[str, str], at: datetime) -> None:
    told = {"number": payout.number, "amount": str(payout.amount)} | values
    one = News(payout.distributor_id, payout.number, told, f"/payouts/{payout.number}/")
    tell(event, [one], at=at)
