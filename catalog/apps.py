from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = pgettext_lazy("plural", "商品")
