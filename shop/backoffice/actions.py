"""Buttons of the back office: each opens a dialog, posts it, and makes one domain call.

A domain error becomes a message in the merchant's language and changes nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextInputWidget,
)

from base.accounts.models import User
from base.errors import DomainError
from base.words import told

# What a button does: a method `(self, request, obj, form)` that returns what to say afterwards.
Act = Callable[..., Any]
Chosen = TypeVar("Chosen")
Done = TypeVar("Done")


def merchant(request: HttpRequest) -> User:
    """Who is at work; the admin lets nobody in who is not signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class ReasonForm(BaseDialogForm):
    reason = forms.CharField(label=_("原因"), max_length=200, widget=UnfoldAdminTextInputWidget)


class FinalForm(ReasonForm):
    """For what nobody can take back: the dialog says so, and its button is red."""

    form_before_template = "backoffice/final.html"


def moment_in_dialog() -> forms.SplitDateTimeWidget:
    """The browser's own pickers: the admin's calendar does not come along into a dialog."""
    classes = " ".join(INPUT_CLASSES)
    return forms.SplitDateTimeWidget(
        date_format="%Y-%m-%d",
        time_format="%H:%M",
        date_attrs={"type": "date", "class": classes},
        time_attrs={"type": "time", "class": f"{classes} mt-2"},
    )


def day_in_dialog() -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs={"type": "date"})


class AmountForm(BaseDialogForm):
    amount = forms.DecimalField(
        label=_("金额"), max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )


