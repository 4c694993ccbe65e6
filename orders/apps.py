from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = pgettext_lazy("plural", "订单")

    def ready(self) -> None:
        from django.conf import settings

        from catalog.parts import product_parts
        from orders import (
            news,
            receivers,  # noqa: F401  (connects the receivers)
        )
        from orders.coupons import coupon_discount, use_coupon
        from orders.offline import Offline
        from orders.registries import discount_sources, payment_methods, redemptions
        from orders.views.reviews import product_reviews

        news.register()
        discount_sources["coupon"] = coupon_discount
        redemptions["coupon"] = use_coupon
        product_parts["reviews"] = product_reviews
        payment_methods[Offline.code] = Offline()
        if settings.SANDBOX:
            from orders.sandbox import Sandbox

            payment_methods[Sandbox.code] = Sandbox()
