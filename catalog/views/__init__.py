from catalog.views.crawlers import favicon, manifest, robots, sitemap, sitemap_index
from catalog.views.pages import categories, category, home, product, search

__all__ = [
    "categories",
    "category",
    "favicon",
    "home",
    "manifest",
    "product",
    "robots",
    "search",
    "sitemap",
    "sitemap_index",
]
