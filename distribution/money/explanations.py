"""A commission explains itself: payee, rule, base, rate, rounding, cap, reversals, unlock date.

Everything is computed again from what was stored at placement; `recomputed` must equal what was
booked, to the cent. No writes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from base.money import ZERO, percent
from distribution.models import (
    Commission,
    LineTerms,
    OrderTerms,
    Policy,
    Reversal,
    Rule,
)
from distribution.money.arithmetic import KeptLine, LevelValue, Shares
from distribution.money.commissions import kept_line, share_of, whole_line
from distribution.money.holds import open_hold
from distribution.money.reservations import allocated_by_state
from distribution.money.set_offs import SetOff, set_offs_of
from distribution.registries import review_words
from distribution.states import CommissionState, ReservationState, Status
from orders.models import OrderLine, Refund
from orders.states import OPEN_REFUNDS


@dataclass(frozen=True)
class Step:
    """One line of the receipt: what, the number, and how it came about."""

    label: str
    amount: Decimal
    note: str = ""


@dataclass(frozen=True)
class Explanation:
    """`why_payee` and `blockers` speak to the payee; `waits` of the blockers are facts for anybody.
    `may_object`: the merchant looks into it or took it back, and the payee may say otherwise."""

    commission: Commission
    state: CommissionState
    why_payee: str
    why1: OrderTerms.Why
    rule: str
    steps: list[Step]
    reversals: list[Reversal]
    unlocks_at: datetime | None
    blockers: list[str]
    waits: list[str]
    is_held: bool
    recomputed: Decimal
    is_exact: bool
    reserved: Decimal
    paid: Decimal
    may_object: bool

    @property
    def paid_part(self) -> Decimal:
        """What was paid of it, where that is not the whole answer."""
        return self.paid if self.paid < self.commission.amount else ZERO


def explain(commission: Commission) -> Explanation:
    """Explain one commission: a fixed number of queries (the line, terms, refunds, allocations)."""
    line = OrderLine.objects.select_related("order").get(pk=commission.line_id)
    rows = list(LineTerms.objects.filter(line=line).select_related("rule"))
    terms = OrderTerms.objects.select_related("policy").get(pk=commission.order_id)
    row = next(row for row in rows if row.level == commission.level)
    shares = share_of(line, rows, terms.policy, whole_line(line))
    reversals = list(commission.reversals.select_related("refund").order_by("at", "pk"))
    sums = allocated_by_state([commission.pk])[commission.pk]
    paid, reserved = sums[ReservationState.SETTLED], sums[ReservationState.RESERVED]
    kept = share_of(line, rows, terms.policy, kept_line(line))
    now = min(commission.amount_at_payment, kept.amount(commission.level))
    forfeited = any(reversal.refund_id is None for reversal in reversals)
    is_pending = commission.matured_at is None and commission.amount > ZERO
    is_held = is_pending and open_hold(commission) is not None
    is_free = commission.matured_at is not None and commission.allocated < commission.amount
    set_off = set_offs_of(commission.payee_id).get(commission.pk) if is_free else None
    state = commission_state(commission, reserved=reserved, paid=paid, set_off=set_off)
    waits = _waits(line, terms.policy, is_held=is_held) if is_pending else []
    notes = _notes(commission, set_off, is_held=is_held, unpaid=commission.amount - paid)
    return Explanation(
        commission=commission,
        state=state,
        why_payee=why_payee(terms, commission.level),
        why1=OrderTerms.Why(terms.why1),
        rule=rule_in_words(row.rule),
        steps=_steps(line, row, terms.policy, shares, None if forfeited else kept, commission),
        reversals=reversals,
        unlocks_at=commission.matures_at,
        blockers=[*notes, *waits],
        waits=waits,
        is_held=is_held,
        recomputed=shares.amount(commission.level),
        is_exact=shares.amount(commission.level) == commission.amount_at_payment
        and (forfeited or now == commission.amount),
        reserved=reserved,
        paid=paid,
        may_object=is_held or forfeited,
    )


def commission_state(
    commission: Commission, *, reserved: Decimal, paid: Decimal, set_off: SetOff | None
) -> CommissionState:
    """The state its distributor sees, read from what it is allocated to and what of it repays a
    debt."""
    if commission.amount == 0:
        return CommissionState.REVERSED
    if commission.matured_at is None:
        return CommissionState.PENDING
    if paid >= commission.amount:
        return CommissionState.PAID
    if reserved:
        return CommissionState.RESERVED
    return CommissionState.SET_OFF if set_off and set_off.is_whole else CommissionState.AVAILABLE


def why_payee(terms: OrderTerms, level: int) -> str:
    """Why this level's payee stands there, in the reader's language."""
    if level == 2:
        return _("下单时，你是这笔订单一级分销商的推荐人。")
    return {
        OrderTerms.Why.SELF: _("你本人购买，商家已开启自购返佣。"),
        OrderTerms.Why.BOUND: _("下单时，买家绑定的分销商是你。"),
        OrderTerms.Why.RECRUITER: _(
            "买家自己也是分销商，没有绑定别人，所以由推荐人也就是你计一级佣金。"
        ),
    }[OrderTerms.Why(terms.why1)]


def why_named(explanation: Explanation) -> str:
    """The same for everybody else: it names the payee."""
    if explanation.commission.level == 2:
        words = _("下单时，%(name)s 是这笔订单一级分销商的推荐人。")
    else:
        words = {
            OrderTerms.Why.SELF: _("%(name)s 本人购买，商家已开启自购返佣。"),
            OrderTerms.Why.BOUND: _("下单时，买家绑定的分销商是 %(name)s。"),
            OrderTerms.Why.RECRUITER: _(
                "买家自己也是分销商，没有绑定别人，所以由推荐人 %(name)s 计一级佣金。"
            ),
        }[explanation.why1]
    return words % {"name": explanation.commission.payee}


def rule_in_words(rule: Rule) -> str:
    """What a rule version says and when, in one sentence."""
    if rule.target is None:
        place = _("全店")
    else:
        place = _("%(scope)s“%(target)s”") % {
            "scope": rule.get_scope_display(),
            "target": rule.target,
        }
    parts = [_("规则 #%(pk)d：%(place)s") % {"pk": rule.pk, "place": place}]
    parts += [
        _("%(level)s %(value)s") % {"level": label, "value": value_in_words(rate, amount)}
        for label, rate, amount in (
            (_("一级"), rule.rate1, rule.amount1),
            (_("二级"), rule.rate2, rule.amount2),
        )
        if (rate, amount) != (None, None)
    ]
    if rule.base == Rule.Base.PROFIT:
        parts.append(_("按毛利计算"))
    if rule.tier_id:
        parts.append(_("仅限等级“%(tier)s”") % {"tier": rule.tier})
    if rule.distributor_id:
        parts.append(_("仅限分销商“%(name)s”") % {"name": rule.distributor})
    if rule.min_quantity:
        parts.append(_("该商品至少 %(count)d 件") % {"count": rule.min_quantity})
    if rule.min_amount:
        parts.append(_("订单商品金额至少 ¥%(amount)s") % {"amount": rule.min_amount})
    if rule.min_month_orders:
        parts.append(_("受益人当月至少 %(count)d 笔一级订单") % {"count": rule.min_month_orders})
    return _("，").join(parts)


def value_in_words(rate: Decimal | None, amount: Decimal | None) -> str:
    """`12.5%`, or `每件 ¥1.00`."""
    if rate is not None:
        return percent(rate)
    return _("每件 ¥%(amount)s") % {"amount": amount}


def calculation_steps(
    line: OrderLine, row: LineTerms, policy: Policy, shares: Shares
) -> list[Step]:
    """How a level's amount of a line comes about, before any refund. Nothing need be saved."""
    whole = whole_line(line)
    steps = [
        Step(
            _("实付"),
            line.paid,
            _("单价 ¥%(price)s × %(count)d − 优惠 ¥%(discount)s，不含运费")
            % {"price": line.price, "count": line.quantity, "discount": line.discount},
        )
    ]
    if row.base == Rule.Base.PROFIT:
        note = _("实付 − 成本，不低于 0") if line.cost is not None else _("成本未知，按 0 计")
        steps.append(Step(_("毛利"), whole.profit, note))
    note = _formula(row, whole)
    raw = shares.raw(row.level)
    steps.append(Step(_("按规则计算"), raw, _("%(formula)s，四舍五入到分") % {"formula": note}))
    if shares.is_capped:
        note = _("两级合计 ¥%(sum)s 超过上限 ¥%(limit)s（实付的 %(cap)s%(guard)s），按比例缩减") % {
            "sum": shares.raw1 + shares.raw2,
            "limit": shares.limit,
            "cap": percent(policy.cap_rate),
            "guard": _("，且不超过毛利") if policy.margin_guard else "",
        }
        steps.append(Step(_("封顶后"), shares.amount(row.level), note))
    return steps


