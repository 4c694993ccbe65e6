"""What an audit entry keeps of a change, in the merchant's words: no names of fields, no fractions.

Details are kept as text when something happens; they are worded when somebody reads them.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from base.models import AuditEntry
from base.money import percent

# Details that are no fields of what they are about.
LABELS = {
    "amount": _("金额"),
    "change": _("变更"),
    "commission": _("佣金"),
    "courier": _("快递公司"),
    "customers": _("顾客"),
    "distributor": _("分销商"),
    "effective_at": _("生效时间"),
    "error": _("错误"),
    "given": _("给出的功能"),
    "keep_until": _("保留到"),
    "kind": _("类型"),
    "name": _("名称"),
    "offer": _("加入礼"),
    "order": _("订单"),
    "outcome": _("结果"),
    "recruiter": _("推荐人"),
    "recruits": _("带来的分销商"),
    "refund": _("售后单"),
    "replaces": _("接替的版本"),
    "rule": _("规则"),
    "rules": _("规则"),
    "taken": _("收回的功能"),
    "taker": _("接手人"),
    "terms": _("优惠"),
    "text": _("内容"),
    "tier": _("等级"),
    "tiertask": _("升级任务"),
    "tieruplift": _("等级加成"),
    "tracking_no": _("运单号"),
    "valid_from": _("生效时间"),
    "was": _("原状态"),
}
SHARES = (
    "cap_rate",
    "rate1",
    "rate2",
    "uplift",
    "share",
    "percent",
    "own_discount",
    "refund_share",
)
# What a key lets somebody do with a page; the stored names are half English.
KEY_WORDS = {
    "add": _("新增"),
    "change": _("修改"),
    "delete": _("删除"),
    "view": _("查看"),
    "download": _("下载"),
}
# Drafts speak of rules and of the policy.
ALSO = {"distribution.changeset": ("distribution.policy", "distribution.rule")}
YES_NO = {"True": pgettext_lazy("switch", "开启"), "False": pgettext_lazy("switch", "关闭")}


def details_in_words(entry: AuditEntry) -> str:
    """A line for each detail that says something; empty when there is none."""
    lines = ({"label": label, "value": value} for label, value in _lines(entry))
    return "\n".join(gettext("%(label)s：%(value)s") % line for line in lines)


def _lines(entry: AuditEntry) -> Iterator[tuple[Any, Any]]:
    for key, text in entry.details.items():
        if text in ("", "None", "[]"):
            continue
        field = _field(entry.target_type, key)
        label = field.verbose_name if field is not None else LABELS.get(key, key)
        yield label, _worded(key, str(text), field)


def _field(target: str, key: str) -> "models.Field[Any, Any] | None":
    for name in (target, *ALSO.get(target, ())):
        app, _dot, model = name.partition(".")
        known = apps.all_models.get(app, {}).get(model)
        for field in known._meta.fields if known else ():
            if field.name == key:
                return field
    return None


def _worded(key: str, text: str, field: "models.Field[Any, Any] | None") -> Any:
    if text in YES_NO:
        return YES_NO[text]
    if field is not None and field.flatchoices:
        return dict(field.flatchoices).get(text, text)
    if key in SHARES:
        return _as_percent(text)
    if key in ("given", "taken"):
        return gettext("、").join(_page_and_key(name) for name in text.split(", "))
    return _as_moment(text)


def key_in_words(codename: str) -> str:
    act = codename.partition("_")[0]
    return str(KEY_WORDS.get(act, act))


def _page_and_key(name: str) -> str:
    app, _dot, codename = name.partition(".")
    model = apps.all_models.get(app, {}).get(codename.partition("_")[2])
    page = model._meta.verbose_name if model else name
    words = {"page": page, "key": key_in_words(codename)}
    return gettext("%(page)s（%(key)s）") % words


def _as_percent(text: str) -> str:
    try:
        return percent(Decimal(text))
    except InvalidOperation:
        return text


def _as_moment(text: str) -> str:
    """A moment in Beijing time; anything else as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment.tzinfo else text
