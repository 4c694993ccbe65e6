from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.private_files import private_storage
from distribution.academy.models.course import in_readers_language
from distribution.academy.videos import check_video_address


class Material(models.Model):
    """Something to share with: a text, pictures, a video, or several of them.

    Who may take it is a privilege: `level` is compared with the distributor's material level.
    """

    class Channel(models.TextChoices):
        MOMENTS = "moments", _("朋友圈")
        GROUP = "group", _("微信群")
        XIAOHONGSHU = "xiaohongshu", _("小红书")
        DOUYIN = "douyin", _("抖音")
        ANY = "any", _("通用")

    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    channel = models.CharField(
        _("渠道"), max_length=20, choices=Channel.choices, default=Channel.ANY
    )
    product = models.ForeignKey(
        "catalog.Product",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="materials",
        verbose_name=_("商品"),
        help_text=_("留空为全店素材，链接打开首页。"),
    )
    body = models.TextField(
        _("文案"),
        max_length=2000,
        blank=True,
        help_text=_("写 {link} 的地方换成领取人自己的链接；不写则加在最后一行。"),
    )
    body_en = models.TextField(_("英文文案"), max_length=2000, blank=True)
    video = models.CharField(
        _("视频链接"), max_length=300, blank=True, validators=[check_video_address]
    )
    level = models.PositiveSmallIntegerField(
        _("素材级别"), default=0, help_text=_("0 为所有分销商；更高的级别由身份或等级的权益决定。")
    )
    is_published = models.BooleanField(_("已发布"), default=False)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)

    class Meta:
        verbose_name = _("推广素材")
        verbose_name_plural = pgettext_lazy("plural", "推广素材")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(is_published=True),
                name="material_published",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_readers_language(self, "name")

    @property
    def text(self) -> str:
        return in_readers_language(self, "body")


class MaterialPicture(models.Model):
    material = models.ForeignKey(
        Material, models.CASCADE, related_name="pictures", verbose_name=_("推广素材")
    )
    file = models.FileField(_("图片"), upload_to="materials", storage=private_storage)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    position = models.PositiveIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("素材图片")
        verbose_name_plural = pgettext_lazy("plural", "素材图片")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.file.name)


class Taking(models.Model):
    """Somebody took something of a material. Only added, and counted for the merchant."""

    class What(models.TextChoices):
        COPY = "copy", _("复制文案")
        PICTURE = "picture", _("下载图片")
        ALL = "all", _("打包下载")
        VIDEO = "video", _("打开视频")

    material = models.ForeignKey(
        Material, models.CASCADE, related_name="takings", verbose_name=_("推广素材")
    )
    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.CASCADE,
        related_name="takings",
        verbose_name=_("分销商"),
    )
    what = models.CharField(_("领取方式"), max_length=10, choices=What.choices)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("领取记录")
        verbose_name_plural = pgettext_lazy("plural", "领取记录")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at", "-id"], name="taking_latest")]

    def __str__(self) -> str:
        return f"{self.material} {self.get_what_display()}"
