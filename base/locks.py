"""Row locks, taken in one way and in one order.

The order of the whole shop, so that no two transactions wait for each other:
stock (variants) → order → payout run → member → distributor → balances → everything else → the
chains of recommendation (`lock_chains`). Within a table, by primary key. The locks are FOR NO KEY
UPDATE: they serialise writers and let foreign keys be checked.
"""

from typing import TypeVar

from django.db import connection, models
from django.db.models import QuerySet

M = TypeVar("M", bound=models.Model)


def lock_rows(rows: QuerySet[M]) -> list[M]:
    """Lock the rows (only their own table) in primary-key order and return them fresh.

    Raises RuntimeError outside a transaction, where the lock would be gone at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a row lock needs a transaction")
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))


def lock_row(rows: QuerySet[M]) -> M:
    """Lock exactly one row; raises the model's DoesNotExist when there is none."""
    locked = lock_rows(rows)
    if not locked:
        raise rows.model.DoesNotExist  # type: ignore[attr-defined]  # every model has its own
    (row,) = locked
    return row


def lock_free_rows(rows: QuerySet[M]) -> list[M]:
    """Like `lock_rows`, but waits for nobody: rows somebody else holds are left out."""
    if not connection.in_atomic_block:
        raise RuntimeError("a row lock needs a transaction")
    locked = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return list(locked.order_by("pk"))
