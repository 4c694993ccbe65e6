"""What distributors type in. Forms check the input; rules of the shop are the domain's."""

from django import forms
from django.utils.translation import gettext_lazy as _

from distribution.selection import Sort
from distribution.states import CommissionState
from distribution.team import LONGEST_SEARCH, Group

STATE_CHOICES = [("", _("全部")), *CommissionState.choices]


class JoinForm(forms.Form):
    agree = forms.BooleanField(
        label=_("我已阅读并同意《分销协议》"),
        error_messages={"required": _("请先阅读并同意《分销协议》。")},
    )


class LinkForm(forms.Form):
    channel = forms.CharField(
        label=_("渠道名称"),
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": _("例如 小红书"), "list": "channels"}),
        help_text=_("只有你自己看得到，用来分辨顾客从哪里来。"),
    )
    target = forms.CharField(
        label=_("打开哪个页面"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "/", "inputmode": "url"}),
        help_text=_("粘贴商品页或分类页的地址；留空为首页。"),
    )

    def clean_target(self) -> str:
        return self.cleaned_data["target"] or "/"


class EarningsFilter(forms.Form):
    """The query of the lists of commissions and orders; what makes no sense is left out."""

    state = forms.ChoiceField(choices=STATE_CHOICES, required=False, label=_("状态"))
    level = forms.TypedChoiceField(
        choices=[("", _("两级")), ("1", _("一级")), ("2", _("二级"))],
        coerce=int,
        empty_value=None,
        required=False,
        label=_("级别"),
    )
    q = forms.CharField(max_length=40, required=False, label=_("订单号"))


class TeamFilter(forms.Form):
    group = forms.ChoiceField(choices=Group.choices, required=False)
    q = forms.CharField(max_length=LONGEST_SEARCH, required=False)


class SelectionFilter(forms.Form):
    sort = forms.ChoiceField(choices=Sort.choices, required=False)
    q = forms.CharField(max_length=40, required=False)
