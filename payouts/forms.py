"""What distributors ask of their payouts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payouts.states import PayoutState


class PayoutFilter(forms.Form):
    """The query of the list; what makes no sense is left out."""

    state = forms.ChoiceField(choices=[("", _("全部")), *PayoutState.choices], required=False)
    q = forms.CharField(max_length=40, required=False)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)

    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        values = self.cleaned_data
        return {
            "state": values.get("state", ""),
            "number": values.get("q", "").strip(),
            "since": values.get("since"),
            "until": values.get("until"),
        }
