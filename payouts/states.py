"""States of runs and payouts, and the changes that are allowed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PayoutState(models.TextChoices):
    """`sending` also means: the outcome is unknown and is being asked about. Unknown is never
    failed; the number stays and the money stays reserved until the answer is definite."""

    DRAFT = "draft", _("待审批")
    APPROVED = "approved", _("待打款")
    SENDING = "sending", _("打款中")
    AWAITING = "awaiting", _("待确认")
    PAID = "paid", _("已付款")
    FAILED = "failed", _("打款失败")
    CANCELLED = "cancelled", _("已取消")


PAYOUT_TRANSITIONS = {
    PayoutState.DRAFT: frozenset({PayoutState.APPROVED, PayoutState.CANCELLED}),
    PayoutState.APPROVED: frozenset({PayoutState.SENDING, PayoutState.CANCELLED}),
    PayoutState.SENDING: frozenset({PayoutState.AWAITING, PayoutState.PAID, PayoutState.FAILED}),
    PayoutState.AWAITING: frozenset({PayoutState.PAID, PayoutState.FAILED}),
    PayoutState.PAID: frozenset(),
    PayoutState.FAILED: frozenset(),
    PayoutState.CANCELLED: frozenset(),
}

# Money is set aside for these.
OPEN_PAYOUTS = (PayoutState.DRAFT, PayoutState.APPROVED, PayoutState.SENDING, PayoutState.AWAITING)

# No channel has heard of these; they can still be cancelled.
UNSENT = (PayoutState.DRAFT, PayoutState.APPROVED)


class SkipReason(models.TextChoices):
    """Why somebody is not in a run, in words they may read."""

    BELOW_MINIMUM = "below_minimum", _("可结算金额未达到最低结算额")
    BELOW_THRESHOLD = "below_threshold", _("可结算金额未达到自动结算额")
    NOTHING_MATURE = "nothing_mature", _("佣金尚未成熟")
    DEBT = "debt", _("有待抵扣的欠款")
    FROZEN = "frozen", _("账号已冻结，款项保留")
    BANNED = "banned", _("账号已封禁")
    NOT_APPROVED = "not_approved", _("分销资格尚未通过审核")
    IN_PAYOUT = "in_payout", _("款项已在结算中")
