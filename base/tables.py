"""Lists as CSV files that open in a spreadsheet.

A list of the site is taken away at its own address, filtered as it is, with `?format=csv`
(components/take_table.html is the button).
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

# A cell that begins like this would be run as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
EXACT_DIGITS = 15  # of a number, as spreadsheets keep it
CHUNK = 500
MOST_ROWS = 1_000_000  # a spreadsheet opens 1 048 576; a file that ends before its list says so
BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet reads Chinese as something else


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


def is_table(request: HttpRequest, filters: BaseForm | None = None) -> bool:
    """Whether a list is to be taken away instead of looked at. While something in what it is asked
    for cannot be read there is no file: the page says what."""
    return request.GET.get("format") == "csv" and not (filters and filters.errors)


def csv_response(
    name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download, sent row by row, so that a long list needs no memory."""
    response = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    yield writer.writerow([str(cell) for cell in header])
    left = iter(rows)
    for row in islice(left, MOST_ROWS):
        yield writer.writerow([safe_cell(cell) for cell in row])
    if next(left, None) is not None:
        words = _("后面还有：这份表格只到第 %(count)s 行。请先筛选，分几次下载。")
        yield writer.writerow([words % {"count": MOST_ROWS}])


def safe_cell(value: Any) -> str:
    """As text; what a spreadsheet would run as a formula is quoted, whatever object it was the
    text of, and so is a voucher's long row of digits, which it would round. Numbers stay."""
    text = "" if value is None else str(value)
    is_number = isinstance(value, (int, float, Decimal))
    is_misread = text.startswith(FORMULA) or (text.isdecimal() and len(text) > EXACT_DIGITS)
    return f"'{text}" if is_misread and not is_number else text


def time_cell(at: datetime | None) -> str:
    """To the minute, by the shop's clock."""
    return f"{localtime(at):%Y-%m-%d %H:%M}" if at else ""


def each_row(rows: QuerySet[Any, Any]) -> Iterator[Any]:
    """The rows of a list, read while the file is sent."""
    return rows.iterator(chunk_size=CHUNK)


def in_chunks(rows: QuerySet[Any, Any]) -> Iterator[list[Any]]:
    """The same, a few at a time, for what is read once for many of them."""
    found = each_row(rows)
    while chunk := list(islice(found, CHUNK)):
        yield chunk
