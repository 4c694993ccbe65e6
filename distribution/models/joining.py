from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from base.accounts.models import Consent
from base.clock import validate_moment
from distribution.models.people import Distributor
from distribution.states import Status


class Agreement(models.Model):
    """A version of what distributors agree to. A draft may be edited; from the moment it is
    published nothing in it ever changes (trigger). In force is the latest that has begun.

    The texts are plain: `## ` begins a heading, `- ` an item, an empty line a new paragraph, and
    `{shop}` stands for the shop's name.
    """

    version = models.SlugField(
        _("版本"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^\d", _("版本以数字开头，例如 2027-01。"))],
        help_text=_("只用字母、数字和连字符，例如 2027-01。"),
    )
    text = models.TextField(
        _("中文正文"),
        help_text=_("“## ”开头是小标题，“- ”开头是列表项，空一行另起一段，{shop} 会换成商城名称。"),
    )
    text_en = models.TextField(_("英文正文"))
    note = models.CharField(
        _("改动说明"),
        max_length=200,
        blank=True,
        help_text=_("请分销商同意新版时，先用一句话告诉他们改了什么。"),
    )
    note_en = models.CharField(_("英文改动说明"), max_length=200, blank=True)
    valid_from = models.DateTimeField(
        _("生效时间"), null=True, blank=True, validators=[validate_moment]
    )
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("发布人"),
    )

    class Meta:
        verbose_name = _("分销协议")
        verbose_name_plural = pgettext_lazy("plural", "分销协议")
        ordering = ["-created_at", "-pk"]
        permissions = [("download_evidence", "Can download the evidence pack")]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at=None)
                | (Q(valid_from__gte=F("published_at")) & ~Q(text="") & ~Q(text_en="")),
                name="agreement_published_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def body(self) -> str:
        """The text in the reader's language."""
        return self.text_en if get_language() == "en" else self.text

    @property
    def changes(self) -> str:
        """What is new, in the reader's language."""
        return (self.note_en if get_language() == "en" else "") or self.note


class AcceptanceManager(models.Manager["Acceptance"]):
    def get_queryset(self) -> models.QuerySet["Acceptance"]:
        return super().get_queryset().filter(document=Consent.Document.DISTRIBUTION)


class Acceptance(Consent):
    """Who accepted which version of the agreement, and when: the consents to this document."""

    objects = AcceptanceManager()  # type: ignore[misc]  # a proxy with rows of its own

    class Meta:
        proxy = True
        verbose_name = _("协议同意记录")
        verbose_name_plural = pgettext_lazy("plural", "协议同意记录")

    def __str__(self) -> str:
        return f"{self.user} {self.version}"


class ContactDetails(models.Model):
    """How the merchant reaches a distributor, and what they say about themselves."""

    distributor = models.OneToOneField(
        "distribution.Distributor",
        models.CASCADE,
        primary_key=True,
        related_name="contact",
        verbose_name=_("分销商"),
    )
    wechat = models.CharField(_("微信号"), max_length=40, blank=True)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    city = models.CharField(_("所在城市"), max_length=40, blank=True)
    introduction = models.CharField(_("自我介绍"), max_length=300, blank=True)
    updated_at = models.DateTimeField(_("更新时间"))

    class Meta:
        verbose_name = _("联系方式")
        verbose_name_plural = pgettext_lazy("plural", "联系方式")

    def __str__(self) -> str:
        return self.city or self.masked_wechat or self.masked_phone

    @property
    def masked_wechat(self) -> str:
        return f"{self.wechat[:2]}****{self.wechat[-1]}" if self.wechat else ""

    @property
    def masked_phone(self) -> str:
        return f"{self.phone[:3]}****{self.phone[-4:]}" if self.phone else ""


class ApplicationManager(models.Manager["Application"]):
    def get_queryset(self) -> models.QuerySet["Application"]:
        return super().get_queryset().filter(status=Status.APPLIED)


class Application(Distributor):
    """Somebody who waits for the merchant's decision: a distributor who has only applied."""

    objects = ApplicationManager()  # type: ignore[misc]  # a proxy with rows of its own

    class Meta:
        proxy = True
        verbose_name = _("分销申请")
        verbose_name_plural = pgettext_lazy("plural", "分销申请")