def button(
    label: Any,
    *,
    text: Any = "",
    form: type[BaseDialogForm] = BaseDialogForm,
    icon: str | None = None,
    permission: str = "change",
    to: Callable[[Any], str] | None = None,
    when: Callable[[Any], bool] | None = None,
) -> Callable[[Act], Any]:
    """Make a method `(self, request, obj, form) -> message` a button of an object's page.

    It leads back to that page, or to what `to` says when the object is gone from it. `when` says
    for which objects it is offered; whoever presses it late is still answered by the domain.
    """

    words = {"title": label, "description": text, "form_submit_text": label}

    def decorate(act: Act) -> Any:
        def run(self: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.get_object(request, object_id)
            if obj is None:
                gone = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
                return back_to(request, gone["Location"])
            asked = form(data=request.POST or None, request=request, object_id=object_id)
            if not asked.is_valid():
                return _dialog(self, request, obj, words | {"form": asked})
            try:
                done = act(self, request, obj, asked)
            except (DomainError, ValidationError) as error:
                messages.error(request, refusal(error))
                return back_to(request, change_address(obj))
            messages.success(request, str(done or _("已完成。")))
            return back_to(request, to(obj) if to else change_address(obj))

        run.__name__ = act.__name__
        made = action(description=label, icon=icon, permissions=[permission])(run)
        made.dialog = words  # the theme opens it over the page
        made.when = when
        return made

    return decorate


def _dialog(
    page: ModelAdmin, request: HttpRequest, obj: models.Model, words: dict[str, Any]
) -> HttpResponse:
    """Over the object's page for htmx; as a page of its own for an address that was opened."""
    context = words | {"dialog": words}
    if request.headers.get("HX-Request"):
        return render(request, "unfold/helpers/dialog.html", context)
    context |= page.admin_site.each_context(request) | {
        "opts": page.opts,
        "object": obj,
        "back": change_address(obj),
    }
    return render(request, "backoffice/dialog.html", context)


def do_each(
    request: HttpRequest, rows: Iterable[Chosen], act: Callable[[Chosen], Done]
) -> list[Done]:
    """Each by itself: what is refused is named with its reason, and the others go on. Returns what
    was done."""
    done = []
    for row in rows:
        try:
            done.append(act(row))
        except DomainError as error:
            messages.error(request, f"{row}: {error}")
    return done


def refusal(error: DomainError | ValidationError) -> str:
    """What a refused act says to whoever tried it."""
    return "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def change_address(obj: models.Model) -> str:
    return reverse(f"admin:{_named_page(obj, 'change')}", args=[obj.pk])


def lead_to(page: ModelAdmin, request: HttpRequest, object_id: str, view: str) -> HttpResponse:
    """From a button to a page about its object; back to the list when there is no such object."""
    obj = page.get_object(request, object_id)
    if obj is None:
        return page._get_obj_does_not_exist_redirect(request, page.opts, object_id)
    return HttpResponse(status=303, headers={"Location": reverse(view, args=[obj.pk])})


def back_to(request: HttpRequest, address: str) -> HttpResponse:
    """Leave a dialog: htmx is told to load the page, a plain form is redirected."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponse(status=303, headers={"Location": address})


class SaysRefusals(ModelAdmin):
    """What the domain refuses while a form is saved becomes a message, and nothing is saved."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            if request.method == "POST" and object_id and self._is_fixed(request, object_id):
                raise DomainError(_("您打开之后，这里已经被改过，不能再改；您的修改没有保存。"))
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (DomainError, ValidationError) as error:
            messages.error(request, refusal(error))
            return HttpResponseRedirect(request.get_full_path())

    def _is_fixed(self, request: HttpRequest, object_id: str) -> bool:
        """Whether it was open to be changed by them, and no longer is."""
        obj = self.get_object(request, object_id)
        may = obj is not None and self.has_change_permission(request)
        return may and not self.has_change_permission(request, obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit log has it, with the reason."""

    log_addition = log_change


class TellsWhy:
    """For rows whose reason may be the programme's own: `said` is it in the reader's language."""

    @display(description=_("原因"), ordering="reason")
    def said(self, row: Any) -> str:
        return told(row.reason)


class SavesVersions(ModelAdmin):
    """What is saved is a new row, which `save_model` puts in the old one's place: whoever goes on
    editing goes on with that one."""

    def said_when_saved(self, obj: Any) -> str:
        return str(_("已保存为新版本。"))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, self.said_when_saved(obj))
        if "_continue" in request.POST:
            return HttpResponseRedirect(change_address(obj))
        if "_addanother" in request.POST:
            return HttpResponseRedirect(reverse(f"admin:{_named_page(obj, 'add')}"))
        return HttpResponseRedirect(reverse(f"admin:{_named_page(obj, 'changelist')}"))


def _named_page(obj: models.Model, page: str) -> str:
    return f"{obj._meta.app_label}_{obj._meta.model_name}_{page}"


class OffersButtons(ModelAdmin):
    """Shows the buttons that can do something with an object as it is. Who presses one late, or
    twice, is answered by the domain, not shut out."""

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons that can do something with this object as it is."""
        buttons = super().get_actions_detail(request, object_id)
        conditions = [getattr(button.method, "when", None) for button in buttons]
        if not any(conditions):
            return buttons
        obj = self.get_object(request, object_id)
        return [
            button
            for button, when in zip(buttons, conditions, strict=True)
            if when is None or (obj is not None and when(obj))
        ]


class ReadOnlyAdmin(OffersButtons):
    """To look at: rows that only domain functions write. Buttons still work for who may change."""

    actions_selection_counter = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        named = [field.name for field in self.opts.fields if _is_named(field)]
        return [*named, *self.readonly_fields]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.fields if not _is_named(field)]

    @display(description=_("编号"), ordering="pk")
    def row_number(self, row: models.Model) -> int:
        """For rows that have no other name."""
        return row.pk

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        hidden = ("show_save", "show_save_and_continue", "show_save_and_add_another")
        context = dict.fromkeys(hidden, object_id is None) | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)


class OneRowAdmin(ModelAdmin):
    """A page of settings: its one row, with no list in front of it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row, _is_new = self.model._default_manager.get_or_create(pk=1)
        return HttpResponseRedirect(change_address(row))


def _is_named(field: Any) -> bool:
    """Whether it has a name for people; keys and marks of the machinery have none."""
    return not isinstance(field, models.AutoField) and field.verbose_name != field.name.replace(
        "_", " "
    )


class ReadOnlyInline(TabularInline):
    """Rows below an object that are only looked at."""

    extra = 0
    hide_title = True
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
