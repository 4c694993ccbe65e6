from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.listing import SORTS


@dataclass(frozen=True)
class Wanted:
    sort: str = ""
    lowest: Decimal | None = None
    highest: Decimal | None = None
    in_stock: bool = False


class FilterForm(forms.Form):
    """How a list is ordered and narrowed; what makes no sense is left out instead of refused."""

    sort = forms.ChoiceField(
        choices=[(key, name) for key, (name, _order) in SORTS.items()], required=False
    )
    lowest = forms.DecimalField(
        label=_("最低价"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    highest = forms.DecimalField(
        label=_("最高价"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    in_stock = forms.BooleanField(label=_("只看有货"), required=False)

    def wanted(self) -> Wanted:
        self.is_valid()
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if value})

    @property
    def is_filtering(self) -> bool:
        wanted = self.wanted()
        return wanted != Wanted(sort=wanted.sort)
