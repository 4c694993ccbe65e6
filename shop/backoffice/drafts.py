"""Drafts in the back office: collect changes, try them on past orders, publish them together."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from base.clock import beijing_date
from base.errors import DomainError
from distribution.editor.change_sets import (
    CONTENT_WORDS,
    Kind,
    create_change_set,
    discard_change_set,
    draft_policy,
    drop_draft_change,
    publish_change_set,
    renew_change_set,
    staleness,
    withdraw_change_set,
)
from distribution.editor.dry_runs import carry_out, is_small, request_dry_run
from distribution.editor.rule_words import (
    differences,
    oddities,
    policy_differences,
    policy_label,
    rule_sentence,
)
from distribution.models import ChangeSet, DryRun, RuleChange
from distribution.models.change_set import POLICY_FIELDS
from distribution.policy import policy_at
from distribution.states import ChangeSetState
from distribution.tasks import carry_out_dry_run
from shop.backoffice.actions import (
    FinalForm,
    OffersButtons,
    ReasonForm,
    SaysRefusals,
    button,
    change_address,
    merchant,
    refusal,
)
from shop.backoffice.percents import PercentField
from shop.backoffice.rule_forms import (
    DiscardForm,
    DryRunForm,
    PublishForm,
)
from shop.backoffice.rule_pages import require

STATE_COLOURS = {
    ChangeSetState.DRAFT: "warning",
    ChangeSetState.PUBLISHED: "success",
    ChangeSetState.DISCARDED: "danger",
}
TRY_DAYS = 30


def _is_draft(found: ChangeSet) -> bool:
    return found.state == ChangeSetState.DRAFT


def _is_planned(found: ChangeSet) -> bool:
    return found.effective_at is not None and found.effective_at > timezone.now()


def _switch(name: str) -> forms.TypedChoiceField:
    """Leave it, on or off."""
    return forms.TypedChoiceField(
        label=lazy(policy_label, str)(name),
        choices=[
            ("", _("不改变")),
            ("on", pgettext_lazy("switch", "开启")),
            ("off", pgettext_lazy("switch", "关闭")),
        ],
        coerce=lambda value: value == "on",
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


class ChangeSetForm(ModelForm):
    """A draft's name, and what of the policy it changes; empty changes nothing."""

    seen_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    cap_rate = PercentField(label=_("佣金上限"))
    margin_guard = _switch("margin_guard")
    self_purchase = _switch("self_purchase")
    two_levels = _switch("two_levels")

    class Meta:
        model = ChangeSet
        fields = ["name", *POLICY_FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen_revision"] = self.instance.revision
        for name in ("margin_guard", "self_purchase", "two_levels"):
            value = getattr(self.instance, name)
            self.initial[name] = "" if value is None else ("on" if value else "off")

    def _post_clean(self) -> None:
        """The draft is written by the domain, which knows the policy it was drafted against."""

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if not name:
            raise ValidationError(_("请给草稿起个名字。"))
        return name


@admin.register(ChangeSet)
class ChangeSetAdmin(OffersButtons, SaysRefusals):
    form = ChangeSetForm
    list_display = ["name", "state_label", "what", "effective_at", "created_by", "created_at"]
    list_filter = ["state", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["name", "reason", "created_by__name"]
    actions_detail = ["add_rule", "publish", "withdraw", "discard"]
    change_form_outer_before_template = "backoffice/draft.html"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeSet]:
        return super().get_queryset(request).annotate(rules=Count("changes"))

    def get_fieldsets(self, request: HttpRequest, obj: ChangeSet | None = None) -> Any:
        if obj is None or not self.has_change_permission(request, obj):
            return [(None, {"fields": ["name"]})]  # what it changes is said in words above
        policy = {
            "fields": [
                "seen_revision",
                "cap_rate",
                "maturity_days",
                "margin_guard",
                "self_purchase",
                "two_levels",
            ],
            "description": _("不填或选“不改变”，政策就保持现在的样子。"),
        }
        return [(None, {"fields": ["name"]}), (_("政策变更"), policy)]

    def get_readonly_fields(self, request: HttpRequest, obj: ChangeSet | None = None) -> Any:
        return ["name"] if obj is not None else []

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_label(self, change_set: ChangeSet) -> tuple[str, Any]:
        if _is_planned(change_set):
            return ChangeSetState.PUBLISHED, _("待生效")
        return change_set.state, ChangeSetState(change_set.state).label

    @display(description=_("内容"))
    def what(self, change_set: Any) -> Any:
        return _("%(rules)d 条规则变更，%(fields)d 项政策变更") % {
            "rules": change_set.rules,
            "fields": len(change_set.policy_changes),
        }

    # --- Who may do what -------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a draft is edited; buttons ask with the bare key."""
        is_fixed = isinstance(obj, ChangeSet) and obj.state != ChangeSetState.DRAFT
        return super().has_change_permission(request, obj) and not is_fixed

    def has_delete_permission(self, request: HttpRequest, obj: ChangeSet | None = None) -> bool:
        return False

    def has_edit_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        found = self._asked(request, obj)
        return found is not None and found.state == ChangeSetState.DRAFT

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Going live, and back, needs what changing a rule and a policy by hand needs."""
        user = request.user
        may = user.has_perm("distribution.change_rule") and user.has_perm("distribution.add_policy")
        return may and self._asked(request, obj) is not None

    def _asked(self, request: HttpRequest, key: Any) -> ChangeSet | None:
        if not self.has_change_permission(request) or key is None:
            return None
        return self.get_object(request, str(key))

    # --- Saving ----------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: ChangeSet, form: Any, change: bool) -> None:
        by = merchant(request)
        if change:
            values = form.cleaned_data
            saved = draft_policy(
                obj,
                by=by,
                revision=values.get("seen_revision"),
                **{name: values.get(name) for name in POLICY_FIELDS},
            )
        else:
            saved = create_change_set(by=by, name=form.cleaned_data["name"])
        obj.pk = saved.pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: ChangeSet, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(change_address(obj))

    def response_change(self, request: HttpRequest, obj: ChangeSet) -> HttpResponse:
        messages.success(request, _("政策变更已存进草稿。"))
        return HttpResponseRedirect(change_address(obj))

    # --- The page --------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = self.get_object(request, object_id) if object_id else None
        context = (extra_context or {}) | {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        if found is not None:
            context |= self._draft_context(request, found)
        return super().changeform_view(request, object_id, form_url, context)

    def _draft_context(self, request: HttpRequest, found: ChangeSet) -> dict[str, Any]:
        stale = {one.change and one.change.pk: one.why for one in staleness(found)}
        changes = found.changes.select_related(
            *CONTENT_WORDS, *(f"rule__{name}" for name in CONTENT_WORDS)
        )
        today = beijing_date(timezone.now())
        is_draft = found.state == ChangeSetState.DRAFT
        base = found.base_policy or policy_at(timezone.now())
        return {
            "draft": found,
            "is_draft": is_draft,
            "is_planned": _is_planned(found),
            "may_edit": is_draft and self.has_change_permission(request, found),
            "changes": [_said(change, stale.get(change.pk, "")) for change in changes],
            "policy_differences": policy_differences(base, found.policy_changes),
            "policy_stale": stale.get(None, ""),
            "is_stale": bool(stale),
            "runs": found.dry_runs.select_related("requested_by")[:10],
            "dry_run_form": DryRunForm(
                initial={"first_day": today - timedelta(days=TRY_DAYS), "last_day": today}
            ),
        }

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/dry-runs/", wrap(self.dry_runs_view), name="draft_dry_runs"),
            path(
                "<int:pk>/changes/<int:change>/removal/",
                wrap(self.removal_view),
                name="draft_removal",
            ),
            path(
                "<int:pk>/renewal/",
                wrap(require_POST(self.renewal_view)),
                name="draft_renewal",
            ),
            *super().get_urls(),
        ]

    def dry_runs_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a dry run: a small one is done before the answer, a long one by the worker."""
        require(self.has_change_permission(request))
        found = self.get_object(request, str(pk))
        if found is None or request.method != "POST":
            return HttpResponseRedirect(reverse("admin:distribution_changeset_changelist"))
        form = DryRunForm(request.POST)
        if not form.is_valid():
            for name, texts in form.errors.items():
                problem = {"field": form[name].label, "why": " ".join(map(str, texts))}
                messages.error(request, _("%(field)s：%(why)s") % problem)
            return HttpResponseRedirect(change_address(found))
        values = form.cleaned_data
        try:
            run = request_dry_run(
                found,
                values["first_day"],
                values["last_day"],
                by=merchant(request),
                baseline=DryRun.Baseline(values["baseline"]),
                dates=DryRun.Dates(values["dates"]),
            )
        except DomainError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_address(found))
        if is_small(run):
            carry_out(run.pk)
        else:
            carry_out_dry_run.delay(run.pk)
        return HttpResponseRedirect(change_address(run))

    def removal_view(self, request: HttpRequest, pk: int, change: int) -> HttpResponse:
        """Take a change out of the draft."""
        require(self.has_change_permission(request))
        found = RuleChange.objects.filter(pk=change, change_set=pk).first()
        if request.method == "POST" and found is not None:
            try:
                drop_draft_change(found, by=merchant(request))
                messages.success(request, _("已从草稿移除。"))
            except DomainError as error:
                messages.error(request, str(error))
        address = reverse("admin:distribution_changeset_change", args=[pk])
        return HttpResponseRedirect(address)

    def renewal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move what is stale to the newest versions; what cannot be moved stays marked."""
        require(self.has_change_permission(request))
        found = get_object_or_404(ChangeSet, pk=pk)
        try:
            left = staleness(renew_change_set(found, by=merchant(request)))
        except (DomainError, ValidationError) as error:
            messages.error(request, refusal(error))
        else:
            if left:
                messages.warning(request, _("有规则已经停用，没有新版本可用：请移除标红的项目。"))
            else:
                messages.success(request, _("已换到最新版本，请核对后再发布。"))
        return HttpResponseRedirect(change_address(found))

    # --- Buttons ---------------------------------------------------------------------------------

    @action(description=_("加一条新规则"), icon="add", permissions=["edit"])
    def add_rule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        address = reverse("admin:distribution_rulechange_add")
        return HttpResponse(status=303, headers={"Location": f"{address}?draft={object_id}"})

    @button(
        _("发布"),
        text=_("草稿里的变更一起生效，要么全部，要么都不。已下的订单不受影响。"),
        form=PublishForm,
        icon="publish",
        permission="publish",
        when=_is_draft,
    )
    def publish(self, request: HttpRequest, found: ChangeSet, form: PublishForm) -> Any:
        values = form.cleaned_data
        published = publish_change_set(
            found,
            by=merchant(request),
            reason=values["reason"],
            at=values["at"],
            revision=values["seen_revision"],
        )
        return (
            _("已安排发布，到时一起生效。") if _is_planned(published) else _("已发布，现在生效。")
        )

    @button(
        _("撤回"),
        text=_("生效之前可以撤回：里面的变更从未生效，草稿可以继续修改。"),
        form=DiscardForm,
        icon="undo",
        permission="publish",
        when=_is_planned,
    )
    def withdraw(self, request: HttpRequest, found: ChangeSet, form: ReasonForm) -> Any:
        withdraw_change_set(found, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("已撤回，又是草稿了。")

    @button(
        _("丢弃"),
        text=_("里面的变更不会生效，也不能再编辑。"),
        form=FinalForm,
        icon="delete",
        when=_is_draft,
    )
    def discard(self, request: HttpRequest, found: ChangeSet, form: ReasonForm) -> Any:
        discard_change_set(found, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("草稿已丢弃。")


def _said(change: RuleChange, stale: str) -> dict[str, Any]:
    """A change of a draft as its page tells it."""
    is_change = change.kind == Kind.CHANGE and change.rule is not None
    return {
        "change": change,
        "is_end": change.kind == Kind.END,
        "sentence": rule_sentence(change),
        "differences": differences(change.rule, change) if is_change and change.rule else [],
        "oddities": oddities(change) if change.kind != Kind.END else [],
        "stale": stale,
    }
