from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.filters import ListFilter
from catalog.listing import SORTS


class ProductFilter(ListFilter):
    """How a list of goods is ordered and narrowed; templates/catalog/list.html is its box."""

    aside = ("sort",)

    sort = forms.ChoiceField(
        label=gettext_lazy("排序"),
        choices=[(key, name) for key, (name, _order) in SORTS.items()],
    )
    lowest = forms.DecimalField(
        label=gettext_lazy("最低价"), min_value=0, max_digits=12, decimal_places=2
    )
    highest = forms.DecimalField(
        label=gettext_lazy("最高价"), min_value=0, max_digits=12, decimal_places=2
    )
    in_stock = forms.BooleanField(label=gettext_lazy("只看有货"))

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        lowest, highest = values.get("lowest"), values.get("highest")
        if lowest is not None and highest is not None and highest < lowest:
            self.add_error("highest", _("比最低价还低。"))
            values.pop("lowest")
        return values
