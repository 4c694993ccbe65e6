from django import forms
from django.utils.translation import gettext_lazy as _

from base.accounts.addresses import Place
from base.accounts.forms.fields import PhoneField
from base.accounts.models import Address
from base.accounts.regions import PROVINCES


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("称呼"),
        max_length=60,
        required=False,
        help_text=_("下单和推广页上怎么称呼你，可以不填真名。"),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )


class AddressForm(forms.Form):
    recipient = forms.CharField(
        label=_("收货人"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("请填写收货人。")},
    )
    phone = PhoneField(label=_("手机号"), error_messages={"required": _("请填写收货人的手机号。")})
    province = forms.ChoiceField(
        label=_("省份"),
        choices=[("", _("请选择")), *((name, name) for name in PROVINCES)],
        widget=forms.Select(attrs={"autocomplete": "address-level1"}),
        error_messages={"required": _("请选择省份。")},
    )
    city = forms.CharField(
        label=_("城市"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
        error_messages={"required": _("请填写城市。")},
    )
    district = forms.CharField(
        label=_("区县"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level3"}),
    )
    street = forms.CharField(
        label=_("详细地址"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "street-address"}),
        help_text=_("街道、小区、楼栋和门牌号。"),
        error_messages={"required": _("请填写详细地址。")},
    )

    @classmethod
    def of(cls, address: Address) -> "AddressForm":
        """The form filled with an address that is there already."""
        return cls(initial={name: getattr(address, name) for name in cls.base_fields})

    def place(self) -> Place:
        """What was filled in; only after `is_valid()`."""
        data = self.cleaned_data
        return Place(
            recipient=data["recipient"],
            phone=data["phone"].value,
            province=data["province"],
            city=data["city"],
            district=data["district"],
            street=" ".join(data["street"].split()),
        )
