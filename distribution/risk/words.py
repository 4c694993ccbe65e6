"""Evidence in plain words: for the merchant with figures, for the payee in general."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from base.accounts.models import User
from distribution.models import Commission
from distribution.risk.models import NamedCommission, Signal
from distribution.risk.states import Kind, State

# So many people of one signal are shown; a star's refunds may come from thousands.
SHOWN_PEOPLE = 20
NAMED_PEOPLE = 5


def people_of(signals: Iterable[Signal]) -> dict[int, User]:
    """Whom these signals' evidence names, the first of each: one query."""
    ids = {pk for signal in signals for pk in signal.evidence.get("people", [])[:SHOWN_PEOPLE]}
    return User.objects.in_bulk(ids)


def in_words(signal: Signal, people: Mapping[int, User]) -> str:
    """What was found, in one sentence. `people` from `people_of`."""
    facts: dict[str, Any] = dict(signal.evidence)
    ids = facts.get("people", [])
    names = [str(people[pk]) for pk in ids if pk in people]
    values = facts | {
        "payee": str(signal.payee or ""),
        "names": _names(names, len(ids)),
        "ring": " → ".join([*names, names[0]]) if names else "",
        "since": _day(facts.get("since")),
        "until": _day(facts.get("until")),
        "day": _day(facts.get("day")),
    }
    return _sentence(Kind(signal.kind)) % values


def _names(names: list[str], count: int) -> str:
    first = _("、").join(names[:NAMED_PEOPLE])
    if count <= NAMED_PEOPLE:
        return first
    return _("%(names)s等 %(count)d 人") % {"names": first, "count": count}


def _sentence(kind: Kind) -> str:
    return {
        Kind.RING: _("%(ring)s：互相通过对方的链接下单，共 %(orders)s 笔订单产生一级佣金。"),
        Kind.SHARED_VISITOR: _(
            "买家 %(names)s 和受益人 %(payee)s 用过同一台设备的同一个浏览器"
            "（%(since)s 至 %(until)s），涉及 %(orders)s 笔订单。"
        ),
        Kind.SHARED_IP: _(
            "买家 %(names)s 和受益人 %(payee)s 用过同一个网络地址"
            "（%(since)s 至 %(until)s），涉及 %(orders)s 笔订单。可能是家人或同事，请核实。"
        ),
        Kind.SHARED_ACCOUNT: _(
            "买家 %(names)s 和受益人 %(payee)s 登记了同一个收款账户，涉及 %(orders)s 笔订单。"
        ),
        Kind.SHARED_PHONE: _(
            "买家 %(names)s 的 %(orders)s 笔订单，收货电话是受益人 %(payee)s 的（尾号 %(tail)s）。"
        ),
        Kind.SHARED_ADDRESS: _(
            "买家 %(names)s 的 %(orders)s 笔订单，寄到了受益人 %(payee)s 自己的地址（%(city)s）。"
        ),
        Kind.REFUND_FARMING: _(
            "%(payee)s 已成熟的佣金 ¥%(earned)s 里，有 ¥%(taken)s 之后因退款撤回，"
            "共 %(orders)s 笔订单，买家：%(names)s。"
        ),
        Kind.HASTY_REFUNDS: _(
            "%(payee)s 有 %(orders)s 笔订单在佣金成熟后 %(days)s 天内退款，"
            "撤回 ¥%(taken)s，买家：%(names)s。"
        ),
        Kind.CLICK_FLOOD: _(
            "%(day)s，%(payee)s 的链接被同一访客或同一网络地址反复打开："
            "有 %(hours)s 个小时超过上限，最多的一小时 %(most)s 次。"
        ),
        Kind.MANY_ACCOUNTS: _(
            "同一个浏览器自 %(since)s 起注册了 %(accounts)s 个账号，"
            "其中 %(names)s 归 %(payee)s 服务。"
        ),
    }[kind]


def _day(text: str | None) -> str:
    at: datetime | None = parse_datetime(text) if text else None
    return f"{timezone.localtime(at):%Y-%m-%d}" if at else ""


GENERAL = {
    Kind.RING: lambda: _("这笔订单的下单关系需要核实"),
    Kind.SHARED_VISITOR: lambda: _("下单设备需要核实"),
    Kind.SHARED_IP: lambda: _("下单设备需要核实"),
    Kind.SHARED_ACCOUNT: lambda: _("收款信息需要核实"),
    Kind.SHARED_PHONE: lambda: _("收货信息需要核实"),
    Kind.SHARED_ADDRESS: lambda: _("收货信息需要核实"),
    Kind.REFUND_FARMING: lambda: _("退款情况需要核实"),
    Kind.HASTY_REFUNDS: lambda: _("退款情况需要核实"),
    Kind.CLICK_FLOOD: lambda: _("推广链接的访问情况需要核实"),
    Kind.MANY_ACCOUNTS: lambda: _("买家账号需要核实"),
}


def words_for_the_payee(commission: Commission) -> list[str]:
    """Why a commission of theirs is under review, without what others must not know; and how to
    object. Empty when no signal holds it."""
    kinds = (
        NamedCommission.objects.filter(
            commission=commission, held_at__isnull=False, signal__state=State.HELD
        )
        .order_by("signal__kind")
        .values_list("signal__kind", flat=True)
        .distinct()
    )
    reasons = list(dict.fromkeys(GENERAL[Kind(kind)]() for kind in kinds))
    if not reasons:
        return []
    return [
        _("复核原因：%(reasons)s。") % {"reasons": _("；").join(reasons)},
        _(
            "只有这一笔佣金暂不结算，其他佣金和买家的订单、退款都不受影响。"
            "有不同意见，请把订单号和情况告诉商家客服，商家会写明理由作出决定。"
        ),
    ]
