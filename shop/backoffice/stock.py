"""Stock typed by hand, while the shop goes on selling.

What is saved is the difference between what the merchant saw and what they typed, on top of what
is there now: a sale between opening the page and saving it is not lost.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from catalog.stock import lock_variants


class StockForm(ModelForm):
    """The page carries along the stock it showed; the row is locked before the form is read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stock = self.fields.get("stock")
        if stock is not None:
            stock.show_hidden_initial = True

    def clean_stock(self) -> int:
        typed: int = self.cleaned_data["stock"]
        if typed < 0:
            raise ValidationError(_("库存不能为负。"))
        there = self.instance.stock
        left = there + typed - self._seen(there)
        if left < 0:
            raise ValidationError(
                _("期间又有卖出，现在只剩 %(there)d 件，请刷新后再改。") % {"there": there}
            )
        return left

    def _seen(self, there: int) -> int:
        """What the page showed; a caller that does not say has seen what is there."""
        text = self.data.get(self.add_initial_prefix("stock"), "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else there


class LocksStock:
    """Before an admin page: a POST locks the variants it may write, in key order, and only then
    reads them."""

    def variants_of(self, request: HttpRequest, object_id: str | None) -> list[int]:
        raise NotImplementedError

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        with transaction.atomic():
            self._lock(request, object_id)
            return super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]  # a ModelAdmin follows

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            self._lock(request, None)
            return super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]  # a ModelAdmin follows

    def _lock(self, request: HttpRequest, object_id: str | None) -> None:
        if request.method == "POST":
            lock_variants(self.variants_of(request, object_id))
