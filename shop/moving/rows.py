"""Writing many rows at once: several times as fast as bulk_create, which asks every field."""

from collections.abc import Iterable
from operator import attrgetter
from typing import TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def add_rows(rows: Iterable[M]) -> list[M]:
    """Insert unsaved rows of one model (COPY) and return them with their keys. Values are written
    as Python has them: no field that prepares its own (JSON, files)."""
    added = list(rows)
    if not added:
        return added
    model = type(added[0])
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values_of = attrgetter(*(field.attname for field in fields))
    with connection.cursor() as cursor:
        if isinstance(model._meta.pk, models.AutoField):
            for row, key in zip(added, _new_keys(model, len(added)), strict=True):
                row.pk = key
        with cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy:
            for row in added:
                copy.write_row(values_of(row))
                row._state.adding, row._state.db = False, connection.alias
    return added


def _new_keys(model: type[M], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', model._meta.pk.column, count],
        )
        return [key for (key,) in cursor.fetchall()]
