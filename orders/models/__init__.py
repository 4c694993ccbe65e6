from orders.models.cart import Cart, CartLine
from orders.models.coupon import Coupon, CouponOffer
from orders.models.event import OrderEvent
from orders.models.order import LineDiscount, Order, OrderLine, Shipment
from orders.models.payment import GatewayNotice, Payment, Repayment
from orders.models.refund import Refund, RefundLine
from orders.models.review import Review
from orders.models.shipping import ShippingRate

__all__ = [
    "Cart",
    "CartLine",
    "Coupon",
    "CouponOffer",
    "GatewayNotice",
    "LineDiscount",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "Refund",
    "RefundLine",
    "Repayment",
    "Review",
    "Shipment",
    "ShippingRate",
]
