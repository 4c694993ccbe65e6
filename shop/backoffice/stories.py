"""Success stories in the back office: read, chosen, and shown with what the ledger says."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from base.money import ZERO
from distribution.models import Entry, Story, Transfer
from distribution.programme.stories import decline_story, last_full_month, publish_story
from distribution.states import STORY_TRANSITIONS, Account, StoryState
from shop.backoffice.actions import ReadOnlyAdmin, ReasonForm, button, merchant

STORY_COLOURS = {
    StoryState.SUBMITTED: "warning",
    StoryState.PUBLISHED: "success",
    StoryState.DECLINED: "danger",
    StoryState.WITHDRAWN: "",
}


PUBLISHED = ("position", "display_name_en", "text_en")


class PublishForm(BaseDialogForm):
    """Shows the words that would be published, and remembers which they were."""

    form_before_template = "backoffice/story_words.html"

    seen = forms.CharField(max_length=40, widget=forms.HiddenInput)
    position = forms.IntegerField(
        label=_("排序（小的在前）"),
        min_value=0,
        max_value=99,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    display_name_en = forms.CharField(
        label=_("英文名字（选填）"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    text_en = forms.CharField(
        label=_("英文译文（选填，不写则英文页显示中文原文）"),
        max_length=800,
        required=False,
        widget=UnfoldAdminTextareaWidget,
    )

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kw: Any) -> None:
        super().__init__(request, object_id, *args, **kw)
        is_key = str(object_id).isdecimal()
        self.story = Story.objects.filter(pk=object_id).first() if is_key else None
        if self.story is not None:
            self.initial = {name: getattr(self.story, name) for name in ("version", *PUBLISHED)}
            self.initial["seen"] = self.initial.pop("version")

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> Any:
        return {"story": self.story}


@admin.register(Story)
class StoryAdmin(ReadOnlyAdmin):
    """Who agreed to be shown; the figures beside each are the ledger's, of the last whole month."""

    list_display = ["display_name", "distributor", "state_label", "text", "paid", "position", "consented_at"]  # fmt: skip
    list_filter = ["state", "consented_at"]
    list_select_related = ["distributor__user"]
    search_fields = ["display_name", "text", "distributor__code", "distributor__user__name", "distributor__user__phone"]  # fmt: skip
    actions_detail = ["publish", "decline"]
    readonly_fields = ["paid"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        month = last_full_month(timezone.now())
        settled = (
            Entry.objects.filter(
                distributor=OuterRef("pk"),
                account=Account.RESERVED,
                transfer__kind=Transfer.Kind.SETTLE,
                transfer__at__gte=month.starts_at,
                transfer__at__lt=month.ends_at,
            )
            .order_by()
            .values("distributor")
            .values(total=Sum("amount"))
        )
        rows = super().get_queryset(request)
        return rows.annotate(paid_total=Coalesce(Subquery(settled), ZERO))

    @display(description=_("状态"), ordering="state", label=STORY_COLOURS)
    def state_label(self, story: Story) -> tuple[str, str]:
        return story.state, story.get_state_display()

    @display(description=_("上月实际结算"), ordering="paid_total")
    def paid(self, story: Any) -> Decimal:
        return -story.paid_total or ZERO

    @button(
        _("公开"),
        text=_("本人同意的名字和文字会出现在招募页，旁边是账本里上个月实际结算的金额。"),
        form=PublishForm,
        icon="visibility",
        when=lambda story: StoryState.PUBLISHED in STORY_TRANSITIONS[StoryState(story.state)],
    )
    def publish(self, request: HttpRequest, story: Story, form: PublishForm) -> Any:
        values = {name: form.cleaned_data[name] for name in PUBLISHED}
        seen = form.cleaned_data["seen"]
        publish_story(story, by=merchant(request), seen=seen, **values)
        return _("已公开。")

    @button(
        _("不采用 / 撤下"),
        text=_("原因会告诉本人；对方可以修改后再提交。"),
        form=ReasonForm,
        icon="visibility_off",
        when=lambda story: StoryState.DECLINED in STORY_TRANSITIONS[StoryState(story.state)],
    )
    def decline(self, request: HttpRequest, story: Story, form: ReasonForm) -> Any:
        decline_story(story, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("不再公开。")
