from django import forms
from django.utils.translation import gettext_lazy as _

from orders.cart import MAX_QUANTITY


class AddForm(forms.Form):
    """What to put into the cart."""

    variant = forms.IntegerField(error_messages={"required": _("请选择规格。")})
    quantity = forms.IntegerField(
        min_value=1,
        max_value=MAX_QUANTITY,
        error_messages={
            "required": _("请填写数量。"),
            "min_value": _("数量至少为 1。"),
            "max_value": _("一种规格一次最多买 %(limit_value)d 件。"),
        },
    )


class QuantityForm(forms.Form):
    """How many a line holds; 0 takes it out."""

    quantity = forms.IntegerField(
        min_value=0,
        max_value=MAX_QUANTITY,
        error_messages={
            "required": _("请填写数量。"),
            "max_value": _("一种规格一次最多买 %(limit_value)d 件。"),
        },
    )
