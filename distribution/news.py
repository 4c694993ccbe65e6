"""What distributors are told in their inbox: commissions, their place in the programme.

The words of each event, and who is told what. Each is one statement, in the transaction of what
it tells of; events long past are told to nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from base.inbox import Event, News, events, tell, tell_from, tell_sums, topics
from base.words import told
from distribution.models import Distributor, Invitation, Story, Tier, Trace
from distribution.states import Status

COMMISSIONS, PROGRAMME, TEAM = "commissions", "programme", "team"

TOPICS = {COMMISSIONS: _("佣金"), PROGRAMME: _("身份与等级"), TEAM: _("顾客与团队")}

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
    "commission_reversed_paid": Event(
        COMMISSIONS,
        _("佣金撤回 ¥%(amount)s"),
        _(
            "订单 %(order)s 发生退款，对应的佣金 ¥%(amount)s 已撤回。"
            "这笔已经结算给你，不用退钱，之后如有佣金，会先补上它。"
        ),
    ),
    "commission_matured_owing": Event(
        COMMISSIONS,
        _("佣金到期 ¥%(amount)s"),
        _("¥%(amount)s 佣金已过售后期，先补上待抵扣的，有剩下的下次结算时付给你。"),
    ),
    "commission_matured_frozen": Event(
        COMMISSIONS,
        _("佣金到期 ¥%(amount)s"),
        _("¥%(amount)s 佣金已过售后期。账号冻结期间先保留，解冻后继续结算。"),
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
    "recruited": Event(
        TEAM,
        _("%(name)s 加入了推广，由你带来"),
        _("TA 的顾客买东西，商家计二级佣金时算给你。"),
    ),
    "not_recruited": Event(
        TEAM,
        _("%(name)s 加入了推广，没有记在你名下"),
        _("你没有名额再带来分销商。TA 仍是你的顾客；TA 的顾客买东西，你没有二级佣金。"),
    ),
    "joined_by_oneself": Event(
        TEAM,
        _("你加入时没有记推荐人"),
        _("服务你的 %(name)s 目前不能带来分销商，所以你直接归商家。你的佣金一分不少。"),
    ),
    "customers_given": Event(
        TEAM,
        _("商家交给你 %(count)s 位顾客"),
        _("%(names)s。从现在起，他们的新订单由你得一级佣金；已下的订单不变。"),
    ),
    "customers_taken": Event(
        TEAM,
        _("%(count)s 位顾客改由别人服务"),
        _("%(names)s。这是商家的决定；已下的订单不变，该得的佣金照常给你。"),
    ),
    "recruits_given": Event(
        TEAM,
        _("商家把 %(count)s 位分销商归到你名下"),
        _("%(names)s。从现在起，他们顾客的新订单计二级佣金时算给你；已下的订单不变。"),
    ),
    "recruits_taken": Event(
        TEAM,
        _("%(count)s 位分销商不再归你"),
        _("%(names)s。这是商家的决定；已下的订单不变，该得的佣金照常给你。"),
    ),
    "recommender_changed": Event(
        TEAM,
        _("为你服务的推荐人变了"),
        _("由商家调整。你付的钱不会因此变多，已下的订单不变。"),
    ),
    "recruiter_changed": Event(
        TEAM,
        _("带你做推广的推荐人变了"),
        _("由商家调整。你的佣金一分不少，已下的订单不变。"),
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
JOIN distribution_distributor payee ON payee.user_id = commission.payee_id
WHERE commission.order_id = ANY(%(orders)s) AND commission.accrued_at >= %(since)s
  AND payee.status <> 'banned'
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
  AND (commission.allocated > commission.amount) = %(paid)s
GROUP BY commission.payee_id, reversal.refund_id, o.number
HAVING sum(reversal.amount) > 0
"""


def tell_earned(order_ids: Iterable[int]) -> None:
    """Each payee of these paid orders, once an order."""
    tell_from("commission_earned", EARNED, {"orders": list(order_ids)})


def tell_reversed(refund_ids: Iterable[int]) -> None:
    """Each payee whom these refunds cost something, once a refund; what had been paid to them
    before is a message of its own."""
    refunds = list(refund_ids)
    tell_from("commission_reversed", REVERSED, {"refunds": refunds, "paid": False})
    tell_from("commission_reversed_paid", REVERSED, {"refunds": refunds, "paid": True})


