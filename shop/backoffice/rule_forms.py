"""The forms rules are written with: per cents as people say them, nonsense refused in words."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from base.clock import validate_day, validate_moment
from catalog.models import Variant
from distribution.editor.change_sets import CONTENT_WORDS
from distribution.editor.rule_words import policy_differences, rule_sentence
from distribution.models import ChangeSet, Distributor, DryRun, Rule, RuleChange
from distribution.policy import current_policy
from distribution.rules import CONTENT, rules_in_force
from distribution.states import ChangeSetState
from shop.backoffice import joining
from shop.backoffice.actions import ReasonForm, day_in_dialog, moment_in_dialog
from shop.backoffice.finding import find_distributor
from shop.backoffice.percents import PercentField

# How long somebody may look at a form whose time says "now".
A_MOMENT = timedelta(hours=1)

TARGETS = ("category", "product", "variant")


class RuleContentForm(ModelForm):
    """What a rule says. `clean` refuses what cannot be meant; the model refuses the rest."""

    rate1 = PercentField(label=_("一级比例"))
    rate2 = PercentField(label=_("二级比例"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self._clean_target(values)
        self._clean_audience(values)
        self._clean_levels(values)
        self._clean_times(values)
        for name in ("min_quantity", "min_amount", "min_month_orders"):
            if values.get(name) == 0:
                self.add_error(name, _("0 等于没有条件，请留空。"))
        if not self.errors:
            self._clean_double(values)
        return values

    def _clean_target(self, values: dict[str, Any]) -> None:
        scope = values.get("scope")
        if scope is None:
            return
        for name in TARGETS:
            if name == scope and values.get(name) is None and name not in self.errors:
                self.add_error(name, _("请选择规则要用在哪里。"))
            elif name != scope and values.get(name) is not None:
                label = Rule.Scope(scope).label
                self.add_error(name, _("范围是“%(scope)s”，这里请留空。") % {"scope": label})

    def _clean_audience(self, values: dict[str, Any]) -> None:
        if values.get("distributor") is not None and values.get("tier") is not None:
            self.add_error("tier", _("请只选一位分销商或一个等级，不要都选。"))

    def _clean_levels(self, values: dict[str, Any]) -> None:
        for level in (1, 2):
            rate, amount = values.get(f"rate{level}"), values.get(f"amount{level}")
            if rate is not None and amount is not None:
                self.add_error(f"amount{level}", _("比例和固定金额请只填一个。"))
            if amount is not None and amount < 0:
                self.add_error(f"amount{level}", _("金额不能小于 0。"))
        names = ("rate1", "amount1", "rate2", "amount2")
        if not self.errors and all(values.get(name) is None for name in names):
            raise ValidationError(_("请至少填写一个级别的比例或金额；填 0 表示该级别不计佣。"))

    def _clean_times(self, values: dict[str, Any]) -> None:
        starts, ends = values.get("starts_at"), values.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("活动结束要晚于开始。"))
        elif ends and ends <= timezone.now():
            self.add_error("ends_at", _("这个时间已经过去，规则不会对任何新订单生效。"))

    def _clean_double(self, values: dict[str, Any]) -> None:
        """A second rule for the same goods, people, times and demands would only hide the first."""
        given = [name for name in CONTENT if name in values]
        values_of = {name: values[name] for name in given if not name.startswith(("rate", "amount", "base"))}  # fmt: skip
        same = rules_in_force(timezone.now()).filter(valid_to=None, **values_of)
        for rule in same.exclude(pk=self._of_rule() or 0):
            levels = (1, 2)
            if any(self._speaks(rule, level) and self._says(values, level) for level in levels):
                raise ValidationError(
                    _("规则 #%(pk)d 的范围、对象、时间和条件都相同，请修改那一条，不要再加一条。")
                    % {"pk": rule.pk}
                )

    def _of_rule(self) -> int | None:
        """The rule this is a version of: it does not stand in its own way."""
        if isinstance(self.instance, RuleChange):
            return self.instance.rule_id
        return self.instance.pk

    def _speaks(self, rule: Rule, level: int) -> bool:
        return getattr(rule, f"rate{level}") is not None or getattr(rule, f"amount{level}") is not None  # fmt: skip

    def _says(self, values: dict[str, Any], level: int) -> bool:
        return values.get(f"rate{level}") is not None or values.get(f"amount{level}") is not None


class RuleForm(RuleContentForm):
    """A rule for the shop as it is: published now or at a time, or put into a draft."""

    draft = forms.ModelChoiceField(
        ChangeSet.objects.filter(state=ChangeSetState.DRAFT),
        label=_("放进草稿"),
        required=False,
        empty_label=_("不放进草稿，直接发布"),
        help_text=_("草稿可以先用过去的订单试算，再和其他变更一起发布。"),
        widget=UnfoldAdminSelectWidget,
    )
    effective_at = forms.SplitDateTimeField(
        label=_("何时生效"),
        required=False,
        help_text=_("留空立即生效。之前下的订单不受影响。"),
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        required=False,
        help_text=_("写给以后查看历史的人。"),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Rule
        fields = CONTENT

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("draft") is not None:
            if values.get("effective_at"):
                self.add_error("effective_at", _("草稿的生效时间在发布草稿时选择，这里请留空。"))
            return values
        if not values.get("reason", "").strip() and "reason" not in self.errors:
            self.add_error("reason", _("直接发布请写明原因。"))
        at = values.get("effective_at")
        if at is not None and at < timezone.now():
            self.add_error("effective_at", _("生效时间已经过去；要立即生效请留空。"))
        return values

    @property
    def content(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CONTENT if name in self.cleaned_data}


class RuleChangeForm(RuleContentForm):
    """What a draft adds or changes. `seen_revision` is the draft's when the form was shown."""

    seen_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.change_set_id:
            self.initial["seen_revision"] = self.instance.change_set.revision

    class Meta:
        model = RuleChange
        fields = CONTENT

    @property
    def content(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CONTENT if name in self.cleaned_data}


