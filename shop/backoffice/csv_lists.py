"""A list of the back office as a CSV file: what is filtered and chosen, column by column."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

CHUNK = 2000
# A spreadsheet would take a text that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_response(name: str, rows: Iterator[list[Any]]) -> StreamingHttpResponse:
    """The rows as a file to save, readable by a spreadsheet in any language."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in rows:
            yield str(writer.writerow([_cell(value) for value in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    day = timezone.localdate()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day:%Y%m%d}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _cell(value: Any) -> str:
    if hasattr(value, "tzinfo"):
        value = timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class CsvList(ModelAdmin):
    """Adds the action 导出 CSV: the chosen rows (or, with "select all", all that the filters and
    the search leave), with the columns of the list."""

    actions = ["export_csv"]

    @admin.action(description=_("导出 CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, rows: QuerySet[Any]) -> StreamingHttpResponse:
        columns = [name for name in self.get_list_display(request) if name != "action_checkbox"]

        def table() -> Iterator[list[Any]]:
            yield [self._title(str(name)) for name in columns]
            related = self.list_select_related
            if isinstance(related, (list, tuple)):
                found = rows.select_related(*related)
            else:
                found = rows
            for row in found.iterator(chunk_size=CHUNK):
                yield [self._value(row, str(name)) for name in columns]

        return csv_response(self.opts.model_name or "list", table())

    def _title(self, name: str) -> str:
        shown = getattr(self, name, None)
        if shown is not None:
            return str(getattr(shown, "short_description", name))
        return str(self.opts.get_field(name).verbose_name)

    def _value(self, row: Any, name: str) -> Any:
        shown = getattr(self, name, None)
        if shown is not None:
            value = shown(row)
            return value[-1] if isinstance(value, tuple) else value
        display = getattr(row, f"get_{name}_display", None)
        return display() if display else getattr(row, name)
