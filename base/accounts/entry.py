"""Coming in: becoming a member and signing in.

allauth carries the sign-in itself (authentication back ends, steps such as a second factor,
its signals); what stands before it, the proof by code, is ours.
"""

from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.account.signals import user_signed_up
from allauth.account.utils import perform_login
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from base.accounts.consents import record_consents
from base.accounts.contacts import Contact
from base.accounts.models import User
from base.errors import DomainError
from base.models import Notice


class WrongPassword(DomainError):
    """No member has this account and password; the message does not say which is wrong."""


def check_password(request: HttpRequest, contact: Contact, password: str) -> User:
    """The member whose password this is. Raises WrongPassword or adapter.TooManyPasswords."""
    field = "phone" if contact.channel == Notice.Channel.SMS else "email"
    credentials = {field: contact.value, "password": password}
    user = get_adapter().authenticate(request, **credentials)
    if user is None:
        raise WrongPassword(_("账号或密码不正确。"))
    return user


def sign_up(
    request: HttpRequest, phone: Contact, *, password: str | None, at: datetime
) -> tuple[User, bool]:
    """The member with this proved phone, made if there is none; and whether they are new.

    A new member agreed to the documents, and `user_signed_up` tells the other rooms inside the
    same transaction. Of two sign-ups at once one makes the member and both get them; somebody
    who was a member already stays as they are.
    """
    with transaction.atomic():
        user, is_new = _member_with(phone.value, password, at)
        if is_new:
            record_consents(user, at=at)
            user_signed_up.send(sender=User, request=request, user=user)
    return user, is_new


def _member_with(phone: str, password: str | None, at: datetime) -> tuple[User, bool]:
    known = User.objects.filter(phone=phone).first()
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            user = User.objects.create_user(phone, password, phone_verified=True, date_joined=at)
    except IntegrityError:  # somebody was quicker by a moment
        return User.objects.get(phone=phone), False
    return user, True


def sign_in(request: HttpRequest, user: User, *, next_url: str) -> HttpResponse:
    """Sign in and redirect: on to `next_url`, or to a further step, or to why it cannot be."""
    return perform_login(request, user, redirect_url=next_url or None)


def mark_phone_proved(user: User, contact: Contact) -> None:
    """A member that was moved in or made by the merchant used a code for the first time."""
    if contact.channel == Notice.Channel.SMS and not user.phone_verified:
        User.objects.filter(pk=user.pk, phone=contact.value).update(phone_verified=True)
