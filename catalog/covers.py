"""The picture a product is known by."""

from collections.abc import Iterable

from catalog.models import ProductImage


def cover_names(product_ids: Iterable[int]) -> dict[int, str]:
    """The name of each product's first picture, for those that have one. One query."""
    images = ProductImage.objects.filter(product__in=list(product_ids))
    return {
        image.product_id: str(image.image.name) for image in images.order_by("-position", "-pk")
    }
