from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.numbers import new_code


def new_member_no() -> str:
    return f"U{new_code(9)}"


class UserManager(BaseUserManager["User"]):
    def create_user(self, phone: str | None, password: str | None = None, **fields: Any) -> "User":
        """Make a member; without a password they sign in by code."""
        fields["email"] = (fields.get("email") or "").lower() or None
        user = self.model(phone=phone, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, phone: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(phone, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One person. `member_no` is the number merchants, imports and exports know them by."""

    member_no = models.CharField(_("会员号"), max_length=40, unique=True, default=new_member_no)
    phone = models.CharField(_("手机号"), max_length=20, unique=True, null=True, blank=True)
    phone_verified = models.BooleanField(_("手机号已验证"), default=False)
    email = models.EmailField(_("邮箱"), unique=True, null=True, blank=True)
    name = models.CharField(_("称呼"), max_length=60, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    is_staff = models.BooleanField(_("可进后台"), default=False)
    date_joined = models.DateTimeField(_("注册时间"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "phone"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("会员")
        verbose_name_plural = pgettext_lazy("plural", "会员")
        indexes = [models.Index(fields=["-date_joined"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=None) | Q(email=Lower("email")), name="email_in_small_letters"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.masked_phone or self.member_no

    def get_full_name(self) -> str:
        """What Django and the back office's theme greet with."""
        return str(self)

    @property
    def masked_phone(self) -> str:
        """138****8000: what other people may see."""
        return f"{self.phone[:3]}****{self.phone[-4:]}" if self.phone else ""


class Address(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="addresses", verbose_name=_("会员"))
    recipient = models.CharField(_("收货人"), max_length=60)
    phone = models.CharField(_("手机号"), max_length=20)
    province = models.CharField(_("省份"), max_length=40)
    city = models.CharField(_("城市"), max_length=40)
    district = models.CharField(_("区县"), max_length=40, blank=True)
    street = models.CharField(_("详细地址"), max_length=200)
    is_default = models.BooleanField(_("默认地址"), default=False)

    class Meta:
        verbose_name = _("收货地址")
        verbose_name_plural = pgettext_lazy("plural", "收货地址")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="one_default_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.province}{self.city}{self.district}{self.street}"


class Consent(models.Model):
    """Which version of which document somebody agreed to, and when."""

    class Document(models.TextChoices):
        TERMS = "terms", _("用户协议")
        PRIVACY = "privacy", _("隐私政策")
        DISTRIBUTION = "distribution", _("分销协议")

    user = models.ForeignKey(User, models.CASCADE, related_name="consents", verbose_name=_("会员"))
    document = models.CharField(_("文件"), max_length=20, choices=Document.choices)
    version = models.CharField(_("版本"), max_length=20)
    at = models.DateTimeField(_("同意时间"), default=timezone.now)

    class Meta:
        verbose_name = _("同意记录")
        verbose_name_plural = pgettext_lazy("plural", "同意记录")
        indexes = [models.Index(fields=["document", "-at"])]
        constraints = [
            models.UniqueConstraint(fields=["user", "document", "version"], name="consent_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_document_display()} {self.version}"


class OneTimeCode(models.Model):
    """The last code sent to a recipient for a purpose. Its digits are not kept."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", _("登录或注册")
        PASSWORD = "password", _("设置密码")
        EMAIL = "email", _("绑定邮箱")

    purpose = models.CharField(_("用途"), max_length=10, choices=Purpose.choices)
    recipient = models.CharField(_("接收人"), max_length=254)
    digest = models.CharField(_("摘要"), max_length=64)
    sent_at = models.DateTimeField(_("发送时间"))
    expires_at = models.DateTimeField(_("失效时间"))
    wrong_tries = models.PositiveSmallIntegerField(_("输错次数"), default=0)
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)
    used_by = models.UUIDField(_("使用的浏览器"), null=True, blank=True)

    class Meta:
        verbose_name = _("验证码")
        verbose_name_plural = pgettext_lazy("plural", "验证码")
        indexes = [
            models.Index(fields=["used_by"], condition=~Q(used_by=None), name="code_used_by")
        ]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "recipient"], name="one_code_per_recipient")
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.recipient}"