def tell_matured(sums: Mapping[int, Decimal], at: datetime) -> None:
    """What became mature, and what becomes of it, one message a person and day, however many
    batches there are. The balances have it already."""
    by_event: dict[str, dict[int, Decimal]] = defaultdict(dict)
    people = Distributor.objects.filter(pk__in=sums)
    for pk, status, available in people.values_list("pk", "status", "balance__available"):
        event = "commission_matured_owing" if available < sums[pk] else "commission_matured"
        by_event["commission_matured_frozen" if status == Status.FROZEN else event][pk] = sums[pk]
    for event, amounts in by_event.items():
        state = "?state=available" if event == "commission_matured" else ""
        link = f"/distribution/commissions/{state}"
        tell_sums(event, amounts, key=f"{at:%Y-%m-%d}", link=link, at=at)


def tell_standing(
    distributor: Distributor, was: Status, *, standing_id: int, at: datetime, reason: str
) -> None:
    """Where somebody stands now. An application tells nobody."""
    is_thawed = (was, distributor.status) == (Status.FROZEN, Status.APPROVED)
    event = "programme_thawed" if is_thawed else f"programme_{distributor.status}"
    if event in EVENTS:
        values = {"reason": reason, "reason_en": _in_english(reason)}
        tell(event, [News(distributor.pk, str(standing_id), values, "/distribution/")], at=at)


def _in_english(reason: str) -> str:
    """The programme's own words in English; what somebody wrote stays as it is."""
    with override("en"):
        return told(reason)


# What the merchant moved, from the timelines: to each distributor how many and the first names.
MOVED = """
SELECT person.id, min(trace.id)::text,
       jsonb_build_object('count', count(*), 'names',
           array_to_string((array_agg(coalesce(
               nullif(left(member.name, 1), '') || '**', '…' || right(member.phone, 4), '—'
           ) ORDER BY trace.id))[1:5], ' · ') || CASE WHEN count(*) > 5 THEN ' …' ELSE '' END),
       %(link)s, trace.decided_at
FROM distribution_trace trace
JOIN accounts_user member ON member.id = trace.member_id
JOIN accounts_user person ON person.id = {side} AND person.is_active
WHERE trace.kind = %(kind)s AND trace.decided_at = %(at)s AND trace.decided_at >= %(since)s
  AND (trace.member_id = %(member)s OR trace.standing_id = %(giver)s)
  AND trace.distributor_id IS DISTINCT FROM trace.standing_id
GROUP BY person.id, trace.decided_at
"""
GIVEN = MOVED.replace("{side}", "trace.distributor_id")
TAKEN = MOVED.replace("{side}", "trace.standing_id")
MOVED_THEMSELVES = MOVED.replace("{side}", "trace.member_id")


def tell_moves(
    kind: Trace.Kind, *, at: datetime, member: int | None = None, giver: int | None = None
) -> None:
    """Everybody whom the merchant's re-assigning at `at` concerns: who gained, who lost, and who
    was moved. Of one member, or of all that one distributor gave. Three statements."""
    is_customer = kind == Trace.Kind.MERCHANT
    who, group = ("customers", "customers") if is_customer else ("recruits", "distributors")
    values = {"kind": kind, "at": at, "member": member, "giver": giver}
    team = f"/distribution/team/?group={group}"
    tell_from(f"{who}_given", GIVEN, values | {"link": team})
    tell_from(f"{who}_taken", TAKEN, values | {"link": "/distribution/orders/"})
    themselves = "recommender_changed" if is_customer else "recruiter_changed"
    tell_from(themselves, MOVED_THEMSELVES, values | {"link": "/me/recommender/"})


def tell_recruited(distributor: Distributor, recruiter: Distributor, *, at: datetime) -> None:
    """The recruiter, of somebody whom they have brought in."""
    key, values = f"{distributor.pk}:{at.isoformat()}", {"name": _masked(distributor)}
    link = "/distribution/team/?group=distributors"
    tell("recruited", [News(recruiter.pk, key, values, link)], at=at)


def tell_turned_down(distributor: Distributor, bound_to: Distributor, *, at: datetime) -> None:
    """Both, of somebody who joined as nobody's recruit: the distributor they are bound to has no
    room. Who is out themselves is told nothing."""
    key = f"{distributor.pk}:{at.isoformat()}"
    if bound_to.status == Status.APPROVED:
        values = {"name": _masked(distributor)}
        tell("not_recruited", [News(bound_to.pk, key, values, "/distribution/tier/")], at=at)
    values = {"name": _masked(bound_to)}
    tell("joined_by_oneself", [News(distributor.pk, key, values, "/me/recommender/")], at=at)


def _masked(person: Distributor) -> str:
    user = person.user
    return f"{user.name[0]}**" if user.name else user.masked_phone or user.member_no


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
