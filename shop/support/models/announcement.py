from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from base.clock import validate_moment


class Announcement(models.Model):
    """Something the shop tells many people, for a time."""

    class Audience(models.TextChoices):
        MEMBERS = "members", _("所有会员")
        DISTRIBUTORS = "distributors", _("所有分销商")
        TIERS = "tiers", _("指定等级的分销商")

    name = models.CharField(_("标题"), max_length=80)
    name_en = models.CharField(_("英文标题"), max_length=80, blank=True)
    body = models.TextField(
        _("正文"), help_text=_("用 Markdown 写：## 小标题，- 列表，**重点**，[文字](链接)。")
    )
    body_en = models.TextField(_("英文正文"), blank=True)
    audience = models.CharField(
        _("给谁看"), max_length=12, choices=Audience.choices, default=Audience.MEMBERS
    )
    tiers = models.ManyToManyField(
        "distribution.Tier", blank=True, related_name="+", verbose_name=_("等级")
    )
    starts_at = models.DateTimeField(
        _("开始时间"), default=timezone.now, validators=[validate_moment]
    )
    ends_at = models.DateTimeField(
        _("结束时间"), null=True, blank=True, validators=[validate_moment]
    )
    is_pinned = models.BooleanField(_("置顶"), default=False)
    is_published = models.BooleanField(_("已发布"), default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("公告")
        verbose_name_plural = pgettext_lazy("plural", "公告")
        ordering = ["-is_pinned", "-starts_at", "-pk"]
        indexes = [
            models.Index(
                fields=["-is_pinned", "-starts_at", "-id"],
                condition=Q(is_published=True),
                name="announcement_published",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="announcement_ends_later",
                violation_error_message=_("结束时间要晚于开始时间。"),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return (self.name_en if get_language() == "en" else "") or self.name

    @property
    def text(self) -> str:
        return (self.body_en if get_language() == "en" else "") or self.body


class AnnouncementReading(models.Model):
    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="readings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="announcement_readings"
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("公告阅读")
        verbose_name_plural = pgettext_lazy("plural", "公告阅读")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "user"], name="announcement_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} {self.user_id}"
