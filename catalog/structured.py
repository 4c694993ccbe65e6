"""What search engines read about a product (schema.org), as data for a JSON-LD script."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from catalog.models import Category, Product, Variant
from catalog.pictures import Picture


def product_data(
    product: Product, variants: Sequence[Variant], pictures: Sequence[Picture]
) -> dict[str, Any]:
    address = settings.BASE_URL + reverse("catalog:product", args=[product.slug])
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.title,
        "description": product.tagline or product.title,
        "image": [settings.BASE_URL + picture.large for picture in pictures],
        "url": address,
        "offers": [
            {
                "@type": "Offer",
                "sku": variant.sku,
                "name": variant.title,
                "price": str(variant.price),
                "priceCurrency": "CNY",
                "availability": "https://schema.org/"
                + ("InStock" if variant.stock > 0 else "OutOfStock"),
                "url": address,
            }
            for variant in variants
        ],
    }


def breadcrumbs_data(trail: Sequence[Category], product: Product) -> dict[str, Any]:
    steps = [(row.title, reverse("catalog:category", args=[row.slug])) for row in trail]
    steps.append((product.title, reverse("catalog:product", args=[product.slug])))
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": name,
                "item": settings.BASE_URL + address,
            }
            for place, (name, address) in enumerate(steps, start=1)
        ],
    }
