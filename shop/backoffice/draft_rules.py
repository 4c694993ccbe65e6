"""The rules of a draft: written with the same form as live ones, and part of no shop yet."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from distribution.editor.change_sets import CONTENT_WORDS, Kind, draft_addition, edit_draft_change
from distribution.editor.rule_words import rule_sentence
from distribution.models import ChangeSet, RuleChange
from distribution.states import ChangeSetState
from shop.backoffice.actions import SaysRefusals, change_address, merchant
from shop.backoffice.percents import InPercents
from shop.backoffice.rule_forms import RuleChangeForm
from shop.backoffice.rules import CONTENT_FIELDSETS, TARGET_SHOWN


@admin.register(RuleChange)
class RuleChangeAdmin(InPercents, SaysRefusals):
    """A rule of a draft; its list is the draft's page."""

    form = RuleChangeForm
    list_display = ["change_set", "kind", "words"]
    list_select_related = ["change_set", *CONTENT_WORDS]
    list_filter = ["kind"]
    search_fields = ["change_set__name", "product__name", "variant__sku"]
    autocomplete_fields = ["category", "product", "variant", "distributor"]
    conditional_fields = TARGET_SHOWN
    fieldsets = [*CONTENT_FIELDSETS, (None, {"fields": ["seen_revision"]})]
    change_form_before_template = "backoffice/rule_live.html"
    percents = ("rate1", "rate2")
    show_full_result_count = False

    class Media:
        js = ["js/backoffice.js"]

    @display(description=_("规则"))
    def words(self, change: RuleChange) -> str:
        return rule_sentence(change)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_fixed = isinstance(obj, RuleChange) and (
            obj.kind == Kind.END or obj.change_set.state != ChangeSetState.DRAFT
        )
        return request.user.has_perm("distribution.change_changeset") and not is_fixed

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("distribution.change_changeset")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("distribution.view_changeset")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new rule belongs to the draft that is named in the address."""
        key = request.GET.get("draft", "")
        draft = ChangeSet.objects.filter(pk=key).first() if key.isdecimal() else None
        if draft is None:
            messages.error(request, _("请先打开一份草稿，再加规则。"))
            return HttpResponseRedirect(reverse("admin:distribution_changeset_changelist"))
        return super().add_view(
            request,
            form_url,
            (extra_context or {}) | {"title": _("草稿“%(name)s”：新规则") % {"name": draft}},
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            edit_draft_change(
                RuleChange.objects.get(pk=obj.pk),
                by=merchant(request),
                revision=form.cleaned_data["seen_revision"],
                **form.content,
            )
            return
        draft = ChangeSet.objects.get(pk=request.GET["draft"])
        saved = draft_addition(draft, by=merchant(request), **form.content)
        obj.pk, obj.change_set = saved.pk, draft

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = self.get_object(request, object_id) if object_id else None
        context = (extra_context or {}) | {
            "sentence": rule_sentence(found) if found else "",
            "old_rule": found.rule_id if found else None,
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().changeform_view(request, object_id, form_url, context)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(change_address(obj.change_set))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(change_address(obj.change_set))
