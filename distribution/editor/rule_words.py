"""A rule in whole sentences: what it says, what a change of it changes, and what looks odd."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from base.money import percent
from distribution.models import Policy, Rule
from distribution.models.rules import RuleContent
from distribution.money.explanations import value_in_words
from distribution.policy import current_policy


def rule_sentence(rule: RuleContent) -> str:
    """`自 2026-12-01 00:00 起，“金牌”分销商卖出“美妆”分类的商品：一级得实付金额的 12.5%，…`."""
    parts = [_level_in_words(rule, level) for level in (1, 2)]
    said = _("%(when)s%(who)s卖出%(what)s：%(levels)s。") % {
        "when": _when(rule),
        "who": audience_in_words(rule),
        "what": goods_in_words(rule),
        "levels": _("，").join(parts),
    }
    demands = _demands(rule)
    if demands:
        said += _("条件：%(demands)s。") % {"demands": _("；").join(demands)}
    return said[:1].upper() + said[1:]


def audience_in_words(rule: RuleContent) -> str:
    if rule.distributor_id is not None:
        return _("分销商“%(name)s”") % {"name": rule.distributor}
    if rule.tier_id is not None:
        return _("“%(tier)s”等级的分销商") % {"tier": rule.tier}
    return pgettext("in a sentence", "所有分销商")


def _when(rule: RuleContent) -> str:
    if rule.starts_at and rule.ends_at:
        return _("%(start)s 至 %(end)s，") % {
            "start": moment(rule.starts_at),
            "end": moment(rule.ends_at),
        }
    if rule.starts_at:
        return _("自 %(start)s 起，") % {"start": moment(rule.starts_at)}
    if rule.ends_at:
        return _("%(end)s 之前，") % {"end": moment(rule.ends_at)}
    return ""


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def goods_in_words(rule: RuleContent) -> str:
    words = {
        Rule.Scope.CATEGORY: _("“%(name)s”分类的商品"),
        Rule.Scope.PRODUCT: _("商品“%(name)s”"),
        Rule.Scope.VARIANT: _("规格“%(name)s”"),
    }
    scope = Rule.Scope(rule.scope)
    return words[scope] % {"name": rule.target or "…"} if scope in words else _("任何商品")


def _level_in_words(rule: RuleContent, level: int) -> str:
    rate, amount = (rule.rate1, rule.amount1) if level == 1 else (rule.rate2, rule.amount2)
    name = _("一级") if level == 1 else _("二级")
    if rate is None and amount is None:
        return _("%(level)s留给下一条规则") % {"level": name}
    if not rate and not amount:
        return _("%(level)s不计佣") % {"level": name}
    if rate is None:
        return _("%(level)s每件得 ¥%(amount)s") % {"level": name, "amount": amount}
    said = {"level": name, "rate": percent(rate)}
    if rule.base == Rule.Base.PROFIT:
        return _("%(level)s得毛利的 %(rate)s") % said
    return _("%(level)s得实付金额的 %(rate)s") % said


def _demands(rule: RuleContent) -> list[str]:
    found = []
    if rule.min_quantity:
        found.append(_("这件商品至少买 %(count)d 件") % {"count": rule.min_quantity})
    if rule.min_amount:
        found.append(_("订单商品金额至少 ¥%(amount)s") % {"amount": rule.min_amount})
    if rule.min_month_orders:
        found.append(
            _("受益人当月此前至少有 %(count)d 笔一级订单") % {"count": rule.min_month_orders}
        )
    return found


# --- What changes ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str


def differences(old: RuleContent, new: RuleContent) -> list[Difference]:
    """What the new version says otherwise, field by field, in words."""
    pairs = (
        (_("商品范围"), goods_in_words(old), goods_in_words(new)),
        (_("对象"), audience_in_words(old), audience_in_words(new)),
        (_("计佣基数"), _base(old), _base(new)),
        (_("一级"), _value(old, 1), _value(new, 1)),
        (_("二级"), _value(old, 2), _value(new, 2)),
        (_("条件"), _all(_demands(old)), _all(_demands(new))),
        (_("活动开始"), _date(old.starts_at), _date(new.starts_at)),
        (_("活动结束"), _date(old.ends_at), _date(new.ends_at)),
    )
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def policy_differences(old: Policy, changes: dict[str, Any]) -> list[Difference]:
    """What `changes` say otherwise than the version."""
    return [
        Difference(
            policy_label(name),
            policy_value_in_words(name, getattr(old, name)),
            policy_value_in_words(name, value),
        )
        for name, value in changes.items()
        if getattr(old, name) != value
    ]


def policy_label(name: str) -> str:
    return str(next(f.verbose_name for f in Policy._meta.fields if f.name == name))


def policy_value_in_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return pgettext("switch", "开启") if value else pgettext("switch", "关闭")
    if name == "cap_rate":
        return percent(value)
    choices = dict(getattr(Policy._meta.get_field(name), "flatchoices", ()))
    return str(choices.get(value, "—" if value in (None, "") else value))


def _base(rule: RuleContent) -> str:
    return str(Rule.Base(rule.base).label)


def _value(rule: RuleContent, level: int) -> str:
    value = (rule.rate1, rule.amount1) if level == 1 else (rule.rate2, rule.amount2)
    return _("留空") if value == (None, None) else value_in_words(*value)


def _all(demands: list[str]) -> str:
    return _("；").join(demands) or _("无")


def _date(at: datetime | None) -> str:
    return moment(at) if at else _("不限")


# --- What looks odd ----------------------------------------------------------------------------


def oddities(rule: RuleContent) -> list[str]:
    """What a merchant may want to know before publishing; none of it forbids the rule."""
    found = []
    rates = (rule.rate1 or Decimal(0)) + (rule.rate2 or Decimal(0))
    cap = current_policy().cap_rate
    if rule.base == Rule.Base.PAID and rates > cap:
        found.append(
            _("两级合计 %(sum)s，超过佣金上限 %(cap)s：超出的部分会按比例缩减。")
            % {"sum": percent(rates), "cap": percent(cap)}
        )
    if any(rate is not None and 0 < rate < Decimal("0.005") for rate in (rule.rate1, rule.rate2)):
        found.append(_("比例低于 0.5%，请确认没有少填小数点前的数字。"))
    if rule.rate1 is not None and rule.rate2 is not None and rule.rate2 > rule.rate1:
        found.append(_("二级比一级还高，请确认。"))
    if rule.amount1 is not None and rule.amount2 is not None and rule.amount2 > rule.amount1:
        found.append(_("二级比一级还高，请确认。"))
    if rule.base == Rule.Base.PROFIT and _is_without_cost(rule):
        found.append(_("按毛利计算，但有商品没有填成本：成本未知的毛利按 0 计。"))
    if rule.base == Rule.Base.PROFIT and rule.rate1 is None and rule.rate2 is None:
        found.append(_("固定金额不看基数，“毛利”在这里不起作用。"))
    return list(dict.fromkeys(found))


def _is_without_cost(rule: RuleContent) -> bool:
    if rule.variant_id is not None:
        return rule.variant is not None and rule.variant.cost is None
    if rule.product_id is not None:
        return rule.product is not None and rule.product.variants.filter(cost=None).exists()
    return False
