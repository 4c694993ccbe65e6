"""Registers every page of the back office; Django's autodiscovery reads this module."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from shop.backoffice import (
    academy,
    audit,
    coupons,
    draft_rules,
    drafts,
    dry_runs,
    exports,
    goods,
    joining,
    links,
    members,
    money,
    payouts,
    people,
    policies,
    presentation,
    recruiting,
    relations,
    reviews,
    risk,
    rules,
    sales,
    stories,
    tiers,
)

admin.site.index_title = _("看板")
admin.site.add_action(exports.export_selected)

__all__ = [
    "academy",
    "audit",
    "coupons",
    "draft_rules",
    "drafts",
    "dry_runs",
    "exports",
    "goods",
    "joining",
    "links",
    "members",
    "money",
    "payouts",
    "people",
    "policies",
    "presentation",
    "recruiting",
    "relations",
    "reviews",
    "risk",
    "rules",
    "sales",
    "stories",
    "tiers",
]
