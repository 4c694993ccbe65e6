"""What this room does when something happens in the rooms below. One domain call each."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from base.accounts.models import User
from base.visitors import visitor_of
from orders.cart import merge_carts


@receiver(user_logged_in, dispatch_uid="orders.merge_carts")
def keep_guest_cart(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    visitor = visitor_of(request) if request else None
    if visitor:
        merge_carts(visitor, user)
