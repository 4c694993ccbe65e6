"""Rows of a query in the database's own language, read by the slice: a paginator reads its page
alone, and a file is sent while it is read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

from django.db import connection

# Fewer than this are read rather than counted.
FEW = 1000
CHUNK = 500

T = TypeVar("T")
Row = tuple[Any, ...]


class QueryRows(Sequence[T]):
    """The rows of `found`, a chain of WITH whose last part is called `wanted`, or a slice of them.

    `shown` reads them in their order and ends before the LIMIT, which is set here; `{slice}` in it
    stands for that. `made` makes the objects of up to CHUNK rows at once.
    """

    def __init__(
        self,
        found: str,
        shown: str,
        values: Mapping[str, Any],
        made: Callable[[list[Row]], Iterable[T]],
        *,
        skip: int = 0,
        most: int | None = None,
    ) -> None:
        self._query = (found, shown, values, made)
        self._skip, self._most = skip, most
        self._read: list[T] | None = None

    def __len__(self) -> int:
        if self._most is not None and self._most < FEW:
            return len(self._rows())
        found: int = self.ask("SELECT count(*) FROM wanted")[0][0] - self._skip
        return max(0, found if self._most is None else min(found, self._most))

    def __iter__(self) -> Iterator[T]:
        return self._each() if self._most is None else iter(self._rows())

    @overload
    def __getitem__(self, part: int) -> T: ...
    @overload
    def __getitem__(self, part: slice) -> "QueryRows[T]": ...
    def __getitem__(self, part: int | slice) -> "T | QueryRows[T]":
        if isinstance(part, int):
            return self._rows()[part]
        start = part.start or 0
        ends = [end for end in (self._most, part.stop) if end is not None]
        most = max(0, min(ends) - start) if ends else None
        return QueryRows(*self._query, skip=self._skip + start, most=most)

    def ask(self, question: str) -> list[Row]:
        """What a SELECT from `wanted` answers, slice or not."""
        with connection.cursor() as cursor:
            cursor.execute(f"{self._query[0]} {question}", self._query[2])
            return cursor.fetchall()

    def _rows(self) -> list[T]:
        if self._read is None:
            self._read = list(self._each())
        return self._read

    def _each(self) -> Iterator[T]:
        found, shown, values, made = self._query
        limits = {"slice_most": self._most, "slice_skip": self._skip}
        part = "LIMIT %(slice_most)s OFFSET %(slice_skip)s"
        is_whole = self._most is None
        with connection.chunked_cursor() if is_whole else connection.cursor() as cursor:
            cursor.execute(f"{found} {shown.replace('{slice}', part)}", {**values, **limits})
            while rows := cursor.fetchmany(CHUNK):
                yield from made(rows)
