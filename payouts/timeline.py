"""What has happened to a payout and what comes next, in the payee's words."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from distribution.states import Status
from payouts.models import Payout, PayoutAttempt
from payouts.states import PayoutState


@dataclass(frozen=True)
class Stage:
    """One stage; `at` is None while it is still to come."""

    label: str
    at: datetime | None
    note: str = ""
    is_now: bool = False


def timeline_of(payout: Payout) -> list[Stage]:
    """From the draft to the money, the latest last: no query for a payout of `person.payouts`."""
    stages = [Stage(_("生成结算单"), payout.created_at)]
    if payout.approved_at:
        stages.append(Stage(_("商家已审批"), payout.approved_at))
    if payout.sent_at:
        stages.append(Stage(_("已向渠道发起打款"), payout.sent_at))
    stages.append(_last(payout))
    return stages


def _last(payout: Payout) -> Stage:
    is_frozen = payout.distributor.status == Status.FROZEN
    kept = _("账号冻结期间先不打款，钱为你留着，解冻后继续。") if is_frozen else ""
    now = {
        PayoutState.DRAFT: Stage(_("等待商家审批"), None, kept),
        PayoutState.APPROVED: Stage(_("等待打款"), None, kept),
        PayoutState.SENDING: Stage(
            _("等待渠道答复"),
            None,
            _("渠道还没有给出明确结果。我们会用同一单号继续询问，不会重复打款，也不会丢。"),
        ),
        PayoutState.AWAITING: Stage(_("渠道已受理，等待到账"), None),
        PayoutState.PAID: Stage(
            _("已付款"),
            payout.closed_at,
            _("凭证号 %(reference)s") % {"reference": payout.reference} if payout.reference else "",
        ),
        PayoutState.FAILED: Stage(
            _("打款失败，款项已退回可结算余额"), payout.closed_at, payout.failure
        ),
        PayoutState.CANCELLED: Stage(
            _("已取消，款项已退回可结算余额"), payout.closed_at, payout.failure
        ),
    }[PayoutState(payout.state)]
    return Stage(now.label, now.at, now.note, is_now=True)


def answer_in_words(attempt: PayoutAttempt) -> str:
    """What the channel said to one call."""
    return {
        "paid": _("渠道确认已付款"),
        "failed": _("渠道明确失败"),
        "open": _("渠道已受理"),
        "missing": _("渠道没有这个单号"),
        "unknown": _("没有明确答复"),
    }.get(attempt.outcome, _("没有等到答复"))
