"""Signing up, signing in, and proving who one is.

A page that asks for a code validates two ways: `…RecipientForm` when the code is asked for (only
whom to send it to matters then), and the whole form when it is sent in.
"""

from django import forms
from django.utils.translation import gettext_lazy as _

from base.accounts.forms.fields import (
    ContactField,
    DigitsField,
    EmailField,
    NewPasswordField,
    PhoneField,
)

ASK_CODE = {"required": _("请输入验证码。还没有收到？请点“获取验证码”。")}
PASSWORD_HELP = _("至少 8 位，不要只用数字。")


class ContactRecipientForm(forms.Form):
    account = ContactField(
        label=_("手机号或邮箱"),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={"required": _("请输入手机号或邮箱。")},
    )


class PhoneRecipientForm(forms.Form):
    account = PhoneField(label=_("手机号"), error_messages={"required": _("请输入手机号。")})


class EmailRecipientForm(forms.Form):
    account = EmailField(label=_("邮箱"), error_messages={"required": _("请输入邮箱。")})


class SignInForm(ContactRecipientForm):
    code = DigitsField(error_messages=ASK_CODE)


class PasswordSignInForm(ContactRecipientForm):
    password = forms.CharField(
        label=_("密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("请输入密码。")},
    )


class SignUpForm(PhoneRecipientForm):
    """The code may be missing when the browser has proved the number already."""

    code = DigitsField(required=False)
    password = NewPasswordField(
        label=_("登录密码"),
        required=False,
        help_text=_("可以不设，以后随时用验证码登录。至少 8 位，不要只用数字。"),
    )
    agrees = forms.BooleanField(
        error_messages={"required": _("请先阅读并同意用户协议和隐私政策。")}
    )


class ResetPasswordForm(ContactRecipientForm):
    code = DigitsField(error_messages=ASK_CODE)
    password = NewPasswordField(
        label=_("新密码"),
        help_text=PASSWORD_HELP,
        error_messages={"required": _("请输入新密码。")},
    )


class NewPasswordForm(forms.Form):
    code = DigitsField(error_messages=ASK_CODE)
    password = NewPasswordField(
        label=_("新密码"),
        help_text=PASSWORD_HELP,
        error_messages={"required": _("请输入新密码。")},
    )


class BindEmailForm(EmailRecipientForm):
    code = DigitsField(error_messages=ASK_CODE)
