"""What buyers fill in: checkout, choosing how to pay, asking for money back."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.accounts.forms.profile import AddressForm
from base.accounts.models import Address
from base.filters import ListFilter, words_field
from base.money import ZERO
from orders.checkout import Item
from orders.models import Refund
from orders.refunds import Part, Refundable
from orders.registries import redemptions
from orders.states import OrderState

ITEM = re.compile(r"(\d{1,12}):(\d{1,4})")
NEW_ADDRESS = "new"


def read_items(values: Iterable[str]) -> list[Item]:
    """`variant:quantity` pairs of a form or an address; what is not one is left out."""
    found = (ITEM.fullmatch(value) for value in values)
    return [Item(int(match[1]), int(match[2])) for match in found if match]


class CheckoutForm(forms.Form):
    """Where to send it, a note, and what the buyer saw. The address may be a new one."""

    address = forms.CharField(required=False)
    note = forms.CharField(
        label=gettext_lazy("订单备注"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    coupon = forms.CharField(max_length=20, required=False)
    promo_code = forms.CharField(
        label=gettext_lazy("优惠码或推广码"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    expected_total = forms.DecimalField(max_digits=12, decimal_places=2)
    token = forms.CharField(max_length=40)

    def __init__(self, data: QueryDict | None, addresses: Sequence[Address], province: str) -> None:
        super().__init__(data)
        self.addresses = addresses
        choice = data.get("address", "") if data else ""
        self.chosen = next((a for a in addresses if str(a.pk) == choice), None)
        self.is_new = choice == NEW_ADDRESS
        self.new_address = AddressForm(
            data if self.is_new else None,
            initial={"province": province},
            use_required_attribute=False,
        )
        if "promo_code" not in redemptions:
            del self.fields["promo_code"]

    def choices(self) -> dict[str, str]:
        """What the buyer chose or typed for a discount, by its source; only after `is_valid()`."""
        return {name: self.cleaned_data[name] for name in redemptions}

    def clean(self) -> dict[str, Any]:
        if self.is_new and not self.new_address.is_valid():
            self.add_error("address", _("请把收货地址填写完整。"))
        return self.cleaned_data


def _money_field(most: Decimal, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        min_value=ZERO,
        max_value=most,
        decimal_places=2,
        required=False,
        error_messages={"max_value": _("最多可退 ¥%(limit_value)s。")},
        **options,
    )


class RefundForm(forms.Form):
    """For each line: whether, how many pieces, how much; empty money = fair for the pieces."""

    reason = forms.ChoiceField(label=gettext_lazy("退款原因"), choices=Refund.Reason.choices)
    note = forms.CharField(
        label=gettext_lazy("补充说明"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        data: QueryDict | None,
        lines: Sequence[Refundable],
        shipping: Decimal,
        only: int | None,
    ) -> None:
        super().__init__(data)
        self.lines = lines
        self.shipping = shipping
        for found in lines:
            self._add_line(found, is_chosen=only in (None, found.line.pk))
        if shipping:
            self.fields["shipping"] = _money_field(shipping, initial=ZERO)

    def _add_line(self, found: Refundable, *, is_chosen: bool) -> None:
        key = found.line.pk
        self.fields[f"chosen_{key}"] = forms.BooleanField(required=False, initial=is_chosen)
        self.fields[f"quantity_{key}"] = forms.IntegerField(
            min_value=0,
            max_value=found.quantity,
            required=False,
            initial=found.quantity,
            error_messages={"max_value": _("最多可退 %(limit_value)d 件。")},
        )
        self.fields[f"amount_{key}"] = _money_field(found.amount)

    def parts(self) -> list[Part]:
        """What is asked back; only after `is_valid()`."""
        data = self.cleaned_data
        return [
            Part(found.line.pk, pieces, found.amount_for(pieces) if amount is None else amount)
            for found in self.lines
            if data[f"chosen_{found.line.pk}"]
            for pieces in [data[f"quantity_{found.line.pk}"] or 0]
            for amount in [data[f"amount_{found.line.pk}"]]
        ]

    def shipping_amount(self) -> Decimal:
        return self.cleaned_data.get("shipping") or ZERO


class CouponFilter(ListFilter):
    """Which coupons: those that can be used, or those that cannot any more."""

    PAST = "past"

    chips = ("state",)
    chip_look = "tabs"
    aside = ("state",)

    state = forms.ChoiceField(
        label=gettext_lazy("优惠券状态"),
        choices=[("", gettext_lazy("可使用")), (PAST, gettext_lazy("已用或已过期"))],
    )
    q = words_field(gettext_lazy("名称、原因或订单号"))


class OrderFilter(ListFilter):
    """Which orders to list: a state, "after_sale", and words to look for."""

    AFTER_SALE = "after_sale"

    chips = ("state",)
    chip_look = "tabs"

    state = forms.ChoiceField(
        label=gettext_lazy("订单状态"),
        choices=[
            ("", gettext_lazy("全部")),
            *OrderState.choices,
            (AFTER_SALE, gettext_lazy("售后")),
        ],
    )
    q = words_field(gettext_lazy("订单号或商品名"), max_length=60)
