"""Finding messages, and choosing which topics also come by SMS and mail."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from base.accounts.models import User
from base.filters import ListFilter, words_field
from base.inbox import topics
from base.models import NoticeChoice


class InboxFilter(ListFilter):
    """Messages of a topic, or those not read yet."""

    UNREAD = "unread"  # no topic is called so

    chips = ("topic",)

    topic = forms.ChoiceField(
        label=_("主题"),
        choices=lambda: [("", _("全部")), (InboxFilter.UNREAD, _("未读")), *topics.items()],
    )
    q = words_field(_("订单号、金额、商品名"))

    def wanted(self) -> dict[str, Any]:
        wanted = super().wanted()
        is_unread = wanted["topic"] == self.UNREAD
        return wanted | {"is_unread": is_unread, "topic": "" if is_unread else wanted["topic"]}


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