def _formula(row: LineTerms, kept: KeptLine) -> str:
    """`¥39.00 × 12%`, or `¥1.00 × 2`."""
    uplift = (
        _(" × (1 + 等级加成 %(uplift)s)") % {"uplift": percent(row.uplift)} if row.uplift else ""
    )
    if row.rate is None:
        return f"¥{row.amount} × {kept.quantity}{uplift}"
    value = LevelValue(row.base, row.rate, row.amount, row.uplift)
    return f"¥{value.base_amount(kept)} × {percent(row.rate)}{uplift}"


def _steps(
    line: OrderLine,
    row: LineTerms,
    policy: Policy,
    shares: Shares,
    kept: Shares | None,
    commission: Commission,
) -> list[Step]:
    """`kept` is the arithmetic on what the buyer keeps; None where the merchant took it all back."""
    steps = calculation_steps(line, row, policy, shares)
    steps.append(Step(_("付款时佣金"), commission.amount_at_payment))
    if commission.reversed_amount:
        steps.append(Step(_("退款等撤回"), -commission.reversed_amount))
        note = _words_after_refunds(line, row, kept) if kept else ""
        steps.append(Step(_("现在"), commission.amount, note))
    return steps


def _words_after_refunds(line: OrderLine, row: LineTerms, kept: Shares) -> str:
    """How what is left comes about: the same rule on what the buyer keeps."""
    words = (
        _("退款后按留下的重新算：%(formula)s，不超过付款时的佣金")
        if not kept.is_capped
        else _("退款后按留下的重新算：%(formula)s，再按两级合计上限缩减，不超过付款时的佣金")
    )
    return words % {"formula": _formula(row, kept_line(line))}