class PolicyForm(joining.PolicyForm):
    """The next version of the policy, and why."""

    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        help_text=_("写给以后查看历史的人。"),
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_valid_from(self) -> datetime:
        at = self.cleaned_data["valid_from"]
        if at < timezone.now() - A_MOMENT:
            raise ValidationError(_("生效时间已经过去；已下的订单不受影响，请选现在或以后。"))
        return at


class EndForm(ReasonForm):
    """Ending a rule: now, at a time, or in a draft."""

    at = forms.SplitDateTimeField(
        label=_("何时停用（留空为立即）"), required=False, widget=moment_in_dialog()
    )
    draft = forms.ModelChoiceField(
        ChangeSet.objects.filter(state=ChangeSetState.DRAFT),
        label=_("放进草稿"),
        required=False,
        empty_label=_("不放进草稿，直接停用"),
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["reason", "at", "draft"]


class PublishForm(ReasonForm):
    """Shows what goes live, and publishes that and nothing that came in between."""

    form_before_template = "backoffice/publishing.html"

    seen_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    at = forms.SplitDateTimeField(
        label=_("何时生效（留空为立即）"), required=False, widget=moment_in_dialog()
    )
    field_order = ["reason", "at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = ChangeSet.objects.get(pk=self.object_id)
        self.initial["seen_revision"] = self.draft.revision

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        changes = self.draft.changes.select_related(*CONTENT_WORDS)
        base = self.draft.base_policy or current_policy()
        return {
            "changes": [(change, rule_sentence(change)) for change in changes],
            "policy_differences": policy_differences(base, self.draft.policy_changes),
        }


class DryRunForm(forms.Form):
    """On which days a draft is tried."""

    first_day = forms.DateField(label=_("从"), validators=[validate_day], widget=day_in_dialog())
    last_day = forms.DateField(label=_("到"), validators=[validate_day], widget=day_in_dialog())
    baseline = forms.ChoiceField(
        label=_("对比"), choices=DryRun.Baseline.choices, widget=UnfoldAdminSelectWidget
    )
    dates = forms.ChoiceField(
        label=_("草稿里的活动"), choices=DryRun.Dates.choices, widget=UnfoldAdminSelectWidget
    )


class PreviewForm(forms.Form):
    """For which goods and which distributor the merchant wants to see the winner."""

    sku = forms.CharField(label=_("货号或商品名"), widget=UnfoldAdminTextInputWidget)
    distributor = forms.CharField(
        label=_("分销商（推广码、会员号或手机号）"), widget=UnfoldAdminTextInputWidget
    )
    quantity = forms.IntegerField(
        label=_("件数"),
        min_value=1,
        max_value=9999,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    discount = forms.DecimalField(
        label=_("优惠合计（元）"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    at = forms.SplitDateTimeField(
        label=_("下单时间（留空为现在）"),
        required=False,
        validators=[validate_moment],
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    draft = forms.ModelChoiceField(
        ChangeSet.objects.filter(state=ChangeSetState.DRAFT),
        label=_("按哪套规则"),
        required=False,
        empty_label=_("已发布的规则"),
        widget=UnfoldAdminSelectWidget,
    )

    def clean_sku(self) -> Variant:
        text = self.cleaned_data["sku"].strip()
        variants = Variant.objects.select_related("product__category")
        found = variants.filter(sku=text).first()
        if found is None:
            found = variants.filter(product__name__icontains=text).order_by("pk").first()
        if found is None:
            raise ValidationError(_("没有这个货号。"))
        return found

    def clean_distributor(self) -> Distributor:
        return find_distributor(self.cleaned_data["distributor"].strip())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        variant, discount = values.get("sku"), values.get("discount")
        quantity = values.get("quantity")
        if variant and quantity and discount and discount > variant.price * quantity:
            self.add_error("discount", _("优惠不能超过商品金额。"))
        return values


class DiscardForm(ReasonForm):
    """Why it is thrown away, or taken back."""


class ExcludeForm(BaseDialogForm):
    reason = forms.CharField(label=_("原因"), max_length=200, widget=UnfoldAdminTextInputWidget)
