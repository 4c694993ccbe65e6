from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = pgettext_lazy("plural", "订单")

    def ready(self) -> None:
        from django.conf import settings

        from orders import receivers  # noqa: F401  (connects the receivers)
        from orders.offline import Offline
        from orders.registries import payment_methods

        payment_methods[Offline.code] = Offline()
        if settings.SANDBOX:
            from orders.sandbox import Sandbox

            payment_methods[Sandbox.code] = Sandbox()
