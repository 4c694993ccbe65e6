"""States of distributors, commissions and reservations, and the changes that are allowed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Standing of a distributor. Only an approved one earns."""

    APPLIED = "applied", _("待审核")
    APPROVED = "approved", _("正常")
    FROZEN = "frozen", _("已冻结")
    REJECTED = "rejected", _("未通过")
    WITHDRAWN = "withdrawn", _("已撤回申请")
    RESIGNED = "resigned", _("已退出")
    BANNED = "banned", _("已封禁")


# In the programme: their relations and their own purchases count as a distributor's.
IN_PROGRAMME = (Status.APPROVED, Status.FROZEN)

# Out by their own will: they may be asked, and come back.
LEFT = (Status.RESIGNED, Status.WITHDRAWN)

STATUS_TRANSITIONS = {
    Status.APPLIED: frozenset({Status.APPROVED, Status.REJECTED, Status.WITHDRAWN, Status.BANNED}),
    Status.REJECTED: frozenset({Status.APPLIED, Status.APPROVED, Status.BANNED}),
    Status.WITHDRAWN: frozenset({Status.APPLIED, Status.APPROVED, Status.BANNED}),
    Status.APPROVED: frozenset({Status.FROZEN, Status.RESIGNED, Status.BANNED}),
    Status.FROZEN: frozenset({Status.APPROVED, Status.RESIGNED, Status.BANNED}),
    Status.RESIGNED: frozenset({Status.APPLIED, Status.APPROVED, Status.BANNED}),
    Status.BANNED: frozenset(),
}


class Position(models.TextChoices):
    """Where a distributor stands: nobody or a distributor brought them in."""

    FIRST = "first", _("直属分销商")
    SECOND = "second", _("间接分销商")


class CommissionState(models.TextChoices):
    """What a commission is to its distributor; derived, never stored.

    Set off is what is mature and will not be paid: it repays a debt. Exports count it as available.
    """

    PENDING = "pending", _("待成熟")
    AVAILABLE = "available", _("可结算")
    SET_OFF = "set_off", _("已抵扣")
    RESERVED = "reserved", _("结算中")
    PAID = "paid", _("已结算")
    REVERSED = "reversed", _("已撤回")


class HoldEnd(models.TextChoices):
    """What was decided on a commission that was held."""

    RELEASED = "released", _("放行")
    REVOKED = "revoked", _("撤回佣金")


class ReservationState(models.TextChoices):
    RESERVED = "reserved", _("结算中")
    SETTLED = "settled", _("已结清")
    RELEASED = "released", _("已退回")


RESERVATION_TRANSITIONS = {
    ReservationState.RESERVED: frozenset({ReservationState.SETTLED, ReservationState.RELEASED}),
    ReservationState.SETTLED: frozenset(),
    ReservationState.RELEASED: frozenset(),
}


class Account(models.TextChoices):
    """Ledger accounts. The first three exist once per distributor, the others once per shop.

    Money flows expense → pending → available → reserved → cash. A positive entry adds to the
    account; an account's balance is the sum of its entries.
    """

    PENDING = "pending", _("待成熟")
    AVAILABLE = "available", _("可结算")
    RESERVED = "reserved", _("结算中")
    EXPENSE = "expense", _("佣金支出")
    CASH = "cash", _("已付现金")


DISTRIBUTOR_ACCOUNTS = (Account.PENDING, Account.AVAILABLE, Account.RESERVED)
SHOP_ACCOUNTS = (Account.EXPENSE, Account.CASH)


class ChangeSetState(models.TextChoices):
    """A draft is nobody's law; a published one may go back to a draft until it begins."""

    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")
    DISCARDED = "discarded", _("已丢弃")


CHANGE_SET_TRANSITIONS = {
    ChangeSetState.DRAFT: frozenset({ChangeSetState.PUBLISHED, ChangeSetState.DISCARDED}),
    ChangeSetState.PUBLISHED: frozenset({ChangeSetState.DRAFT}),
    ChangeSetState.DISCARDED: frozenset(),
}


class DryRunState(models.TextChoices):
    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("试算中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")


OPEN_DRY_RUNS = (DryRunState.QUEUED, DryRunState.RUNNING)


class PackState(models.TextChoices):
    """How far an evidence pack is."""

    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("准备中")
    READY = "ready", _("可以下载")
    FAILED = "failed", _("失败")
    EXPIRED = "expired", _("已过期")


OPEN_PACKS = (PackState.QUEUED, PackState.RUNNING)


class InvitationState(models.TextChoices):
    """How far an invitation to become a distributor has come."""

    SENT = "sent", _("已发出")
    OPENED = "opened", _("已打开")
    JOINED = "joined", _("已加入")
    DECLINED = "declined", _("已婉拒")
    EXPIRED = "expired", _("已过期")
    WITHDRAWN = "withdrawn", _("已收回")


OPEN_INVITATIONS = (InvitationState.SENT, InvitationState.OPENED)
_ENDS = {
    InvitationState.JOINED,
    InvitationState.DECLINED,
    InvitationState.EXPIRED,
    InvitationState.WITHDRAWN,
}
INVITATION_TRANSITIONS = {
    InvitationState.SENT: frozenset({InvitationState.OPENED, *_ENDS}),
    InvitationState.OPENED: frozenset(_ENDS),
    InvitationState.JOINED: frozenset(),
    InvitationState.DECLINED: frozenset(),
    InvitationState.EXPIRED: frozenset(),
    InvitationState.WITHDRAWN: frozenset(),
}


class StoryState(models.TextChoices):
    """A story is public only in one state; only its teller agrees, only the merchant publishes."""

    SUBMITTED = "submitted", _("待商家审核")
    PUBLISHED = "published", _("已公开")
    DECLINED = "declined", _("未采用")
    WITHDRAWN = "withdrawn", _("已撤回")


STORY_TRANSITIONS = {
    StoryState.SUBMITTED: frozenset(
        {StoryState.PUBLISHED, StoryState.DECLINED, StoryState.WITHDRAWN}
    ),
    StoryState.PUBLISHED: frozenset(
        {StoryState.SUBMITTED, StoryState.DECLINED, StoryState.WITHDRAWN}
    ),
    StoryState.DECLINED: frozenset(
        {StoryState.SUBMITTED, StoryState.PUBLISHED, StoryState.WITHDRAWN}
    ),
    StoryState.WITHDRAWN: frozenset({StoryState.SUBMITTED}),
}
