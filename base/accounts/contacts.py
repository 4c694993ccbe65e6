"""How somebody can be reached: a mainland mobile number or a mail address, in one spelling."""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.errors import DomainError
from base.models import Notice

MAINLAND_MOBILE = re.compile(r"1[3-9]\d{9}")
COUNTRY_PREFIX = re.compile(r"(?:\+|00)86|86(?=1\d{10}$)")


class BadContact(DomainError):
    """What was typed is no number or address we can send to."""


@dataclass(frozen=True)
class Contact:
    channel: Notice.Channel
    value: str

    @property
    def masked(self) -> str:
        """What may be shown to whoever looks over the shoulder: 138****8000, d***@example.com."""
        if self.channel == Notice.Channel.SMS:
            return f"{self.value[:3]}****{self.value[-4:]}"
        name, _at, host = self.value.partition("@")
        return f"{name[:1]}***@{host}"

    def owner(self) -> User | None:
        """The member who is reached by it."""
        field = "phone" if self.channel == Notice.Channel.SMS else "email"
        return User.objects.filter(**{field: self.value}).first()


def contact_from(text: str) -> Contact:
    """A phone number or a mail address, whichever it looks like. Raises BadContact."""
    return email_from(text) if "@" in unicodedata.normalize("NFKC", text) else phone_from(text)


def phone_from(text: str) -> Contact:
    """`13800138000`, `+86 138 0013 8000`, `138-0013-8000`, also in full-width digits.

    Raises BadContact with what is wrong.
    """
    typed = re.sub(r"[\s()\-–—.]", "", unicodedata.normalize("NFKC", text))
    number = COUNTRY_PREFIX.sub("", typed, count=1) if COUNTRY_PREFIX.match(typed) else typed
    if not number:
        raise BadContact(_("请输入手机号。"))
    if number.startswith("+"):
        raise BadContact(_("目前只支持中国大陆（+86）的手机号。"))
    if not (number.isascii() and number.isdigit()):
        raise BadContact(_("手机号只能是数字，例如 13800138000。"))
    if len(number) != 11:
        raise BadContact(_("手机号应为 11 位，现在是 %(count)d 位。") % {"count": len(number)})
    if not MAINLAND_MOBILE.fullmatch(number):
        raise BadContact(_("这不是中国大陆的手机号，请检查。"))
    return Contact(Notice.Channel.SMS, number)


def email_from(text: str) -> Contact:
    """A mail address in small letters. Raises BadContact."""
    address = unicodedata.normalize("NFKC", text).strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise BadContact(_("邮箱地址不完整，请检查，例如 name@example.com。")) from None
    if len(address) > 254:
        raise BadContact(_("邮箱地址太长。"))
    return Contact(Notice.Channel.EMAIL, address)


def contact_of(user: User) -> Contact | None:
    """How to reach a member: by phone, else by mail, else not at all."""
    if user.phone:
        return Contact(Notice.Channel.SMS, user.phone)
    if user.email:
        return Contact(Notice.Channel.EMAIL, user.email)
    return None
