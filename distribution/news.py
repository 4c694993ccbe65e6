"""What distributors are told in their inbox: commissions, their place in the programme.

The words of each event, and who is told what. Each is one statement, in the transaction of what
it tells of; events long past are told to nobody.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from base.inbox import Event, News, events, tell, tell_from, tell_sums, topics
from distribution.models import Distributor, Invitation, Story, Tier
from distribution.states import Status

COMMISSIONS, PROGRAMME = "commissions", "programme"

TOPICS = {COMMISSIONS: _("佣金"), PROGRAMME: _("身份与等级")}

EVENTS = {
    "commission_earned": Event(
        COMMISSIONS,
        _("新的佣金 ¥%(amount)s"),
        _("订单 %(order)s 已付款，你得到佣金 ¥%(amount)s，收货后再过几天可以结算。"),
    ),
    "commission_reversed": Event(
        COMMISSIONS,
        _("佣金撤回 ¥%(amount)s"),
        _("订单 %(order)s 发生退款，对应的佣金 ¥%(amount)s 已撤回。"),
    ),
    "commission_matured": Event(
        COMMISSIONS,
        _("可结算佣金增加 ¥%(amount)s"),
        _("¥%(amount)s 佣金已过售后期，下次结算时一起付给你。"),
    ),
    "tier_changed": Event(
        PROGRAMME,
        _("等级变为“%(tier)s”"),
        _("从现在起的新订单按“%(tier)s”的权益计算，已下的订单不变。"),
    ),
    "tier_rose": Event(
        PROGRAMME,
        _("等级升为“%(tier)s”"),
        _(
            "恭喜！这一期你已完成 ¥%(sales)s、%(orders)s 单、%(customers)s 位顾客。新订单按新等级计算。"
        ),
    ),
    "tier_fell": Event(
        PROGRAMME,
        _("等级变为“%(tier)s”"),
        _(
            "%(period)s 你完成了 ¥%(sales)s、%(orders)s 单、%(customers)s 位顾客，没有达到“%(from)s”的任务。"
            "已下的订单不变，任务完成后随时升回。"
        ),
    ),
    "tier_at_risk": Event(
        PROGRAMME,
        _("等级提醒：还没有保住“%(tier)s”"),
        _(
            "%(period)s 到现在你完成了 ¥%(sales)s、%(orders)s 单、%(customers)s 位顾客，"
            "还没有达到“%(tier)s”的任务。%(last_day)s 结束前完成，等级不变。"
        ),
    ),
    "programme_approved": Event(
        PROGRAMME,
        _("分销资格已开通"),
        _("你现在可以分享链接、领取素材，成交后计算佣金。"),
        sent_anyway=True,
    ),
    "invited": Event(
        PROGRAMME,
        _("商家邀请你加入推广"),
        _("接受后直接加入，不用付钱，也不用先买东西。%(message)s"),
    ),
    "gift_gone": Event(
        PROGRAMME,
        _("加入礼“%(offer)s”没能送出"),
        _("它已经发完或停止发放。加入推广不受影响。"),
    ),
    "story_published": Event(
        PROGRAMME,
        _("你的推广故事已公开"),
        _("现在能在招募页看到它，旁边是账本里的真实金额。随时可以撤回。"),
        sent_anyway=True,
    ),
    "story_declined": Event(
        PROGRAMME,
        _("你的推广故事没有公开"),
        _("原因：%(reason)s。修改后可以再提交。"),
        sent_anyway=True,
    ),
    "programme_rejected": Event(
        PROGRAMME,
        _("分销申请未通过"),
        _("原因：%(reason)s。补充后可以再次申请。"),
        sent_anyway=True,
    ),
    "programme_thawed": Event(
        PROGRAMME,
        _("分销账号已解冻"),
        _("保留的款项照常结算，新订单重新计算佣金。"),
        sent_anyway=True,
    ),
    "programme_frozen": Event(
        PROGRAMME,
        _("分销账号已冻结"),
        _("原因：%(reason)s。未付的款项会保留，解冻后继续结算。"),
        sent_anyway=True,
    ),
    "programme_resigned": Event(
        PROGRAMME, _("已退出分销"), _("原因：%(reason)s。之前的佣金照常结算。"), sent_anyway=True
    ),
    "programme_banned": Event(
        PROGRAMME,
        _("分销账号已封禁"),
        _("原因：%(reason)s。没有付款的佣金已收回，已付款的不变。"),
        sent_anyway=True,
    ),
}


def register() -> None:
    topics.update(TOPICS)
    events.update(EVENTS)


EARNED = """
SELECT commission.payee_id, commission.order_id::text,
       jsonb_build_object('amount', sum(commission.amount_at_payment)::text, 'order', o.number),
       '/distribution/orders/?q=' || o.number, max(commission.accrued_at)
