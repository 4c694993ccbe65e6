"""A list of the back office as a CSV file: what is filtered and chosen, column by column."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from base.tables import csv_response

CHUNK = 2000


class CsvList(ModelAdmin):
    """Adds the action 导出 CSV: the chosen rows (or, with "select all", all that the filters and
    the search leave), with the columns of the list."""

    actions = ["export_csv"]

    @admin.action(description=_("导出 CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, rows: QuerySet[Any]) -> StreamingHttpResponse:
        columns = [name for name in self.get_list_display(request) if name != "action_checkbox"]

        def table() -> Iterator[list[Any]]:
            related = self.list_select_related
            if isinstance(related, (list, tuple)):
                found = rows.select_related(*related)
            else:
                found = rows
            waiting = found.iterator(chunk_size=CHUNK)
            while chunk := list(islice(waiting, CHUNK)):
                self.make_ready(chunk)
                for row in chunk:
                    yield [self._value(row, str(name)) for name in columns]

        name = f"{self.opts.model_name}-{timezone.localdate():%Y%m%d}.csv"
        return csv_response(name, [self._title(str(column)) for column in columns], table())

    def make_ready(self, rows: Sequence[Any]) -> None:
        """Read at once what the columns of these rows would else ask for one by one."""

    def _title(self, name: str) -> str:
        shown = getattr(self, name, None)
        if shown is not None:
            return str(getattr(shown, "short_description", name))
        return str(self.opts.get_field(name).verbose_name)

    def _value(self, row: Any, name: str) -> Any:
        shown = getattr(self, name, None)
        if shown is not None:
            value = shown(row)
            return _local(value[-1] if isinstance(value, tuple) else value)
        display = getattr(row, f"get_{name}_display", None)
        return _local(display() if display else getattr(row, name))


def _local(value: Any) -> Any:
    """A moment on the shop's clock; anything else as it is."""
    if hasattr(value, "tzinfo"):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return value
