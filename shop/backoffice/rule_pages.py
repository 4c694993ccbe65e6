"""Pages about rules that are no list and no form: the preview, the live sentence, the history, the
calendar of campaigns, and rules as a file."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from base.clock import beijing_date, day_start
from base.filters import ListFilter, words_field
from base.models import AuditEntry
from base.money import ZERO, percent
from base.pages import page_of
from base.tables import csv_response, is_table
from distribution.editor.change_sets import CONTENT_WORDS
from distribution.editor.rule_history import policy_history, rule_history
from distribution.editor.rule_preview import preview_rules
from distribution.editor.rule_words import (
    audience_in_words,
    differences,
    moment,
    oddities,
    policy_differences,
    rule_sentence,
)
from distribution.models import Policy, Rule
from distribution.policy import current_policy, policy_values
from distribution.rule_states import RuleState, campaigns, rule_state
from shop.backoffice.audit import DEEDS
from shop.backoffice.rule_forms import PreviewForm

PER_PAGE = 30
# The calendar shows this many days, from some before today.
CALENDAR_DAYS = 70
DAYS_BEFORE = 14


def require(allowed: bool) -> None:  # the answer of a permission
    if not allowed:
        raise PermissionDenied


def preview(request: HttpRequest, site: ModelAdmin) -> HttpResponse:
    """Which rule wins for a product and a distributor, and why the others do not."""
    form = PreviewForm(request.GET if "sku" in request.GET else None)
    found = None
    if form.is_valid():
        values = form.cleaned_data
        found = preview_rules(
            values["sku"],
            values["distributor"],
            values["quantity"],
            at=values["at"] or timezone.now(),
            discount=values["discount"] or ZERO,
            change_set=values["draft"],
        )
    context = _context(request, site, _("规则预览")) | {"form": form, "preview": found}
    return TemplateResponse(request, "backoffice/rule_preview.html", context)


def sentence(request: HttpRequest, site: ModelAdmin) -> HttpResponse:
    """What the form says so far, in words: asked for while somebody writes. Saves nothing."""
    key = request.GET.get("of", "")
    old = Rule.objects.filter(pk=key).first() if key.isdecimal() else None
    # The page's own form, whose times are in two boxes.
    form_class = site.get_form(request, None, change=False)
    form = form_class(request.GET, instance=Rule.objects.get(pk=old.pk) if old else None)
    form.is_valid()
    written = form.instance
    errors = [
        (form.fields[name].label if name in form.fields else "", text)
        for name, texts in form.errors.items()
        # Told when it is saved; while somebody writes it would only be noise.
        if name not in ("reason", "effective_at")
        for text in texts
    ]
    # Nobody is told off before they have written how much.
    is_begun = any(request.GET.get(name) for name in ("rate1", "amount1", "rate2", "amount2"))
    context = {
        "sentence": rule_sentence(written) if written.scope else "",
        "oddities": [] if errors else oddities(written),
        "refusals": errors if is_begun else [],
        "changes": differences(old, written) if old else [],
    }
    return render(request, "backoffice/rule_words.html", context)


def history(request: HttpRequest, site: ModelAdmin, rule: Rule) -> HttpResponse:
    versions = rule_history(rule)
    context = _context(request, site, _("规则 #%(pk)d 的历史") % {"pk": rule.pk}) | {
        "rule": rule,
        "versions": [(version, _told(version.deeds)) for version in versions],
    }
    return TemplateResponse(request, "backoffice/rule_history.html", context)


def _told(deeds: list[AuditEntry]) -> list[tuple[AuditEntry, Any]]:
    """Deeds with what a merchant calls them."""
    return [(deed, DEEDS.get(deed.action, deed.action)) for deed in deeds]


def policy_changes(request: HttpRequest) -> HttpResponse:
    """What the policy form would change, in words. Saves nothing."""
    now = current_policy()
    names = list(policy_values(now))
    form = modelform_factory(Policy, fields=names)(request.GET)
    form.is_valid()
    given = {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
    changes = policy_differences(now, given)
    return render(request, "backoffice/policy_words.html", {"changes": changes, "now": now})


def policy_versions(request: HttpRequest, site: ModelAdmin) -> HttpResponse:
    context = _context(request, site, _("分销政策的历史")) | {
        "versions": [(version, _told(version.deeds)) for version in policy_history(timezone.now())],
    }
    return TemplateResponse(request, "backoffice/policy_history.html", context)


class CampaignFilter(ListFilter):
    """Of what a campaign is, and the words by which any rule is found."""

    scope = forms.ChoiceField(
        label=gettext_lazy("范围"),
        choices=[("", gettext_lazy("全部范围")), *Rule.Scope.choices],
    )
    q = words_field(gettext_lazy("商品、分类、等级或分销商"))

    def narrow(
        self, request: HttpRequest, site: ModelAdmin, rules: QuerySet[Rule]
    ) -> QuerySet[Rule]:
        wanted = self.wanted()
        if wanted["scope"]:
            rules = rules.filter(scope=wanted["scope"])
        if wanted["search"]:
            rules, _is_doubled = site.get_search_results(request, rules, wanted["search"])
        return rules


def campaign_list(request: HttpRequest, site: ModelAdmin) -> HttpResponseBase:
    """Running and coming campaigns as a calendar, the past ones as a list; `?format=csv` as a
    file."""
    now = timezone.now()
    filters = CampaignFilter(request.GET)

    def wanted(rules: QuerySet[Rule]) -> QuerySet[Rule]:
        return filters.narrow(request, site, rules.select_related(*CONTENT_WORDS))

    if is_table(request, filters):
        dated = Rule.objects.filter(cancelled_at=None).exclude(starts_at=None, ends_at=None)
        return rules_file(wanted(dated))
    first = day_start(beijing_date(now)) - timedelta(days=DAYS_BEFORE)
    running, coming = (
        list(wanted(campaigns(state, now))[:100])
        for state in (RuleState.IN_FORCE, RuleState.COMING)
    )
    past = page_of(request, wanted(campaigns(RuleState.OVER, now)), PER_PAGE)
    context = _context(request, site, _("活动日历")) | {
        "filters": filters,
        "groups": [
            (_("进行中"), "running", [_bar(rule, first) for rule in running]),
            (_("即将开始"), "coming", [_bar(rule, first) for rule in coming]),
        ],
        "past": [(rule, rule_sentence(rule)) for rule in past],
        "page": past,
        "ticks": [
            (_share(10 * number), first + timedelta(days=10 * number))
            for number in range(CALENDAR_DAYS // 10)
        ],
        "today": _share(DAYS_BEFORE),
    }
    return TemplateResponse(request, "backoffice/campaigns.html", context)


def _bar(rule: Rule, first: datetime) -> dict[str, Any]:
    """Where a campaign lies on the calendar, in per cent of its days; open ends reach the edge."""
    start = _days(rule.starts_at, first) if rule.starts_at else 0
    end = _days(rule.ends_at, first) if rule.ends_at else CALENDAR_DAYS
    left, right = max(0, min(start, CALENDAR_DAYS - 1)), max(1, min(end, CALENDAR_DAYS))
    return {
        "rule": rule,
        "sentence": rule_sentence(rule),
        "x": _share(left),
        "width": _share(max(1, right - left)),
    }


def _days(at: datetime, first: datetime) -> int:
    return (at - first).days


def _share(days: int) -> str:
    return f"{100 * days / CALENDAR_DAYS:.2f}%"


def rules_file(rules: QuerySet[Rule]) -> HttpResponseBase:
    """Rules as CSV, one a row, with the sentence and every value."""
    now = timezone.now()
    header = [
        "#", _("规则"), _("范围"), _("商品"), _("对象"), _("计佣基数"),
        _("一级比例"), _("一级固定金额（每件）"), _("二级比例"), _("二级固定金额（每件）"),
        _("该商品至少件数"), _("订单商品金额至少"), _("受益人当月一级订单至少"),
        _("活动开始"), _("活动结束"), _("版本生效"), _("版本失效"), _("状态"),
    ]  # fmt: skip
    found = rules.select_related(*CONTENT_WORDS).iterator(2000)
    rows = (_cells(rule, now) for rule in found)
    return csv_response(f"rules-{timezone.localdate():%Y%m%d}.csv", header, rows)


def _cells(rule: Rule, now: datetime) -> list[Any]:
    return [
        rule.pk,
        rule_sentence(rule),
        rule.get_scope_display(),
        str(rule.target or ""),
        audience_in_words(rule),
        rule.get_base_display(),
        None if rule.rate1 is None else percent(rule.rate1),
        rule.amount1,
        None if rule.rate2 is None else percent(rule.rate2),
        rule.amount2,
        rule.min_quantity,
        rule.min_amount,
        rule.min_month_orders,
        *(
            moment(at) if at else ""
            for at in (rule.starts_at, rule.ends_at, rule.valid_from, rule.valid_to)
        ),
        rule_state(rule, now).label,
    ]


def _context(request: HttpRequest, site: ModelAdmin, title: str) -> dict[str, Any]:
    return admin.site.each_context(request) | {"title": title, "opts": site.opts}
