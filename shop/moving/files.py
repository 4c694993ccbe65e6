"""Reading a file row by row: its header, its cells, and every error by row and column.

Rows are numbered as a spreadsheet shows them, the header being row 1. Nothing here asks the
database; what is read goes on to `shop.moving.staging`.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from base.errors import DomainError
from shop.moving.values import BadValue, Reader

HEADER = 1
MOST_LISTED = 1000

Values = dict[str, Any]
# What is wrong with a row as a whole: (column, words) of each.
RowCheck = Callable[[Values], Iterable[tuple[str, str]]]


def no_check(values: Values) -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True)
class Column:
    """A column by its name in the header; `type` is the database's for its values."""

    name: str
    read: Reader
    type: str = "text"


@dataclass(frozen=True)
class Form:
    """What a file looks like. `check` looks at a row whose cells could all be read."""

    file: str
    columns: tuple[Column, ...]
    check: RowCheck = no_check


@dataclass(frozen=True)
class Row:
    """A row; cells that could not be read are None and `is_good` is False."""

    number: int
    values: Values
    is_good: bool


@dataclass(frozen=True)
class Problem:
    row: int
    column: str
    text: str


class Refused(DomainError):
    """A file has errors; nothing of it was brought in. `problems` may be the first of `count`."""

    def __init__(self, file: str, problems: list[Problem], count: int) -> None:
        self.file, self.problems, self.count = file, problems, count
        super().__init__(_("%(file)s 有 %(count)d 处错误") % {"file": file, "count": count})


class Problems:
    """Collects the errors of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self._kept: list[Problem] = []

    def add(self, row: int, column: str, text: str) -> None:
        self.count += 1
        if len(self._kept) < MOST_LISTED:
            self._kept.append(Problem(row, column, text))

    def refuse(self) -> None:
        """Raise Refused when anything was found."""
        if self.count:
            raise Refused(self.file, sorted(self._kept, key=lambda p: p.row), self.count)


def read_rows(path: Path, form: Form, problems: Problems) -> Iterator[Row]:
    """The rows of a file, streaming; blank rows are left out but counted.

    Raises Refused at once when the header is wrong.
    """
    # Bytes that are no UTF-8 become surrogates, so that their row and column can be named.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = enumerate(_records(csv.reader(file, strict=True), problems), start=HEADER)
        names = _header(next(reader, (HEADER, []))[1], form, problems)
        columns = {column.name: column for column in form.columns}
        layout = [columns[name] for name in names]
        for number, cells in reader:
            if any(cells):
                yield _row(number, cells, layout, form, problems)


def _records(reader: Iterator[list[str]], problems: Problems) -> Iterator[list[str]]:
    """The records, trimmed; one that is no CSV ends the file with an error."""
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(number, "—", _("不是有效的 CSV:%(error)s") % {"error": error})
            return
        yield [cell.strip() for cell in cells]


def _header(cells: list[str], form: Form, problems: Problems) -> list[str]:
    wanted = [column.name for column in form.columns]
    if not any(cells):
        problems.add(HEADER, ",".join(wanted), _("缺少表头"))
    else:
        for place, name in enumerate(cells, start=1):
            shown = name if name.isprintable() and name else _("第 %(place)d") % {"place": place}
            if name not in wanted:
                problems.add(
                    HEADER, shown, _("不认识的列，应为 %(names)s") % {"names": ",".join(wanted)}
                )
            elif name in cells[: place - 1]:
                problems.add(HEADER, shown, _("这一列出现了两次"))
        for name in wanted:
            if name not in cells:
                problems.add(HEADER, name, _("缺少这一列"))
    problems.refuse()
    return cells


def _row(
    number: int, cells: list[str], layout: list[Column], form: Form, problems: Problems
) -> Row:
    values: Values = {}
    before = problems.count
    for column, text in zip(layout, cells, strict=False):
        try:
            _require_text(text)
            values[column.name] = column.read(text)
        except BadValue as error:
            values[column.name] = None
            problems.add(number, column.name, str(error))
    for column in layout[len(cells) :]:
        values[column.name] = None
        problems.add(number, column.name, _("这一行缺少这一列"))
    if any(cells[len(layout) :]):
        place = _("第 %(place)d") % {"place": len(layout) + 1}
        problems.add(number, place, _("这一行比表头多出内容"))
    if problems.count == before:
        for name, words in form.check(values):
            problems.add(number, name, words)
    return Row(number, values, problems.count == before)


def _require_text(text: str) -> None:
    if text.isascii():
        if "\0" in text:
            raise BadValue(_("含有不能保存的字符"))
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValue(_("不是 UTF-8 文字，请将文件另存为 UTF-8 编码")) from None
    if "\0" in text:
        raise BadValue(_("含有不能保存的字符"))
