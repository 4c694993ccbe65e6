"""What a list is asked for, in words: on the page, on paper, and in the name of its file, so that a
part of a list never passes for the whole.
"""

import re
from datetime import date
from typing import Any, cast

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _

# What the usual file systems refuse in a name, and the longest that leaves room for the ending.
NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
LONGEST_NAME = 200  # bytes
NO_PART = ("sort", "since", "until")  # the days are told together


def in_words(filters: forms.Form) -> list[str]:
    """Each thing the query asks for; what makes no sense in it is left out, as in the list."""
    filters.is_valid()
    values = filters.cleaned_data
    words = [
        _in_words(field, values[name])
        for name, field in filters.fields.items()
        if values.get(name) and name not in NO_PART
    ]
    return [*words, *_days(values.get("since"), values.get("until"))]


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return str(field.label)
    if isinstance(value, Model) or not isinstance(field, forms.ChoiceField):
        return str(value).strip()
    return str(dict(cast(Any, field.choices))[str(value)])


def _days(since: date | None, until: date | None) -> list[str]:
    if since and until:
        first, last = sorted((since, until))
        return [f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"]
    if since:
        return [_("%(day)s 起") % {"day": f"{since:%Y-%m-%d}"}]
    return [_("到 %(day)s") % {"day": f"{until:%Y-%m-%d}"}] if until else []


def file_name(title: str, filters: forms.Form) -> str:
    """`佣金明细 一级 2026-11-01 – 2026-11-30.csv`. What the title says already is not said again."""
    words = [word for word in in_words(filters) if word != title]
    name = NOT_IN_NAMES.sub("_", " ".join([title, *words]))
    return f"{name.encode()[:LONGEST_NAME].decode(errors='ignore').strip()}.csv"
