"""Any list of the back office as a file: the columns it shows, the rows that were chosen.

One action of the whole site, so that no list is without it. "Select all" chooses everything that
the search and the filters leave. Rows are read in chunks and sent as they come.
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

from base.money import percent
from base.tables import csv_response, in_chunks


@admin.action(description=_("导出所选为 CSV"), permissions=["view"])
def export_selected(
    page: ModelAdmin, request: HttpRequest, rows: QuerySet[Any]
) -> StreamingHttpResponse:
    """A page whose list has no room for everything names the file's columns in `file_columns`; one
    that reads what its columns need for many rows at once does so in `gather(rows)`."""
    shown = getattr(page, "file_columns", None) or page.get_list_display(request)
    columns = [name for name in shown if name != "action_checkbox"]
    titles = [str(label_for_field(name, page.model, model_admin=page)) for name in columns]
    cells = (
        [_cell(page, name, row) for name in columns]
        for chunk in in_chunks(rows)
        for row in _gathered(page, chunk)
    )
    return csv_response(f"{page.opts.model_name}-{timezone.localdate():%Y%m%d}.csv", titles, cells)


def _gathered(page: ModelAdmin, rows: list[Any]) -> list[Any]:
    if gather := getattr(page, "gather", None):
        gather(rows)
    return rows


def _cell(page: ModelAdmin, name: Any, row: models.Model) -> Any:
    field, _attribute, value = lookup_field(name, row, page)
    if isinstance(value, tuple):  # a label: its colour and its words
        value = value[-1]
    if name in getattr(page, "percents", ()) and value is not None:
        return percent(value)
    if choices := getattr(field, "flatchoices", None):
        return dict(choices).get(value, value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if hasattr(value, "tzinfo") and value.tzinfo is not None:
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return value
