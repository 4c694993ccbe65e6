"""What distributors are told about their standing, through the outbox, in the shop's language."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.models import Notice
from base.notices import queue_notice
from distribution.states import Status


def tell(user: User, text: str) -> None:
    """A text message, or a mail to who has no phone; nothing to who has neither."""
    if user.phone:
        queue_notice(Notice.Channel.SMS, user.phone, text)
    elif user.email:
        queue_notice(Notice.Channel.EMAIL, user.email, text)


def tell_story(user: User, reason: str = "") -> None:
    """Their story is public, or why it is not."""
    with translation.override(settings.LANGUAGE_CODE):
        if reason:
            text = _("您的推广故事暂未采用。原因：%(reason)s") % {"reason": reason}
        else:
            text = _("您的推广故事已公开在招募页上，随时可以撤回。")
    tell(user, text)


def tell_standing(user: User, status: Status, reason: str, *, was: str = "") -> None:
    """Where somebody stands now, what becomes of their money, and why."""
    with translation.override(settings.LANGUAGE_CODE):
        text = _standing_text(status, was=was)
        if text and reason:
            text += _("原因：%(reason)s") % {"reason": _(reason)}
    if text:
        tell(user, text)


def _standing_text(status: Status, *, was: str) -> str:
    if status == Status.APPROVED and was == Status.FROZEN:
        return _("您的推广账号已解冻，保留的款项照常结算。")
    return {
        Status.APPROVED: _("您的分销申请已通过，登录后在“推广”里开始分享。"),
        Status.REJECTED: _("您的分销申请没有通过，可以补充资料后再次申请。"),
        Status.FROZEN: _("您的推广账号已冻结，未付的款项为您保留，解冻后继续结算。"),
        Status.RESIGNED: _("您已退出推广，已经赚到的佣金照常成熟和结算。"),
        Status.BANNED: _("您的推广资格已被取消，未结算的佣金已收回。如有异议请联系客服。"),
    }.get(status, "")