FROM distribution_commission commission JOIN orders_order o ON o.id = commission.order_id
WHERE commission.order_id = ANY(%(orders)s) AND commission.accrued_at >= %(since)s
GROUP BY commission.payee_id, commission.order_id, o.number
"""

REVERSED = """
SELECT commission.payee_id, reversal.refund_id::text,
       jsonb_build_object('amount', sum(reversal.amount)::text, 'order', o.number),
       '/distribution/orders/?q=' || o.number, max(reversal.at)
FROM distribution_reversal reversal
JOIN distribution_commission commission ON commission.id = reversal.commission_id
JOIN orders_order o ON o.id = commission.order_id
WHERE reversal.refund_id = ANY(%(refunds)s) AND reversal.at >= %(since)s
GROUP BY commission.payee_id, reversal.refund_id, o.number
HAVING sum(reversal.amount) > 0
"""


def tell_earned(order_ids: Iterable[int]) -> None:
    """Each payee of these paid orders, once an order."""
    tell_from("commission_earned", EARNED, {"orders": list(order_ids)})


def tell_reversed(refund_ids: Iterable[int]) -> None:
    """Each payee whom these refunds cost something, once a refund."""
    tell_from("commission_reversed", REVERSED, {"refunds": list(refund_ids)})


def tell_matured(sums: Mapping[int, Decimal], at: datetime) -> None:
    """What became available, one message a person and day, however many batches there are."""
    day = f"{at:%Y-%m-%d}"
    tell_sums(
        "commission_matured", sums, key=day, link="/distribution/commissions/?state=available", at=at
    )  # fmt: skip


def tell_standing(
    distributor: Distributor, was: Status, *, standing_id: int, at: datetime, reason: str
) -> None:
    """Where somebody stands now. An application tells nobody."""
    is_thawed = (was, distributor.status) == (Status.FROZEN, Status.APPROVED)
    event = "programme_thawed" if is_thawed else f"programme_{distributor.status}"
    if event in EVENTS:
        one = News(distributor.pk, str(standing_id), {"reason": reason}, "/distribution/")
        tell(event, [one], at=at)


def tell_gift_gone(invitation: Invitation, *, at: datetime) -> None:
    """They joined, and what the invitation offered was used up by then."""
    if invitation.offer is not None:
        values = {"offer": invitation.offer.name, "offer_en": invitation.offer.name_en}
        one = News(invitation.member_id, str(invitation.pk), values, "/distribution/")
        tell("gift_gone", [one], at=at)


def tell_story(story: Story, *, at: datetime) -> None:
    """The merchant's decision about somebody's story, each one once."""
    key = f"{story.pk}:{at.isoformat()}"
    one = News(story.pk, key, {"reason": story.reason}, "/distribution/story/")
    tell(f"story_{story.state}", [one], at=at)


def tell_tier(
    distributor: Distributor, tier: Tier | None, *, standing_id: int, at: datetime
) -> None:
    """A change of tier; nobody is told that they have none any more by name."""
    if tier is not None:
        values = {"tier": tier.name, "tier_en": tier.name_en}
        tell("tier_changed", [News(distributor.pk, str(standing_id), values, "/distribution/")], at=at)  # fmt: skip


def tell_invitation(invitation: Invitation) -> None:
    """A member is asked to join; the link is theirs alone."""
    link = f"/distribution/join/?invitation={invitation.code}"
    one = News(invitation.member_id, str(invitation.pk), {"message": invitation.message}, link)
    tell("invited", [one], at=invitation.sent_at)
