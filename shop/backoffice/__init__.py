"""The merchant's side: the admin site, its dashboard and its navigation.

May import: every room below the roof. Changes state only through their capability modules.
"""
