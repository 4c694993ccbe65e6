"""Six-digit codes that prove a phone number or a mail address is in somebody's hands.

One code lives per purpose and recipient; a new one replaces it. Only its digest is kept. Tries
are counted under a row lock. A used code goes on counting for the browser that used it, so
that a form sent twice, or a second page of the same form, finds it proved; signing out ends it.
"""

import secrets
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.accounts.contacts import Contact
from base.accounts.limits import DAY, HOUR, Limit, TooOften, consume
from base.accounts.models import OneTimeCode
from base.errors import DomainError
from base.locks import lock_row
from base.notices import queue_notice

VALID = timedelta(minutes=5)
RESEND = timedelta(seconds=60)
PROVED = timedelta(minutes=15)
MAX_TRIES = 5
PER_RECIPIENT = (Limit("code-to", 5, HOUR), Limit("code-to", 10, DAY))
PER_ADDRESS = (Limit("code-from", 60, HOUR), Limit("code-from", 300, DAY))

Purpose = OneTimeCode.Purpose


class WrongCode(DomainError):
    """This code does not prove anything; the message says what to do."""


def send_code(
    purpose: Purpose, contact: Contact, *, ip: str, is_known: bool, at: datetime
) -> timedelta:
    """Send a new code; returns how long until the next may be asked for.

    When nobody is reached by `contact` (`is_known` false) everything looks the same and nothing
    is sent. Raises TooOften. The message leaves through the outbox.
    """
    code = OneTimeCode.objects.filter(purpose=purpose, recipient=contact.value).first()
    if code is not None:
        _require_wait(code, at)
    for limit in PER_ADDRESS:
        consume(limit, ip)
    for limit in PER_RECIPIENT:
        consume(limit, contact.value)
    digits = f"{secrets.randbelow(10**6):06d}"
    with transaction.atomic():
        _keep(purpose, contact, digits, at)
        if is_known:
            queue_notice(
                contact.channel,
                contact.value,
                _message(purpose, digits),
                subject=_("验证码"),
                expires_at=at + VALID,
            )
    return RESEND


def _keep(purpose: Purpose, contact: Contact, digits: str, at: datetime) -> None:
    """Replace the recipient's code. Of two askers at once the second is told to wait."""
    digest = _digest(purpose, contact.value, digits)
    fresh = {"digest": digest, "sent_at": at, "expires_at": at + VALID}
    code, is_new = OneTimeCode.objects.get_or_create(
        purpose=purpose, recipient=contact.value, defaults=fresh
    )
    if is_new:
        return
    code = lock_row(OneTimeCode.objects.filter(pk=code.pk))
    _require_wait(code, at)
    code.digest, code.sent_at, code.expires_at = digest, at, at + VALID
    code.wrong_tries, code.used_at, code.used_by = 0, None, None
    code.save()


def _require_wait(code: OneTimeCode, at: datetime) -> None:
    left = code.sent_at + RESEND - at
    if left > timedelta(0):
        raise TooOften(left.total_seconds(), _("验证码刚刚发过，请 %(time)s后再重新获取。"))


def _message(purpose: Purpose, digits: str) -> str:
    texts = {
        Purpose.SIGN_IN: _("验证码 %(code)s，用于登录或注册，5 分钟内有效。请勿告诉他人。"),
        Purpose.PASSWORD: _("验证码 %(code)s，用于设置密码，5 分钟内有效。请勿告诉他人。"),
        Purpose.EMAIL: _("验证码 %(code)s，用于绑定邮箱，5 分钟内有效。请勿告诉他人。"),
    }
    return texts[purpose] % {"code": digits}


def redeem_code(
    purpose: Purpose, contact: Contact, digits: str, *, browser: uuid.UUID, at: datetime
) -> None:
    """Use up the code. Raises WrongCode and counts the try.

    Call it outside a transaction: a counted try must stay counted.
    """
    with transaction.atomic():
        rows = OneTimeCode.objects.filter(purpose=purpose, recipient=contact.value)
        code = rows.first()
        refusal = _judge(lock_row(rows), digits, browser, at) if code else _("请先获取验证码。")
    if refusal:
        raise WrongCode(refusal)


def _judge(code: OneTimeCode, digits: str, browser: uuid.UUID, at: datetime) -> str:
    """Mark a right code used or count a wrong one; "" or the reason to refuse."""
    if code.expires_at <= at:
        return _("验证码已过期，请重新获取。")
    if code.wrong_tries >= MAX_TRIES:
        return _("输错次数过多，请重新获取验证码。")
    if not constant_time_compare(code.digest, _digest(code.purpose, code.recipient, digits)):
        code.wrong_tries += 1
        code.save(update_fields=["wrong_tries"])
        return _after_wrong(MAX_TRIES - code.wrong_tries)
    if code.used_at is not None:
        return "" if code.used_by == browser else _("验证码已使用过，请重新获取。")
    code.used_at, code.used_by = at, browser
    code.save(update_fields=["used_at", "used_by"])
    return ""


def _after_wrong(tries_left: int) -> str:
    if not tries_left:
        return _("输错次数过多，请重新获取验证码。")
    text = ngettext(
        "验证码不正确，还可以再试 %(count)d 次。",
        "验证码不正确，还可以再试 %(count)d 次。",
        tries_left,
    )
    return text % {"count": tries_left}


def is_proved(purpose: Purpose, contact: Contact, *, browser: uuid.UUID, at: datetime) -> bool:
    """Whether this browser used a code for it within the last quarter of an hour."""
    return OneTimeCode.objects.filter(
        purpose=purpose, recipient=contact.value, used_by=browser, used_at__gt=at - PROVED
    ).exists()


def forget_proofs(browser: uuid.UUID) -> None:
    """What this browser proved counts no longer: somebody signed out."""
    OneTimeCode.objects.filter(used_by=browser).update(used_by=None)


def _digest(purpose: str, recipient: str, digits: str) -> str:
    value = f"{purpose}:{recipient}:{digits}"
    return salted_hmac("accounts.codes", value, algorithm="sha256").hexdigest()
