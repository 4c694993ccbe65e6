"""Rules and policy in the back office: every change is a new version, shown in plain words."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from base.errors import DomainError
from catalog.models import Variant
from distribution.explanations import rule_in_words
from distribution.models import Policy, Rule
from distribution.policy import current_policy, publish_policy
from distribution.rule_preview import preview_rules
from distribution.rules import change_rule, end_rule, publish_rule
from shop.backoffice.actions import ReadOnlyAdmin, button, merchant
from shop.backoffice.joining import PolicyForm
from shop.backoffice.people import find_distributor


class RuleForm(ModelForm):
    class Meta:
        model = Rule
        exclude: list[str] = []

    def clean(self) -> dict[str, Any]:
        """A rule that gives no level a value would do nothing."""
        values = super().clean() or {}
        if all(values.get(name) is None for name in ("rate1", "amount1", "rate2", "amount2")):
            raise ValidationError(_("请至少填写一个级别的比例或金额；填 0 表示该级别不计佣。"))
        return values


class PreviewForm(forms.Form):
    """For which goods and which distributor the merchant wants to see the winner."""

    sku = forms.CharField(label=_("货号"), widget=UnfoldAdminTextInputWidget)
    distributor = forms.CharField(
        label=_("分销商（推广码、会员号或手机号）"), widget=UnfoldAdminTextInputWidget
    )
    quantity = forms.IntegerField(
        label=_("件数"), min_value=1, initial=1, widget=UnfoldAdminIntegerFieldWidget
    )

    def clean_sku(self) -> Variant:
        found = Variant.objects.select_related("product__category").filter(
            sku=self.cleaned_data["sku"].strip()
        )
        if not found:
            raise ValidationError(_("没有这个货号。"))
        return found[0]

    def clean_distributor(self) -> Any:
        return find_distributor(self.cleaned_data["distributor"].strip())


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = RuleForm
    list_display = ["words", "audience", "starts_at", "ends_at", "valid_from", "valid_to"]
    list_filter = [("valid_to", admin.EmptyFieldListFilter), "scope", "base", "tier"]
    list_select_related = ["category", "product", "variant__product", "tier", "distributor__user"]
    search_fields = ["category__name", "product__name", "variant__sku"]
    autocomplete_fields = ["category", "product", "variant", "distributor", "tier"]
    actions_detail = ["stop"]
    actions_list = ["preview"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "scope",
                    ("category", "product", "variant"),
                    ("distributor", "tier"),
                    "base",
                    ("rate1", "amount1"),
                    ("rate2", "amount2"),
                ],
                "description": _(
                    "比例用小数填写，如 0.125 表示 12.5%。留空表示由下一条规则决定，0 表示不计佣。"
                ),
            },
        ),
        (
            _("条件与活动时间"),
            {
                "fields": [
                    ("min_quantity", "min_amount", "min_month_orders"),
                    "starts_at",
                    "ends_at",
                ]
            },
        ),
    ]

    @display(description=_("规则"), ordering="pk")
    def words(self, rule: Rule) -> str:
        return rule_in_words(rule)

    @display(description=_("对象"))
    def audience(self, rule: Rule) -> str:
        return str(rule.distributor or rule.tier or _("所有分销商"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version that has been replaced or stopped is history. Buttons ask with the bare key."""
        is_history = isinstance(obj, Rule) and obj.valid_to is not None
        return super().has_change_permission(request, obj) and not is_history

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Rule, form: ModelForm, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.cleaned_data}
        try:
            if change:
                old = Rule.objects.get(pk=obj.pk)
                new = change_rule(old, by=merchant(request), **values)
            else:
                new = publish_rule(by=merchant(request), **values)
        except (DomainError, ValidationError) as error:
            self.message_user(request, str(error), "ERROR")
            return
        # The admin goes on with the row that now holds: the new version.
        obj.pk = new.pk
        obj.refresh_from_db()

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit log has it, with the reason."""

    log_addition = log_change

    @button(
        _("停用"), text=_("之后的新订单不再使用这条规则，已下的订单不受影响。"), icon="stop_circle"
    )
    def stop(self, request: HttpRequest, rule: Rule, form: BaseDialogForm) -> Any:
        end_rule(rule, by=merchant(request))
        return _("规则已停用。")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", view, name="rule_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Which rule wins for a product and a distributor, and why the others do not."""
        form = PreviewForm(request.GET or None)
        preview = None
        if form.is_valid():
            values = form.cleaned_data
            preview = preview_rules(
                values["sku"], values["distributor"], values["quantity"], at=timezone.now()
            )
        context = self.admin_site.each_context(request) | {
            "title": _("规则预览"),
            "form": form,
            "preview": preview,
            "opts": self.opts,
        }
        return TemplateResponse(request, "backoffice/rule_preview.html", context)

    @action(description=_("规则预览"), icon="preview")
    def preview(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=303, headers={"Location": reverse("admin:rule_preview")})


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """The versions; adding one starts from the version in force."""

    form = PolicyForm
    list_display = ["pk", "valid_from", "cap_rate", "margin_guard", "maturity_days", "self_purchase", "two_levels", "binding_mode", "joining", "created_by"]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("distribution.add_policy")

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ["created_by"]

    def get_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        """The signature under the legal warning belongs to publishing, not to the version."""
        fields = super().get_fields(request, obj)
        return [name for name in fields if obj is None or name != "understood"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        now = current_policy()
        fields = [f.name for f in Policy._meta.fields if f.name not in ("id", "valid_from")]
        return {name: getattr(now, name) for name in fields}

    def save_model(self, request: HttpRequest, obj: Policy, form: ModelForm, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.cleaned_data}
        values.pop("understood", None)
        at = max(values.pop("valid_from"), timezone.now())
        new = publish_policy(by=merchant(request), at=at, **values)
        obj.pk = new.pk
        obj.refresh_from_db()
