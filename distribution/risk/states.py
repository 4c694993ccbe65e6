"""Kinds of signals, their states, and the changes that are allowed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    RING = "ring", _("互相下单")
    SHARED_VISITOR = "visitor", _("同一设备")
    SHARED_IP = "ip", _("同一网络地址")
    SHARED_ACCOUNT = "account", _("同一收款账户")
    SHARED_PHONE = "phone", _("收货电话是受益人的")
    SHARED_ADDRESS = "address", _("收货地址是受益人的")
    REFUND_FARMING = "refunds", _("结算后大量退款")
    HASTY_REFUNDS = "hasty", _("刚成熟就退款")
    CLICK_FLOOD = "clicks", _("刷点击")
    MANY_ACCOUNTS = "accounts", _("一台设备注册多个账号")


class State(models.TextChoices):
    OPEN = "open", _("待处理")
    HELD = "held", _("已暂扣")
    CLEARED = "cleared", _("已排除")
    CONFIRMED = "confirmed", _("已确认")


UNDECIDED = (State.OPEN, State.HELD)

TRANSITIONS = {
    State.OPEN: frozenset({State.HELD, State.CLEARED, State.CONFIRMED}),
    State.HELD: frozenset({State.CLEARED, State.CONFIRMED}),
    State.CLEARED: frozenset[State](),
    State.CONFIRMED: frozenset[State](),
}
