"""Members in the back office: who they are, the keys to the back office, and whom they belong to."""

from dataclasses import replace
from itertools import groupby
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.forms.models import ModelChoiceIterator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from base.accounts.keys import change_keys, keys_of
from base.accounts.models import Address, Consent, User
from distribution.models import Binding
from distribution.programme import people
from distribution.referral import relations
from shop.backoffice.actions import (
    ReadOnlyInline,
    ReasonForm,
    SaysRefusals,
    button,
    lead_to,
    merchant,
)
from shop.backoffice.audit_words import key_in_words
from shop.backoffice.people import AssignForm

# A member is one row: their e-mail is changed by themselves, and shown with them.
admin.site.unregister([Group, EmailAddress])
SWITCHES = ("is_active", "is_staff", "is_superuser")


class KeysByPage(ModelChoiceIterator):
    """The keys of one page stand together under its name."""

    def __iter__(self) -> Any:
        for page, keys in groupby(super().__iter__(), key=lambda choice: _page_of(choice[0])):
            yield page, list(keys)


def _page_of(value: Any) -> str:
    return str(value.instance.content_type).replace("|", "·")


class KeysField(forms.ModelMultipleChoiceField):
    """Permissions in the merchant's language; their stored names are half English."""

    iterator = KeysByPage
    widget = forms.CheckboxSelectMultiple(attrs={"class": "bo-keys"})

    def label_from_instance(self, key: Permission) -> str:
        return key_in_words(key.codename)


class AddressInline(ReadOnlyInline):
    model = Address
    fields = ["recipient", "phone", "province", "city", "district", "street", "is_default"]
    readonly_fields = fields


class ConsentInline(ReadOnlyInline):
    model = Consent
    fields = ["document", "version", "at"]
    readonly_fields = fields


class BindingInline(ReadOnlyInline):
    model = Binding
    fk_name = "customer"
    fields = ["distributor", "starts_at", "ends_at", "source", "reason", "by"]
    readonly_fields = fields


class MemberForm(forms.ModelForm):
    class Meta:
        labels = {"is_superuser": _("店主"), "user_permissions": _("可用的功能")}
        help_texts = {
            "is_staff": _("可以登录商家后台，能看到和能做的由下面两项决定。"),
            "is_superuser": _("拥有全部功能，并能把功能交给别人。"),
            "user_permissions": _("只给需要的：一项对应一个页面上的一种操作。"),
        }


@admin.register(User)
class MemberAdmin(SaysRefusals):
    list_display = ["name", "phone", "member_no", "date_joined", "is_active", "is_staff"]
    list_filter = ["is_staff", "is_active", "date_joined"]
    search_fields = ["name", "phone", "email", "member_no"]
    readonly_fields = ["member_no", "phone", "email", "phone_verified", "date_joined", "last_login"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("member_no", "name"),
                    ("phone", "phone_verified"),
                    ("email", "is_active"),
                    ("date_joined", "last_login"),
                ]
            },
        ),
        (_("商家后台"), {"fields": ["is_staff", "is_superuser", "user_permissions"]}),
    ]
    form = MemberForm
    inlines = [BindingInline, AddressInline, ConsentInline]
    actions_detail = ["appoint", "reassign", "timeline"]
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only the owner hands out keys to the back office, or shuts its people out; nobody takes
        their own away."""
        keys = ["is_superuser", "is_staff", "user_permissions"]
        if not request.user.is_superuser:
            is_colleague = obj is not None and obj.is_staff
            return [*self.readonly_fields, *keys, *(["is_active"] if is_colleague else [])]
        is_own = obj is not None and obj.pk == request.user.pk
        return [*self.readonly_fields, *(["is_active", *keys[:2]] if is_own else [])]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            pages = ContentType.objects.get_for_models(*self.admin_site._registry).values()
            keys = Permission.objects.filter(content_type__in=pages).select_related("content_type")
            return KeysField(
                keys.order_by("content_type__app_label", "content_type", "pk"),
                required=False,
                label=MemberForm.Meta.labels["user_permissions"],
                help_text=MemberForm.Meta.help_texts["user_permissions"],
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Who may do what is changed by `change_keys`, which writes it down; the form keeps no say
        in it."""
        obj.save(update_fields=["name"])
        values = form.cleaned_data
        asked = {name: values[name] for name in SWITCHES if name in values}
        if "user_permissions" in values:
            asked["permissions"] = frozenset(key.pk for key in values.pop("user_permissions"))
        held = keys_of(User.objects.get(pk=obj.pk))
        change_keys(obj, replace(held, **asked), by=merchant(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_appoint_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("distribution.change_distributor")

    def has_reassign_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("distribution.change_binding")

    @button(
        _("指定为分销商"),
        text=_("对方马上成为分销商，并收到通知；不需要购买任何东西。"),
        form=ReasonForm,
        icon="group_add",
        permission="appoint",
    )
    def appoint(self, request: HttpRequest, user: User, form: ReasonForm) -> Any:
        people.appoint(user, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("已成为分销商。")

    @button(
        _("改绑分销商"),
        text=_("从现在起生效，已下的订单不受影响。"),
        form=AssignForm,
        icon="swap_horiz",
        permission="reassign",
    )
    def reassign(self, request: HttpRequest, user: User, form: AssignForm) -> Any:
        values = form.cleaned_data
        relations.reassign_customer(
            user, values["to"], by=merchant(request), reason=values["reason"]
        )
        return _("顾客关系已更改。")

    @action(description=_("识别记录"), icon="timeline", permissions=["view"])
    def timeline(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return lead_to(self, request, object_id, "admin:member_timeline")
