"""What distributors type in. Forms check the input; rules of the shop are the domain's."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from base.accounts.contacts import BadContact, phone_from
from base.filters import DatedFilter, ListFilter, words_field
from catalog.listing import Shelf
from distribution.desk.team import LONGEST_SEARCH, Group
from distribution.desk.timelines import in_stretch
from distribution.models import Trace, Transfer
from distribution.money.debts import Repaid
from distribution.programme.joining import Contact
from distribution.sharing.poster_layouts import Layout
from distribution.sharing.posters import LONGEST_LINE
from distribution.sharing.selection import Sort
from distribution.states import CommissionState


class OptionalPhoneField(forms.CharField):
    """A mainland mobile number in one spelling, or nothing."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            return phone_from(text).value if text else ""
        except BadContact as error:
            raise forms.ValidationError(str(error)) from None


class ContactForm(forms.Form):
    """How the merchant reaches a distributor. All of it is optional; one way has to be left."""

    wechat = forms.RegexField(
        r"^[A-Za-z][-_A-Za-z0-9]{5,19}$|^1[3-9]\d{9}$",
        label=_("微信号"),
        max_length=20,
        required=False,
        error_messages={"invalid": _("微信号是 6–20 位字母、数字、下划线或减号，以字母开头。")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    phone = OptionalPhoneField(
        label=_("联系电话"),
        max_length=20,
        required=False,
        help_text=_("留空就用你登录的手机号。"),
    )
    city = forms.CharField(
        label=_("所在城市"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    introduction = forms.CharField(
        label=_("自我介绍"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("打算在哪里分享、熟悉哪些商品。只有商家看得到。"),
    )

    def contact(self) -> Contact:
        """What was filled in; only after `is_valid()`."""
        names = ("wechat", "phone", "city", "introduction")
        return Contact(**{name: self.cleaned_data[name] for name in names})


class Agreeing(forms.Form):
    """A tick under the version of the agreement that was shown; without one nothing was read."""

    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    def ask_again(self, version: str) -> None:
        """Another version is in force: it is the one to be ticked now, and nothing is ticked yet."""
        kept = {name: value for name, value in self.data.items() if name != "agree"}
        self.data = kept | {"version": version}


class JoinForm(Agreeing, ContactForm):
    agree = forms.BooleanField(
        label=_("我已阅读并同意《分销协议》"),
        error_messages={"required": _("请先阅读并同意《分销协议》。")},
    )


class AcceptForm(Agreeing):
    next = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)
    agree = forms.BooleanField(
        label=_("我已阅读并同意新版《分销协议》"),
        error_messages={"required": _("请先阅读并同意《分销协议》。")},
    )


class ResignForm(forms.Form):
    reason = forms.CharField(
        label=_("退出原因"),
        max_length=200,
        required=False,
        help_text=_("商家看得到，不写也可以。"),
    )
    sure = forms.BooleanField(
        label=_("我知道链接会失效、不再产生新佣金，确定退出"),
        error_messages={"required": _("请先确认你知道退出之后会怎样。")},
    )


class StoryForm(forms.Form):
    display_name = forms.CharField(
        label=_("公开的名字"),
        max_length=20,
        help_text=_("可以用昵称，不必用真名。"),
    )
    text = forms.CharField(
        label=_("你的故事"),
        min_length=10,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("怎么开始的、分享什么、有什么体会。不写收入多少，金额由页面从账本读出。"),
    )
    consent = forms.BooleanField(
        label=_("我同意在招募页公开这个名字、这段话，以及我上个月实际结算的金额和订单数"),
        error_messages={"required": _("公开之前需要你的同意。")},
    )


class ProspectForm(forms.Form):
    """The query of the estimate: everything it assumes, for the reader to change."""

    orders = forms.IntegerField(
        label=_("每月成交订单"),
        min_value=0,
        max_value=10000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    average = forms.DecimalField(
        label=_("平均每单（元）"),
        min_value=Decimal("0.01"),
        max_value=Decimal(100000),
        max_digits=8,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )
    share = forms.DecimalField(
        label=_("其中来自你带来的分销商（%）"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "1"}),
    )
    category = forms.ChoiceField(label=_("分享什么"), required=False)

    def __init__(
        self, *args: Any, shelves: Iterable[Shelf], asks_share: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not asks_share:
            del self.fields["share"]
        choices = [(shelf.category.slug, shelf.category.title) for shelf in shelves]
        cast(forms.ChoiceField, self.fields["category"]).choices = [("", _("全店商品")), *choices]


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
        help_text=_("粘贴商城里任何页面的地址，或者在下面查找商品；留空为首页。"),
    )

    def clean_target(self) -> str:
        return self.cleaned_data["target"] or "/"


class LinkNameForm(forms.Form):
    channel = forms.CharField(label=_("渠道名称"), max_length=40)


class FiguresFilter(DatedFilter):
    """Which rows, and what they brought in which days."""

    aside = ("since", "until")


class LinkFilter(FiguresFilter):
    state = forms.ChoiceField(
        choices=[("", _("使用中")), ("archived", _("已收起")), ("all", _("全部"))],
        label=_("状态"),
    )
    q = words_field(_("渠道、商品或链接码"), max_length=60)

    ARCHIVED = {"": False, "archived": True, "all": None}

    def wanted(self) -> dict[str, Any]:
        wanted = super().wanted()
        return wanted | {"archived": self.ARCHIVED[wanted["state"]]}


class CodeFilter(FiguresFilter):
    state = forms.ChoiceField(
        choices=[("", _("全部")), ("active", _("使用中")), ("stopped", _("已停用"))],
        label=_("状态"),
    )
    q = words_field(_("优惠码"), max_length=60)

    ACTIVE = {"": None, "active": True, "stopped": False}

    def wanted(self) -> dict[str, Any]:
        wanted = super().wanted()
        return wanted | {"is_active": self.ACTIVE[wanted["state"]]}


class PosterForm(forms.Form):
    """What a poster is to show. The page offers only what there is; the rest is left out."""

    layout = forms.ChoiceField(choices=Layout.choices, required=False)
    product = forms.IntegerField(min_value=1, max_value=10**17, required=False)
    link = forms.CharField(max_length=20, required=False)
    line = forms.CharField(
        label=_("你的一句话"),
        max_length=LONGEST_LINE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("不写就用默认的。表情符号不会印在海报上。"),
    )


def level_field() -> forms.TypedChoiceField:
    """One of the two levels as a number; None for both."""
    return forms.TypedChoiceField(
        choices=[("", _("两级")), ("1", _("一级")), ("2", _("二级"))],
        coerce=int,
        empty_value=None,
        label=_("级别"),
    )


class OrderFilter(DatedFilter):
    """Orders that earn, or their commissions."""

    level = level_field()
    q = words_field(_("订单号"))


class CommissionFilter(OrderFilter):
    chips = ("state",)
    field_order = ("state",)

    state = forms.ChoiceField(choices=[("", _("全部")), *CommissionState.choices], label=_("状态"))


class LinesFilter(ListFilter):
    """Of a statement's lines."""

    searched = "number"

    kind = forms.ChoiceField(choices=[("", _("全部事项")), *Transfer.Kind.choices], label=_("事项"))
    q = words_field(_("订单或结算单号"))


class DebtFilter(DatedFilter):
    """Of what a debt is made of."""

    searched = "number"

    state = forms.ChoiceField(
        choices=[("", _("全部")), (Repaid.NO, _("还没补平")), (Repaid.YES, _("已补平"))],
        label=_("是否补平"),
    )
    q = words_field(_("订单或退款单号"))


class TeamFilter(ListFilter):
    kept = aside = ("group",)

    group = forms.ChoiceField(choices=Group.choices, label=_("分组"))
    q = words_field(_("姓名、姓，或手机尾号四位"), max_length=LONGEST_SEARCH)


class SelectionFilter(ListFilter):
    chips = aside = ("sort",)

    sort = forms.ChoiceField(choices=Sort.choices, label=_("排序"))
    q = words_field(_("商品名称"))


class GoodsFilter(ListFilter):
    """Which product to make a link or a poster for."""

    q = words_field(_("商品名称"), max_length=60)


class TimelineFilter(DatedFilter):
    """What happened, how it was decided, and when."""

    kind = forms.ChoiceField(choices=[("", _("全部事项")), *Trace.Kind.choices], label=_("事项"))
    decision = forms.ChoiceField(
        choices=[("", _("全部结果")), *Trace.Decision.choices], label=_("结果")
    )
    q = words_field(_("事项、结果或原因里的字"))

    def narrow(self, traces: QuerySet[Trace], named: Callable[[str], Q]) -> QuerySet[Trace]:
        """`named`: what the reader may read, by words."""
        wanted = self.wanted()
        words = wanted.pop("search")
        return in_stretch(traces.filter(named(words)) if words else traces, **wanted)
