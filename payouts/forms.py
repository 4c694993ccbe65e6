"""What distributors ask of their payouts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from base.filters import DatedFilter, ListFilter, words_field
from distribution.forms import level_field
from payouts.states import PayoutState


class PayoutFilter(DatedFilter):
    chips = ("state",)

    state = forms.ChoiceField(label=_("状态"), choices=[("", _("全部")), *PayoutState.choices])
    q = words_field(_("结算单号"))


class PartFilter(ListFilter):
    """Of which commissions a payout is made."""

    level = level_field()
    q = words_field(_("订单号或商品名"), max_length=60)