def _notes(
    commission: Commission, set_off: SetOff | None, *, is_held: bool, unpaid: Decimal
) -> list[str]:
    """What else the payee should know about money that has not reached them."""
    found = []
    if is_held:
        found.append(_("正在复核这笔订单，复核通过后恢复。如有疑问请联系客服。"))
        for words in review_words.values():
            found.extend(words(commission))
    if set_off:
        amount = {"amount": set_off.amount}
        found.append(_("其中 ¥%(amount)s 用来抵扣以前多付给你的佣金。") % amount)
        unpaid -= set_off.amount
    if commission.payee.status == Status.FROZEN and unpaid > ZERO:
        found.append(_("账号已冻结，款项保留。"))
    return found


def _waits(line: OrderLine, policy: Policy, *, is_held: bool) -> list[str]:
    """What keeps a pending one from being available, apart from a review."""
    if line.received_at is None:
        days = {"days": policy.maturity_days}
        return [_("等待买家收货，收货后再过 %(days)d 天可结算。") % days]
    if Refund.objects.filter(state__in=OPEN_REFUNDS, lines__line=line).exists():
        return [_("有进行中的售后，处理完后再结算。")]
    unlock = line.received_at + timedelta(days=policy.maturity_days)
    if unlock > timezone.now():
        words = _("复核通过的话，%(day)s 可结算。") if is_held else _("将于 %(day)s 可结算。")
        return [words % {"day": f"{unlock.astimezone():%Y-%m-%d %H:%M}"}]
    if is_held:
        return [_("结算前的天数已经满了，复核通过后马上可结算。")]
    return [_("结算前的天数已经满了，很快可结算。")]
