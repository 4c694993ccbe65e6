from catalog.views.crawlers import manifest, robots, sitemap, sitemap_index
from catalog.views.pages import categories, category, home, product, search

__all__ = [
    "categories",
    "category",
    "home",
    "manifest",
    "product",
    "robots",
    "search",
    "sitemap",
    "sitemap_index",
]
