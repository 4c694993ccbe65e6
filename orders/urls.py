from django.conf import settings
from django.urls import path

from orders.views import (
    acts,
    after_sale,
    cart,
    checkout,
    coupons,
    notices,
    orders,
    payment,
    reviews,
)

app_name = "orders"
urlpatterns = [
    path("cart/", cart.cart, name="cart"),
    path("cart/lines/", cart.cart_lines, name="cart_lines"),
    path("cart/lines/<int:variant_id>/", cart.cart_line, name="cart_line"),
    path("personal/", cart.personal, name="personal"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("me/coupons/", coupons.coupons, name="coupons"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/payment/", payment.payment, name="payment"),
    path(
        "orders/<str:number>/payment/<str:payment_number>/",
        payment.payment_result,
        name="payment_result",
    ),
    path("orders/<str:number>/cancellation/", acts.cancellation, name="cancellation"),
    path("orders/<str:number>/receipt/", acts.receipt, name="receipt"),
    path("orders/<str:number>/repetition/", acts.repetition, name="repetition"),
    path("orders/<str:number>/reviews/<int:line>/", reviews.review, name="review"),
    path("orders/<str:number>/refund/", after_sale.refund, name="refund"),
    path(
        "orders/<str:number>/refunds/<str:refund_number>/withdrawal/",
        after_sale.withdrawal,
        name="withdrawal",
    ),
]

# Mounted at /notify/, in no language and without a CSRF token: the gateways' signatures stand.
notify_patterns = [path("sandbox/", notices.sandbox, name="sandbox")] if settings.SANDBOX else []
