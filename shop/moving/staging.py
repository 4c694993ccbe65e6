"""A file on its way in: its rows in a temporary table, so that checks and joins are set-based
and memory stays flat however long the file is.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, transaction

from shop.moving.files import Form, Problems, read_rows
from shop.moving.progress import Progress

FETCH = 2000

T = TypeVar("T")


@dataclass(frozen=True)
class Arrival:
    """A file being brought in, inside its transaction; its `count` rows lie in `table`."""

    table: str
    count: int
    problems: Problems

    def check(self, column: str, text: str, sql: str) -> None:
        """Note `text` at `column` for every row number that `sql` selects."""
        with connection.cursor() as cursor:
            cursor.execute(sql)
            while found := cursor.fetchmany(FETCH):
                for (number,) in found:
                    self.problems.add(number, column, text)

    def refuse(self) -> None:
        self.problems.refuse()


@contextmanager
def arriving(path: Path, form: Form, progress: Progress) -> Iterator[Arrival]:
    """One transaction for one file: rows staged, errors of form already among the problems.

    The block checks further, calls `refuse`, and writes; whatever it raises undoes it all.
    """
    problems = Problems(path.name)
    table = "moving_" + form.file.removesuffix(".csv")
    with transaction.atomic():
        begin_alone()
        count = _stage(path, form, table, problems, progress)
        yield Arrival(table, count, problems)
        flush_checks()


def begin_alone() -> None:
    """For this transaction: imports wait for each other, so that what one brings in is known to
    the next, and a file may take longer than a page is allowed to."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('shop.moving'))")


def flush_checks() -> None:
    """Let the deferred checks of what was written so far run now, so that they do not pile up."""
    connection.check_constraints()


def _stage(path: Path, form: Form, table: str, problems: Problems, progress: Progress) -> int:
    names = [column.name for column in form.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    typed = ", ".join(f'"{column.name}" {column.type}' for column in form.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(
            f"CREATE TEMP TABLE {table} (row_no bigint, is_good boolean, {typed}) ON COMMIT DROP"
        )
        with (
            progress.step(path.name, "read") as step,
            cursor.copy(f"COPY {table} (row_no, is_good, {listed}) FROM STDIN") as copy,
        ):
            for row in read_rows(path, form, problems):
                copy.write_row((row.number, row.is_good, *(row.values[name] for name in names)))
                step.advance()
        cursor.execute(f"ANALYZE {table}")
    return step.done


def repeated(table: str, *columns: str) -> str:
    """Selects the rows whose columns an earlier row of the file had already."""
    listed = ", ".join(f'"{column}"' for column in columns)
    filled = " AND ".join(f'"{column}" IS NOT NULL' for column in columns)
    return f"""
        SELECT row_no FROM (
            SELECT row_no, row_number() OVER (PARTITION BY {listed} ORDER BY row_no) AS place
            FROM {table} WHERE {filled}
        ) numbered WHERE place > 1 ORDER BY row_no
    """  # noqa: S608  # names of our own, no text from outside


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of `size`, the last one shorter."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk


def stream(sql: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query through a server-side cursor: as many as may be, in flat memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(FETCH):
            yield from rows
