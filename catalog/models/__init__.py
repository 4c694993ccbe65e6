from catalog.models.category import Category
from catalog.models.product import Product, ProductImage, Variant

__all__ = ["Category", "Product", "ProductImage", "Variant"]
