"""What members prove themselves with: the password and an added mail address."""

from django.contrib.auth import update_session_auth_hash
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from base.accounts.contacts import Contact, contact_of
from base.accounts.models import User
from base.errors import DomainError
from base.locks import lock_row
from base.notices import queue_notice


class CannotChange(DomainError):
    """The change was refused; nothing has changed."""


def set_password(request: HttpRequest, user: User, password: str) -> User:
    """Set a new password, end the member's other sessions and tell them. Returns the member."""
    with transaction.atomic():
        user = lock_row(User.objects.filter(pk=user.pk))
        user.set_password(password)
        user.save(update_fields=["password"])
        _tell(user, _("你的登录密码已修改"))
    if request.user == user:
        update_session_auth_hash(request, user)
    return user


def bind_email(user: User, email: Contact) -> User:
    """Add a proved mail address, or put it in the old one's place. Raises CannotChange."""
    try:
        with transaction.atomic():
            user = lock_row(User.objects.filter(pk=user.pk))
            if user.email == email.value:
                return user
            user.email = email.value
            user.save(update_fields=["email"])
            _tell(user, _("你的账号已绑定邮箱 %(email)s") % {"email": email.masked})
    except IntegrityError:
        raise CannotChange(_("这个邮箱已绑定其他账号。")) from None
    return user


def unbind_email(user: User) -> User:
    """Take the mail address away. Raises CannotChange when nothing else would be left."""
    with transaction.atomic():
        user = lock_row(User.objects.filter(pk=user.pk))
        if user.email is None:
            return user
        if not user.phone:
            raise CannotChange(_("邮箱是你唯一的登录方式，不能解绑。"))
        user.email = None
        user.save(update_fields=["email"])
        _tell(user, _("你的账号已解绑邮箱"))
    return user


def _tell(user: User, what: str) -> None:
    """Tell the member of a change that a thief of their session would make."""
    contact = contact_of(user)
    if contact is None:
        return
    text = _("%(what)s。如非本人操作，请立即用验证码登录并修改密码。") % {"what": what}
    queue_notice(contact.channel, contact.value, text, subject=_("账号提醒"))
