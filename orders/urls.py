from django.urls import path

from orders.views import cart

app_name = "orders"
urlpatterns = [
    path("cart/", cart.cart, name="cart"),
    path("cart/lines/", cart.cart_lines, name="cart_lines"),
    path("cart/lines/<int:variant_id>/", cart.cart_line, name="cart_line"),
    path("personal/", cart.personal, name="personal"),
]
