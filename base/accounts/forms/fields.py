"""Fields that know how people type numbers, codes and passwords."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from base.accounts.contacts import BadContact, Contact, contact_from, email_from, phone_from


class ContactField(forms.CharField):
    """A phone number or a mail address; its cleaned value is a Contact."""

    read: Callable[[str], Contact] = staticmethod(contact_from)

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 254, **options})

    def clean(self, value: Any) -> Contact:
        text = super().clean(value)
        try:
            return self.read(text)
        except BadContact as error:
            raise forms.ValidationError(str(error)) from None


class PhoneField(ContactField):
    read = staticmethod(phone_from)
    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})


class EmailField(ContactField):
    read = staticmethod(email_from)
    widget = forms.EmailInput(attrs={"autocomplete": "email"})


class DigitsField(forms.CharField):
    """The six digits of a code, also typed with spaces or in full width."""

    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "11"}
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_("验证码"), **options)

    def clean(self, value: Any) -> str:
        digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", super().clean(value)))
        if digits and not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
            raise forms.ValidationError(_("验证码是 6 位数字。"))
        return digits


class NewPasswordField(forms.CharField):
    """A password that passes the shop's validators; empty when it is optional."""

    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, max_length=128, **options)

    def clean(self, value: Any) -> str:
        password = super().clean(value)
        if password:
            validate_password(password)
        return password
