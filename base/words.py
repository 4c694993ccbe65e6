"""The shop's own words in rows: kept in the source language, told in the reader's."""

from django.utils.translation import gettext


def told(words: str) -> str:
    """What somebody wrote themselves stays as it is."""
    return gettext(words) if words else ""  # the empty text stands for the catalogue's head
