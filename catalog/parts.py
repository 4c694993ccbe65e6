"""What rooms above add to a product's page: the same for every guest, so that caches keep it."""

from collections.abc import Callable

from catalog.models import Product

# Each returns HTML for below the description, "" for nothing; one query at most. Filled by the
# rooms in `AppConfig.ready`.
ProductPart = Callable[[Product], str]
product_parts: dict[str, ProductPart] = {}
