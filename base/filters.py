"""What a list is asked for: words, choices, days; and how that is said, on the page, on paper, and
in the name of its file, so that a part of a list never passes for the whole.

Every list's form is a ListFilter, shown by components/list_filter.html, so that all of them read,
keep and refuse the same.
"""

import re
from datetime import date
from typing import Any, Literal, cast

from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST_WORDS = 40
# What is said of an answer that cannot be read, whatever the field.
REFUSALS = {
    "invalid_choice": gettext_lazy("没有这个选项。"),
    "max_length": gettext_lazy("最多 %(limit_value)d 个字。"),
    "null_characters_not_allowed": gettext_lazy("有不能查找的字符。"),
}
# What the usual file systems refuse in a name, and the longest that leaves room for the ending.
NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
LONGEST_NAME = 200  # bytes
NO_PART = ("sort", "since", "until")  # the days are told together


def words_field(about: Any, max_length: int = MOST_WORDS) -> forms.CharField:
    """What a list is searched for; `about` says what that may be."""
    box = forms.TextInput(attrs={"type": "search", "placeholder": about, "enterkeyhint": "search"})
    return forms.CharField(label=about, max_length=max_length, widget=box)


class DayField(forms.DateField):
    """A day as browsers send it."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    input_formats = ["%Y-%m-%d"]
    default_error_messages = {"invalid": gettext_lazy("没有这一天。")}


class SlugChoiceField(forms.ModelChoiceField):
    """A row named by its slug, the same on every page."""

    def __init__(self, queryset: Any, **options: Any) -> None:
        super().__init__(queryset, to_field_name="slug", **options)

    def to_python(self, value: Any) -> Any:
        if "\x00" in (value or ""):  # the database refuses to look for it
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return super().to_python(value)


class ListFilter(forms.Form):
    """The query of a list. What cannot be read is left out and said above the list, and no file is
    made while something is (`base.tables.is_table`)."""

    # Choices offered as links above the box, and how those look.
    chips: tuple[str, ...] = ()
    chip_look: Literal["chips", "tabs"] = "chips"
    # What was chosen elsewhere on the page and survives a search.
    kept: tuple[str, ...] = ()
    # By which name the list's function knows the words.
    searched = "search"
    # What orders or counts the list without narrowing it.
    aside: tuple[str, ...] = ()

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id=False)
        for field in self.fields.values():
            field.required = False
            field.widget.attrs |= {"class": "input", "aria-label": field.label}
            field.error_messages |= REFUSALS
        self.full_clean()

    def wanted(self) -> dict[str, Any]:
        """What makes sense of it, by the names that the lists' own functions know."""
        return {
            self.searched if name == "q" else name: self.cleaned_data.get(name, field.clean(None))
            for name, field in self.fields.items()
        }

    @property
    def is_narrow(self) -> bool:
        """Whether rows may be missing."""
        return any(value for name, value in self.cleaned_data.items() if name not in self.aside)

    @property
    def complaints(self) -> list[str]:
        """What could not be read, in words."""
        return [
            _("%(field)s：%(error)s") % {"field": self.fields[name].label, "error": errors[0]}
            for name, errors in self.errors.items()
        ]

    @property
    def chosen_elsewhere(self) -> list[tuple[str, str]]:
        """What the box has to carry along."""
        names = (*self.chips, *self.kept)
        return [(name, self.data[name]) for name in names if self.cleaned_data.get(name)]

    @property
    def chip_rows(self) -> list[tuple[str, Any, list[tuple[str, Any, bool]]]]:
        """Name, label, and for each choice: value, words, whether it is the chosen one."""
        return [(name, self.fields[name].label, self._options(name)) for name in self.chips]

    def _options(self, name: str) -> list[tuple[str, Any, bool]]:
        chosen = str(self.cleaned_data.get(name) or "")
        choices = self.fields[name].choices  # type: ignore[attr-defined]  # chips are choices
        return [(value, label, str(value) == chosen) for value, label in choices]

    @property
    def boxes(self) -> list[forms.BoundField]:
        """The choices that stand in the box, in front of the words."""
        apart = {*self.chips, *self.kept, "q", "since", "until"}
        return [self[name] for name in self.fields if name not in apart]


class DatedFilter(ListFilter):
    """With the days from which and until which; both count."""

    since = DayField(label=gettext_lazy("从哪天"))
    until = DayField(label=gettext_lazy("到哪天"))

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("since") and values.get("until") and values["until"] < values["since"]:
            self.add_error("until", _("比开始那天还早。"))
            values.pop("since")
        return values


def in_words(filters: ListFilter) -> list[str]:
    """Each thing the query asks for; what makes no sense in it is left out, as in the list."""
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
        return [f"{since:%Y-%m-%d} – {until:%Y-%m-%d}"]
    if since:
        return [_("%(day)s 起") % {"day": f"{since:%Y-%m-%d}"}]
    return [_("到 %(day)s") % {"day": f"{until:%Y-%m-%d}"}] if until else []


def file_name(title: str, filters: ListFilter) -> str:
    """`佣金明细 一级 2026-11-01 – 2026-11-30.csv`. What the title says already is not said again."""
    words = [word for word in in_words(filters) if word != title]
    name = NOT_IN_NAMES.sub("_", " ".join([title, *words]))
    return f"{name.encode()[:LONGEST_NAME].decode(errors='ignore').strip()}.csv"
