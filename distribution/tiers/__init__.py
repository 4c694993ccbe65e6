"""Tiers and privileges: earned by what one sold oneself, reviewed by the calendar."""
