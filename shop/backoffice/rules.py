"""Rules and policy in the back office: every change is a new version, shown in plain words."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action, display

from base.errors import DomainError
from distribution.editor.change_sets import CONTENT_WORDS, draft_addition, draft_change, draft_end
from distribution.editor.rule_words import moment, oddities, rule_sentence
from distribution.models import Rule
from distribution.rule_states import RuleState, rule_state, rules_in_state
from distribution.rules import cancel_rule, change_rule, end_rule, keep_rule, publish_rule
from shop.backoffice import rule_pages
from shop.backoffice.actions import (
    OffersButtons,
    ReasonForm,
    SavesVersions,
    SaysRefusals,
    button,
    change_address,
    lead_to,
    merchant,
)
from shop.backoffice.percents import InPercents
from shop.backoffice.rule_forms import DiscardForm, EndForm, RuleForm

STATE_COLOURS = {
    RuleState.IN_FORCE: "success",
    RuleState.COMING: "info",
    RuleState.OVER: "default",
    RuleState.CANCELLED: "danger",
}

CONTENT_FIELDSETS: list[Any] = [
    (
        _("卖什么"),
        {"fields": ["scope", "category", "product", "variant"]},
    ),
    (
        _("谁来卖"),
        {
            "fields": [("tier", "distributor")],
            "description": _("都不选，就是所有分销商。"),
        },
    ),
    (
        _("得多少"),
        {
            "fields": ["base", ("rate1", "amount1"), ("rate2", "amount2")],
            "description": _(
                "每一级填比例或固定金额；留空表示由下一条规则决定，0 表示这一级不计佣。"
            ),
        },
    ),
    (
        _("什么条件、什么时间"),
        {
            "fields": [
                ("min_quantity", "min_amount"),
                "min_month_orders",
                "starts_at",
                "ends_at",
            ],
            "description": _("不填就没有条件，一直有效。"),
        },
    ),
]

# The target that goes with the scope; without scripts all are shown.
TARGET_SHOWN = {name: f"scope == '{name}'" for name in ("category", "product", "variant")}


class StateFilter(admin.SimpleListFilter):
    """What holds or will hold is what a merchant looks for; the past is a choice."""

    title = _("状态")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*RuleState.choices, ("all", _("全部版本"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield first | {"display": _("生效中和待生效")}
        yield from others

    def queryset(self, request: HttpRequest, rows: QuerySet[Rule]) -> QuerySet[Rule]:
        now = timezone.now()
        chosen = self.value()
        if chosen in RuleState.values:
            return rules_in_state(rows, RuleState(str(chosen)), now)
        if chosen == "all":
            return rows
        return rows.filter(cancelled_at=None).exclude(valid_to__lte=now).exclude(ends_at__lte=now)


class DatedFilter(admin.SimpleListFilter):
    title = _("活动")
    parameter_name = "dated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("有活动时间")), ("no", _("长期"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Rule]) -> QuerySet[Rule]:
        if self.value() == "no":
            return rows.filter(starts_at=None, ends_at=None)
        return rows.exclude(starts_at=None, ends_at=None) if self.value() == "yes" else rows


def _is_pending(rule: Rule) -> bool:
    return rule.valid_from is not None and rule.valid_from > timezone.now()


def _holds(rule: Rule) -> bool:
    return rule.valid_to is None and not _is_pending(rule)


def _is_coming(rule: Rule) -> bool:
    return rule.valid_to is None and _is_pending(rule)


def _is_to_end(rule: Rule) -> bool:
    is_planned = rule.valid_to is not None and rule.valid_to > timezone.now()
    return is_planned and rule.cancelled_at is None


@admin.register(Rule)
class RuleAdmin(InPercents, SavesVersions, OffersButtons, SaysRefusals):
    form = RuleForm
    percents = ("rate1", "rate2")
    list_display = ["number", "words", "state", "starts_at", "ends_at", "valid_from"]
    list_display_links = ["number", "words"]
    list_filter = [StateFilter, "scope", DatedFilter, "base", "tier", ("distributor", AutocompleteSelectFilter)]  # fmt: skip
    list_filter_submit = True
    list_select_related = [*CONTENT_WORDS]
    search_fields = ["category__name", "product__name", "variant__sku", "variant__product__name", "tier__name", "distributor__code", "distributor__user__name", "distributor__user__phone"]  # fmt: skip
    autocomplete_fields = ["category", "product", "variant", "distributor"]
    actions = ["export_selected"]
    actions_detail = ["versions", "stop", "cancel", "keep"]
    actions_list = ["preview", "campaigns"]
    conditional_fields = TARGET_SHOWN
    change_form_before_template = "backoffice/rule_live.html"
    show_full_result_count = False

    class Media:
        js = ["js/backoffice.js"]

    def plain_fieldsets(self, request: HttpRequest, obj: Rule | None = None) -> Any:
        if obj is not None and obj.valid_to is not None:
            return CONTENT_FIELDSETS
        publishing = {"fields": ["reason", "effective_at", "draft"]}
        return [*CONTENT_FIELDSETS, (_("怎样发布"), publishing)]

    @display(description="#", ordering="pk")
    def number(self, rule: Rule) -> str:
        return f"#{rule.pk}"

    @display(description=_("规则"))
    def words(self, rule: Rule) -> str:
        return rule_sentence(rule)

    @display(description=_("状态"), label=STATE_COLOURS)
    def state(self, rule: Rule) -> tuple[str, Any]:
        state = rule_state(rule, timezone.now())
        return state, state.label

    # --- Who may do what -------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version that has been replaced, ended or planned otherwise is not written over. Buttons
        ask with the bare key."""
        is_fixed = isinstance(obj, Rule) and (obj.valid_to is not None or _is_pending(obj))
        return super().has_change_permission(request, obj) and not is_fixed

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return False

    # --- Saving ----------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        values, by = form.cleaned_data, merchant(request)
        draft = values.get("draft")
        if change and not set(form.changed_data) & set(form.content):
            raise DomainError(_("没有改动，规则保持原样。"))
        if draft is not None:
            obj.draft = draft  # type: ignore[attr-defined]  # tells where to go on
            if change:
                draft_change(draft, Rule.objects.get(pk=obj.pk), by=by, **form.content)
            else:
                draft_addition(draft, by=by, **form.content)
            return
        publishing = {"by": by, "at": values.get("effective_at"), "reason": values["reason"]}
        if change:
            new = change_rule(Rule.objects.get(pk=obj.pk), **publishing, **form.content)
        else:
            new = publish_rule(**publishing, **form.content)
        # The admin goes on with the row that now holds: the new version.
        obj.pk = new.pk
        obj.refresh_from_db()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rule = self.get_object(request, object_id) if object_id else None
        context = {
            "sentence": rule_sentence(rule) if rule else "",
            "oddities": oddities(rule) if rule else [],
            "rule_state": rule_state(rule, timezone.now()) if rule else None,
        }
        return super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def response_add(
        self, request: HttpRequest, obj: Rule, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._to_draft(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Rule) -> HttpResponse:
        return self._to_draft(request, obj) or super().response_change(request, obj)

    def said_when_saved(self, obj: Rule) -> str:
        if obj.valid_from is not None and obj.valid_from > timezone.now():
            said = {"rule": f"#{obj.pk}", "when": moment(obj.valid_from)}
            return _("已安排：新版本 %(rule)s 从 %(when)s 起生效，之前照旧。") % said
        return _("新版本 %(rule)s 现在生效，已下的订单不受影响。") % {"rule": f"#{obj.pk}"}

    def _to_draft(self, request: HttpRequest, obj: Rule) -> HttpResponse | None:
        draft = getattr(obj, "draft", None)
        if draft is None:
            return None
        messages.success(request, _("已放进草稿“%(name)s”。") % {"name": draft})
        return HttpResponseRedirect(change_address(draft))

    # --- Buttons and pages -----------------------------------------------------------------------

    @button(
        _("停用"),
        text=_("之后的新订单不再使用这条规则，已下的订单不受影响。"),
        form=EndForm,
        icon="stop_circle",
        when=_holds,
    )
    def stop(self, request: HttpRequest, rule: Rule, form: EndForm) -> Any:
        values = form.cleaned_data
        if values["draft"] is not None:
            draft_end(values["draft"], rule, by=merchant(request))
            return _("已放进草稿“%(name)s”。") % {"name": values["draft"]}
        end_rule(rule, by=merchant(request), at=values["at"], reason=values["reason"])
        return _("规则已安排停用。") if values["at"] else _("规则已停用。")

    @button(
        _("取消这个版本"),
        text=_("它还没有生效，取消后从未生效；被它接替的版本继续。"),
        form=DiscardForm,
        icon="event_busy",
        when=_is_coming,
    )
    def cancel(self, request: HttpRequest, rule: Rule, form: ReasonForm) -> Any:
        cancel_rule(rule, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("已取消，之前的版本继续有效。")

    @button(
        _("取消停用"),
        text=_("停用的时间还没到，规则将继续有效。"),
        form=DiscardForm,
        icon="undo",
        when=_is_to_end,
    )
    def keep(self, request: HttpRequest, rule: Rule, form: ReasonForm) -> Any:
        keep_rule(rule, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("规则继续有效。")

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("preview/", wrap(self._page(rule_pages.preview)), name="rule_preview"),
            path("sentence/", wrap(self._page(rule_pages.sentence)), name="rule_sentence"),
            path("campaigns/", wrap(self._page(rule_pages.campaign_list)), name="rule_campaigns"),
            *super().get_urls(),
        ]

    def _page(self, page: Any) -> Any:
        """A page of its own, for who may look at rules."""

        def view(request: HttpRequest) -> HttpResponse:
            rule_pages.require(self.has_view_permission(request))
            return page(request, self)

        return view

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every version, what it changed, by whom and why."""
        rule_pages.require(self.has_view_permission(request))
        rule = self.get_object(request, object_id)
        if rule is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return rule_pages.history(request, self, rule)

    @action(description=_("历史版本"), icon="history")
    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return lead_to(self, request, object_id, "admin:distribution_rule_history")

    @action(description=_("规则预览"), icon="preview", url_path="to-preview")
    def preview(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=303, headers={"Location": reverse("admin:rule_preview")})

    @action(description=_("活动日历"), icon="calendar_month", url_path="to-campaigns")
    def campaigns(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=303, headers={"Location": reverse("admin:rule_campaigns")})

    @admin.action(description=_("导出所选为 CSV"), permissions=["view"])
    def export_selected(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponseBase:
        return rule_pages.rules_file(rules)
