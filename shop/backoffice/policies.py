"""The policy in the back office: its versions, and publishing the next one."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from base.money import percent
from distribution.models import Policy
from distribution.policy import cancel_policy, current_policy, publish_policy
from distribution.rule_states import RuleState
from shop.backoffice import rule_pages
from shop.backoffice.actions import ReadOnlyAdmin, ReasonForm, SaysRefusals, button, merchant
from shop.backoffice.percents import InPercents
from shop.backoffice.rule_forms import DiscardForm, PolicyForm
from shop.backoffice.rules import STATE_COLOURS


@admin.register(Policy)
class PolicyAdmin(InPercents, SaysRefusals, ReadOnlyAdmin):
    """The versions; adding one starts from the version in force."""

    form = PolicyForm
    percents = ("cap_rate",)
    list_display = ["row_number", "valid_from", "state", "cap", "margin_guard", "maturity_days", "self_purchase", "two_levels", "binding_mode", "joining"]  # fmt: skip
    file_columns = ["row_number", "valid_from", "state", "cap", "margin_guard", "maturity_days", "self_purchase", "two_levels", "binding_mode", "joining", "created_by"]  # fmt: skip
    list_filter = ["valid_from", "joining", "binding_mode", "self_purchase"]
    list_select_related = ["created_by"]
    search_fields = ["created_by__name", "created_by__phone"]
    search_help_text = _("操作人的称呼或手机号")
    actions_list = ["versions"]
    actions_detail = ["cancel"]
    change_form_before_template = "backoffice/policy_live.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("distribution.add_policy")

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may publish a version may take it back until it begins."""
        if obj is None or not self.has_add_permission(request):
            return False
        policy = self.get_object(request, str(obj))
        return policy is not None and _policy_state(policy)[0] == RuleState.COMING

    def get_readonly_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ["created_by"]

    def get_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        """Reason and signature belong to publishing; afterwards the audit log has them."""
        fields = super().get_fields(request, obj)
        return [name for name in fields if obj is None or name not in ("reason", "understood")]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        now = current_policy()
        fields = [f.name for f in Policy._meta.fields if f.name not in ("id", "valid_from")]
        return {name: getattr(now, name) for name in fields}

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        self.gather(changelist.result_list)
        return changelist

    def gather(self, rows: Sequence[Any]) -> None:
        """Which version is in force is asked once for all rows."""
        in_force = current_policy()
        for row in rows:
            row.is_current = row == in_force

    @display(description=_("佣金上限"), ordering="cap_rate")
    def cap(self, policy: Policy) -> str:
        return percent(policy.cap_rate)

    @display(description=_("状态"), label=STATE_COLOURS)
    def state(self, policy: Policy) -> tuple[str, Any]:
        return _policy_state(policy)

    def save_model(self, request: HttpRequest, obj: Policy, form: ModelForm, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.cleaned_data}
        values.pop("understood", None)
        at = max(values.pop("valid_from"), timezone.now())
        new = publish_policy(by=merchant(request), at=at, **values)
        obj.pk = new.pk
        obj.refresh_from_db()

    @button(
        _("取消这个版本"),
        text=_("它还没有生效，取消后从未生效；现在的政策继续。"),
        form=DiscardForm,
        icon="event_busy",
        permission="cancel",
    )
    def cancel(self, request: HttpRequest, policy: Policy, form: ReasonForm) -> Any:
        cancel_policy(policy, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("已取消，现在的政策继续有效。")

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("changes/", wrap(self.changes_view), name="policy_changes"),
            path("versions/", wrap(self.versions_view), name="policy_versions"),
            *super().get_urls(),
        ]

    def changes_view(self, request: HttpRequest) -> HttpResponse:
        rule_pages.require(self.has_add_permission(request))
        return rule_pages.policy_changes(request)

    def versions_view(self, request: HttpRequest) -> HttpResponse:
        rule_pages.require(self.has_view_permission(request))
        return rule_pages.policy_versions(request, self)

    @action(description=_("历史版本"), icon="history", url_path="to-versions")
    def versions(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=303, headers={"Location": reverse("admin:policy_versions")})


def _policy_state(policy: Policy) -> tuple[str, Any]:
    now = timezone.now()
    if policy.cancelled_at is not None:
        state = RuleState.CANCELLED
    elif policy.valid_from > now:
        state = RuleState.COMING
    else:
        known = getattr(policy, "is_current", None)
        is_current = policy == current_policy() if known is None else known
        state = RuleState.IN_FORCE if is_current else RuleState.OVER
    return state, state.label
