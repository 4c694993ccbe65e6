"""How the programme is called, and what of the ranking is public: one row, one form."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from distribution.desk.wording import CannotRename, change_presentation, require_sense
from distribution.models import Presentation
from shop.backoffice.actions import OneRowAdmin, merchant


class PresentationForm(ModelForm):
    class Meta:
        model = Presentation
        fields = ["programme", "person", "programme_en", "person_en", "people_en", "ranking"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                require_sense(Presentation(pk=1, **values))
            except CannotRename as refusal:
                raise ValidationError(str(refusal)) from None
        return values


@admin.register(Presentation)
class PresentationAdmin(OneRowAdmin):
    form = PresentationForm
    fieldsets = [
        (
            _("称呼"),
            {
                "fields": [("programme", "person"), ("programme_en", "person_en", "people_en")],
                "description": _(
                    "例如把“分销”改成“推荐”、“分销商”改成“推荐官”。几秒后，所有页面、通知和海报都用新叫法；"
                    "已签的协议是法律文本，保持原样；已经发出的通知、已下订单上的优惠名称和操作记录是当时的原话，"
                    "也不再改。全部留空就恢复原来的叫法。"
                ),
            },
        ),
        (_("排行"), {"fields": ["ranking"]}),
    ]

    def save_model(
        self, request: HttpRequest, obj: Presentation, form: ModelForm, change: bool
    ) -> None:
        change_presentation(by=merchant(request), **form.cleaned_data)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit log has it."""
