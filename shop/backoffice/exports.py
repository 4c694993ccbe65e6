"""Any list of the back office as a file: the columns it shows, the rows that were chosen.

"Select all" chooses the whole filtered list. Rows are read in chunks and sent as they come.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from base.tables import csv_response

CHUNK = 2000


class ExportMixin(ModelAdmin):
    """Adds the action 导出 CSV to a list; `export_name` names the file."""

    export_name = "export"

    @admin.action(description=_("导出所选为 CSV"), permissions=["view"])
    def export_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> StreamingHttpResponse:
        columns = [name for name in self.get_list_display(request) if name != "action_checkbox"]
        titles = [str(label_for_field(name, self.model, model_admin=self)) for name in columns]

        found = (
            [self._cell(name, row) for name in columns] for row in rows.iterator(chunk_size=CHUNK)
        )
        return csv_response(f"{self.export_name}-{timezone.localdate():%Y%m%d}.csv", titles, found)

    def _cell(self, name: Any, row: models.Model) -> Any:
        field, _attribute, value = lookup_field(name, row, self)
        if isinstance(value, tuple):  # a label: its colour and its words
            return value[1]
        if choices := getattr(field, "flatchoices", None):
            return dict(choices).get(value, value)
        if hasattr(value, "tzinfo") and value.tzinfo is not None:
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        return value
