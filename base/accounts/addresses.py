"""A member's addresses. At most one is the default; while there are any, one is.

Every change locks the member's row first, so that changes in two tabs follow one another.
"""

from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext as _

from base.accounts.models import Address, User
from base.errors import DomainError
from base.locks import lock_row

MOST_ADDRESSES = 20


class Place(TypedDict):
    recipient: str
    phone: str
    province: str
    city: str
    district: str
    street: str


class TooManyAddresses(DomainError):
    """Nobody needs more than MOST_ADDRESSES."""


def add_address(user: User, place: Place) -> Address:
    """Add an address; the first one becomes the default. Raises TooManyAddresses.

    The same address again (a form sent twice) is the one that is there already.
    """
    with transaction.atomic():
        lock_row(User.objects.filter(pk=user.pk))
        same = user.addresses.filter(**place).first()
        if same is not None:
            return same
        count = user.addresses.count()
        if count >= MOST_ADDRESSES:
            raise TooManyAddresses(_("最多保存 %(count)d 个地址。") % {"count": MOST_ADDRESSES})
        return user.addresses.create(**place, is_default=count == 0)


def change_address(address: Address, place: Place) -> Address:
    with transaction.atomic():
        lock_row(User.objects.filter(pk=address.user_id))
        Address.objects.filter(pk=address.pk).update(**place)
    address.refresh_from_db()
    return address


def choose_default(address: Address) -> None:
    """Make this address the default and no other; one that is gone by now changes nothing."""
    with transaction.atomic():
        user = lock_row(User.objects.filter(pk=address.user_id))
        if user.addresses.filter(pk=address.pk).exists():
            user.addresses.filter(is_default=True).exclude(pk=address.pk).update(is_default=False)
            user.addresses.filter(pk=address.pk).update(is_default=True)


def remove_address(address: Address) -> None:
    """Remove it; if it was the default, the newest of the others takes its place."""
    with transaction.atomic():
        user = lock_row(User.objects.filter(pk=address.user_id))
        Address.objects.filter(pk=address.pk).delete()
        newest = user.addresses.order_by("-pk").first()
        if newest is not None and not user.addresses.filter(is_default=True).exists():
            Address.objects.filter(pk=newest.pk).update(is_default=True)
