"""products.csv: a row makes a product with one variant of that sku.

A sku that is here already stays as it is: prices and stock of a running shop are not set back.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from catalog.models import Category
from catalog.models.product import Kind
from catalog.products import ProductDraft, VariantDraft, add_products, open_category
from shop.moving.files import Column, Form
from shop.moving.outcome import Outcome
from shop.moving.progress import Progress
from shop.moving.staging import arriving, chunks, flush_checks, repeated, stream
from shop.moving.values import category_path, money, one_of, optional, pieces, required, text_up_to

CHUNK = 2000
KINDS = {str(kind): str(kind) for kind in Kind}

FORM = Form(
    "products.csv",
    (
        Column("sku", required(text_up_to(60))),
        Column("name", required(text_up_to(120))),
        Column("category", required(category_path)),
        Column("price", required(money), "numeric"),
        Column("cost", optional(money), "numeric"),
        Column("stock", optional(pieces, 0), "integer"),
        Column("kind", optional(one_of(KINDS), Kind.PHYSICAL)),
    ),
)

NEW = """
SELECT sku, name, category, price, cost, stock, kind FROM moving_products moved
WHERE NOT EXISTS (SELECT 1 FROM catalog_variant variant WHERE variant.sku = moved.sku)
ORDER BY row_no
"""

NewRow = tuple[str, str, str, Decimal, Decimal | None, int, str]


def import_products(path: Path, progress: Progress) -> Outcome:
    """Bring the file in, or raise Refused and change nothing."""
    with arriving(path, FORM, progress) as arrival:
        arrival.check("sku", _("这个货号在文件里出现了两次"), repeated(arrival.table, "sku"))
        arrival.refuse()
        with progress.step(path.name, "write") as step:
            for rows in chunks(stream(NEW), CHUNK):
                add_products(list(_drafts(rows)))
                flush_checks()
                step.advance(len(rows))
        outcome = Outcome(path.name, step.done, arrival.count - step.done)
        outcome.record()
    return outcome


def _drafts(rows: Sequence[NewRow]) -> Iterator[ProductDraft]:
    paths = sorted({row[2] for row in rows})
    shelves: dict[str, Category] = {path: open_category(path.split("/")) for path in paths}
    for sku, name, category, price, cost, stock, kind in rows:
        variant = VariantDraft(sku=sku, price=price, cost=cost, stock=stock)
        yield ProductDraft(category=shelves[category], name=name, variants=[variant], kind=kind)
