"""Finding messages, and choosing which topics also come by SMS and mail."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from base.accounts.models import User
from base.inbox import topics
from base.models import NoticeChoice


class InboxFilter(forms.Form):
    """The query of the inbox; what makes no sense is left out."""

    topic = forms.CharField(max_length=20, required=False)
    unread = forms.BooleanField(required=False)
    q = forms.CharField(max_length=40, required=False)

    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        topic = self.cleaned_data.get("topic", "")
        return {
            "topic": topic if topic in topics else "",
            "is_unread": bool(self.cleaned_data.get("unread")),
            "search": self.cleaned_data.get("q", "").strip(),
        }


class ChoiceForm(forms.Form):
    sms = forms.MultipleChoiceField(
        label=_("也用短信通知"), required=False, widget=forms.CheckboxSelectMultiple
    )
    email = forms.MultipleChoiceField(
        label=_("也用邮件通知"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, user: User, data: QueryDict | None, choice: NoticeChoice | None) -> None:
        initial = {"sms": choice.sms, "email": choice.email} if choice else {}
        super().__init__(data, initial=initial)
        offered = [(code, str(label)) for code, label in topics.items()]
        for name, contact, missing in (
            ("sms", user.phone, _("绑定手机号后可选。")),
            ("email", user.email, _("绑定邮箱后可选。")),
        ):
            field = self.fields[name]
            field.choices = offered if contact else []  # type: ignore[attr-defined]  # a choice field
            field.help_text = "" if contact else missing
