"""Tiers and positions in the back office: what each allows, in plain words."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from base.audit import record_audit
from distribution.models import PositionPrivileges, Tier, TierUplift
from distribution.models.privileges import Privileged
from distribution.privileges import in_words
from shop.backoffice.actions import merchant


class PrivilegedAdmin(ModelAdmin):
    """Every change of what somebody may do is in the audit log."""

    @display(description=gettext_lazy("权益"))
    def privileges(self, row: Privileged) -> str:
        return in_words(row)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        record_audit("change_privileges", obj, by=merchant(request), **changes)


class UpliftInline(TabularInline):
    """The uplifts a tier has had; a new row begins a new one, placed orders keep theirs."""

    model = TierUplift
    extra = 0
    fields = ["uplift", "valid_from"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


PRIVILEGES = ("own_discount", "material_level", "recruit_limit")
HOW_THEY_COMBINE = gettext_lazy(
    "位置和等级各有权益，合在一起看：自购优惠和素材级别取较高的，可带来的人数取较少的；佣金加成只看等级。"
)


@admin.register(Tier)
class TierAdmin(PrivilegedAdmin):
    list_display = ["name", "code", "rank", "privileges"]
    search_fields = ["name", "code"]
    inlines = [UpliftInline]
    fieldsets = [
        (None, {"fields": ["name", "name_en", "code", "rank"]}),
        (gettext_lazy("权益"), {"fields": PRIVILEGES, "description": HOW_THEY_COMBINE}),
    ]


@admin.register(PositionPrivileges)
class PositionPrivilegesAdmin(PrivilegedAdmin):
    list_display = ["name", "meaning", "privileges"]
    fieldsets = [(None, {"fields": PRIVILEGES, "description": HOW_THEY_COMBINE})]

    @display(description=gettext_lazy("位置"))
    def name(self, row: PositionPrivileges) -> str:
        return row.get_position_display()

    @display(description=gettext_lazy("说明"))
    def meaning(self, row: PositionPrivileges) -> str:
        return _("由商家加入") if row.position == "first" else _("由另一位分销商带来")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
