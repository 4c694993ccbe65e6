from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """The roof is an app so that its commands are found; it has no models of its own."""

    name = "shop"
    verbose_name = _("商城")
