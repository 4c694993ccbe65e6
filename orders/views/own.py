"""The one door to an order: through its owner. Anybody else's number is no number at all."""

from django.shortcuts import get_object_or_404

from base.access import MemberRequest
from orders.models import Order


def own_order(request: MemberRequest, number: str) -> Order:
    return get_object_or_404(request.user.orders, number=number)
