"""What people write to the shop, and what the merchant's people answer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.accounts.models import User
from base.filters import ListFilter, words_field
from base.private_files import CheckedPicture, NotAPicture, check_picture
from base.templatetags.shop import money
from distribution.models import Commission
from orders.models import Order
from shop.support.models import CannedReply, Ticket
from shop.support.states import TicketState
from shop.support.tickets import MOST_PICTURES


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several pictures, each checked and drawn anew."""

    widget = ManyFilesInput

    def __init__(self, **options: Any) -> None:
        accept = {"accept": "image/jpeg,image/png,image/webp"}
        super().__init__(widget=ManyFilesInput(attrs=accept), **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        uploads: Sequence[Any] = data if isinstance(data, list | tuple) else [data] if data else []
        if len(uploads) > MOST_PICTURES:
            raise forms.ValidationError(
                _("一次最多 %(count)d 张图片。"), params={"count": MOST_PICTURES}
            )
        return [self._checked(upload) for upload in uploads]

    def _checked(self, upload: Any) -> CheckedPicture:
        upload = super().clean(upload)
        try:
            return check_picture(upload)
        except NotAPicture as refusal:
            raise forms.ValidationError(str(refusal)) from None


class SaidForm(forms.Form):
    """A text with pictures; `token` makes a form sent twice one message."""

    text = forms.CharField(
        label=_("内容"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    pictures = PicturesField(
        label=_("图片"), required=False, help_text=_("最多 6 张，只有你和客服看得到。")
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)

    def said(self) -> dict[str, Any]:
        """Only after `is_valid()`."""
        token: UUID | None = self.cleaned_data["token"]
        return {
            "text": self.cleaned_data["text"],
            "pictures": self.cleaned_data["pictures"],
            "token": token,
        }


class TicketForm(SaidForm):
    """A new question; orders and commissions are offered from the person's own alone."""

    subject = forms.CharField(label=_("标题"), max_length=80)
    category = forms.ChoiceField(label=_("类型"), choices=Ticket.Category.choices)
    order = forms.ModelChoiceField(
        Order.objects.none(), label=_("相关订单"), required=False, to_field_name="number"
    )
    commission = forms.ModelChoiceField(
        Commission.objects.none(), required=False, widget=forms.HiddenInput
    )
    field_order = ["category", "subject", "order", "commission", "text", "pictures", "token"]

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Order.objects.filter(user=user)
        # All of one's own are accepted; the list offers the latest.
        self.fields["order"].queryset = own  # type: ignore[attr-defined]  # a choice of rows
        named = self.data.get("order") or self.initial.get("order") or ""
        latest = list(own.order_by("-placed_at")[:20].values_list("number", "placed_at"))
        known = {number for number, _placed in latest}
        if named and named not in known and "\x00" not in named:
            latest += own.filter(number=named).values_list("number", "placed_at")
        self.fields["order"].choices = [  # type: ignore[attr-defined]  # as above
            ("", _("不关联订单")),
            *((number, f"{placed:%Y-%m-%d} · {number}") for number, placed in latest),
        ]
        commissions = Commission.objects.filter(payee=user.pk).select_related("order", "line")
        self.fields["commission"].queryset = commissions  # type: ignore[attr-defined]  # as above
        self.about = self._named_commission()

    def _named_commission(self) -> Commission | None:
        """What the question is about; a link that names nothing of theirs asks about nothing."""
        named = self.data.get("commission") or self.initial.get("commission")
        try:
            found: Commission | None = self.fields["commission"].clean(named)
        except forms.ValidationError:
            found = None
        if found is None:
            self.initial.pop("commission", None)
        elif not self.is_bound:
            words = {"order": found.order.number, "amount": money(found.amount_at_payment)}
            self.initial["category"] = Ticket.Category.COMMISSION
            self.initial["subject"] = gettext("订单 %(order)s 的佣金 %(amount)s") % words
        return found


class TicketFilter(ListFilter):
    chips = ("state",)

    state = forms.ChoiceField(label=_("状态"), choices=[("", _("全部")), *TicketState.choices])
    q = words_field(_("工单号、标题、说过的话"))


class AnnouncementFilter(ListFilter):
    chips = ("unread",)

    unread = forms.ChoiceField(label=_("状态"), choices=[("", _("全部")), ("1", _("未读"))])
    q = words_field(_("公告里的字"))

    def wanted(self) -> dict[str, Any]:
        wanted = super().wanted()
        return {"is_unread": bool(wanted["unread"]), "search": wanted["search"]}


class AnswerForm(SaidForm):
    """The merchant's answer: a canned one, words of one's own, or one after the other."""

    canned = forms.ModelChoiceField(CannedReply.objects.all(), label=_("快捷回复"), required=False)
    state = forms.ChoiceField(
        label=_("回复后"),
        choices=[
            (TicketState.ANSWERED, _("已回复")),
            (TicketState.WAITING, _("等顾客补充")),
        ],
        initial=TicketState.ANSWERED,
    )
    field_order = ["canned", "text", "pictures", "state", "token"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        canned = values.get("canned")
        parts = [canned.body if canned else "", values.get("text", "")]
        values["text"] = "\n\n".join(part for part in parts if part)
        if not values["text"]:
            self.add_error("text", _("请选一条快捷回复，或写下内容。"))
        return values
