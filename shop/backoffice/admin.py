"""Registers every page of the back office; Django's autodiscovery reads this module."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from shop.backoffice import goods, money, payouts, people, rules, sales

admin.site.index_title = _("看板")

__all__ = ["goods", "money", "payouts", "people", "rules", "sales"]
