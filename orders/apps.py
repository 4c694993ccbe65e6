from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = pgettext_lazy("plural", "订单")

    def ready(self) -> None:
        from django.conf import settings

        from orders import receivers  # noqa: F401  (connects the receivers)
        from orders.coupons import coupon_discount, use_coupon
        from orders.offline import Offline
        from orders.registries import discount_sources, payment_methods, redemptions

        discount_sources["coupon"] = coupon_discount
        redemptions["coupon"] = use_coupon
        payment_methods[Offline.code] = Offline()
        if settings.SANDBOX:
            from orders.sandbox import Sandbox

            payment_methods[Sandbox.code] = Sandbox()
