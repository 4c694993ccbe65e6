"""Figures beside the rows of a list, looked up for the rows of the page alone.

A join per figure would multiply the rows of one by those of the other.
"""

from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet[Any], by: str) -> Coalesce:
    """How many rows point at each of the page's."""
    return Coalesce(Subquery(_of_each(rows, by).values(n=Count("pk"))), 0)


def sum_of(rows: QuerySet[Any], by: str, field: str = "amount") -> Coalesce:
    """The sum over the rows that point at each of the page's."""
    total = Subquery(_of_each(rows, by).values(total=Sum(field)))
    return Coalesce(total, Value(Decimal("0.00")), output_field=rows.model._meta.get_field(field))


def _of_each(rows: QuerySet[Any], by: str) -> QuerySet[Any]:
    return rows.filter(**{by: OuterRef("pk")}).order_by().values(by)
