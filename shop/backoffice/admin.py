"""Registers every page of the back office; Django's autodiscovery reads this module."""

from shop.backoffice import goods, money, payouts, people, rules, sales

__all__ = ["goods", "money", "payouts", "people", "rules", "sales"]
