"""Taking from stock and giving back, under the variants' locks in key order."""

from collections.abc import Iterable, Mapping

from django.db import connection
from django.utils.translation import gettext as _

from base.errors import DomainError
from base.locks import lock_rows
from catalog.models import Variant


class OutOfStock(DomainError):
    """Less is left than asked for; nothing was taken. `variant` and `left`: of what, and how much."""

    def __init__(self, variant: Variant) -> None:
        self.variant, self.left = variant, variant.stock
        text = _("“%(name)s”已售罄。") if self.left == 0 else _("“%(name)s”只剩 %(left)d 件。")
        super().__init__(text % {"name": variant, "left": self.left})


def lock_variants(variant_ids: Iterable[int]) -> list[Variant]:
    """Lock these variants, in key order. First lock of any transaction that takes several kinds."""
    return lock_rows(Variant.objects.filter(pk__in=list(variant_ids)).select_related("product"))


def take_stock(quantities: Mapping[int, int]) -> None:
    """Take these pieces (by variant id), all or nothing. Raises OutOfStock and changes nothing."""
    for variant in lock_variants(quantities):
        if variant.stock < quantities[variant.pk]:
            raise OutOfStock(variant)
    _add({pk: -pieces for pk, pieces in quantities.items()})


def return_stock(quantities: Mapping[int, int]) -> None:
    """Give these pieces back; locks the variants when the caller has not."""
    lock_variants(quantities)
    _add(quantities)


def _add(quantities: Mapping[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_variant AS variant SET stock = variant.stock + change.pieces
            FROM unnest(%s::bigint[], %s::int[]) AS change(id, pieces)
            WHERE variant.id = change.id
            """,
            [list(quantities), list(quantities.values())],
        )
