from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The roof is an app so that its commands are found; it has no models of its own."""

    name = "shop"
    verbose_name = "商城"
