"""Helping people and telling them things: tickets with answers on both sides, announcements.

Owns: tickets, their messages and pictures, canned replies, announcements and who read them.
May import: every room below the roof, and `shop.backoffice` for its admin's manner.
"""
