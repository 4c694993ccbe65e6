"""What this room does when something happens in the rooms below. One domain call each."""

from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from base.accounts.models import User
from distribution import news
from distribution.money import commissions, terms
from distribution.referral import clicks, recognition
from distribution.sharing import promo_codes
from distribution.tiers import own_sales
from orders.models import OrderEvent
from orders.signals import order_cancelled, order_paid, order_placed, order_received, order_refunded


@receiver(order_placed, dispatch_uid="distribution.placed")
def on_placed(events: list[OrderEvent], **kwargs: Any) -> None:
    recognition.bind_first_orders(events)
    terms.fix_terms(events)


@receiver(order_paid, dispatch_uid="distribution.paid")
def on_paid(events: list[OrderEvent], **kwargs: Any) -> None:
    commissions.accrue(events)
    news.tell_earned(event.order_id for event in events)


@receiver(order_received, dispatch_uid="distribution.received")
def on_received(events: list[OrderEvent], **kwargs: Any) -> None:
    commissions.note_receipt(events)
    own_sales.note_completion(events)


@receiver(order_refunded, dispatch_uid="distribution.refunded")
def on_refunded(events: list[OrderEvent], **kwargs: Any) -> None:
    commissions.reverse(events)
    news.tell_reversed(event.refund_id for event in events if event.refund_id)


@receiver(order_cancelled, dispatch_uid="distribution.cancelled")
def on_cancelled(events: list[OrderEvent], **kwargs: Any) -> None:
    promo_codes.release_uses(events)


@receiver(user_signed_up, dispatch_uid="distribution.signed_up")
def on_signed_up(request: HttpRequest, user: User, **kwargs: Any) -> None:
    clicks.adopt_clicks(request, user, is_new=True)


@receiver(user_logged_in, dispatch_uid="distribution.logged_in")
def on_logged_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    clicks.adopt_clicks(request, user, is_new=False)
