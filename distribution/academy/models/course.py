from django.db import models
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from base.private_files import private_storage
from distribution.academy.videos import check_video_address


def in_readers_language(row: models.Model, name: str) -> str:
    """The English text for an English reader where there is one, else the Chinese."""
    english = getattr(row, f"{name}_en") if get_language() == "en" else ""
    return english or getattr(row, name)


class Course(models.Model):
    """Lessons in an order, and quizzes about them. A draft until it is published."""

    class Kind(models.TextChoices):
        PRODUCT = "product", _("商品知识")
        SELLING = "selling", _("推广方法")

    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    summary = models.CharField(_("简介"), max_length=200, blank=True)
    summary_en = models.CharField(_("英文简介"), max_length=200, blank=True)
    slug = models.SlugField(_("网址"), max_length=80, unique=True)
    position = models.PositiveIntegerField(_("排序"), default=0)
    is_published = models.BooleanField(
        _("已发布"), default=False, help_text=_("未发布时只有后台看得到。")
    )
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)

    class Meta:
        verbose_name = _("课程")
        verbose_name_plural = pgettext_lazy("plural", "课程")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_readers_language(self, "name")

    @property
    def tagline(self) -> str:
        return in_readers_language(self, "summary")


class Lesson(models.Model):
    """A page to read: Markdown, pictures, a video elsewhere, the goods it speaks of."""

    course = models.ForeignKey(
        Course, models.CASCADE, related_name="lessons", verbose_name=_("课程")
    )
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    body = models.TextField(
        _("正文"), help_text=_("用 Markdown 写：## 小标题，- 列表，**重点**，[文字](链接)。")
    )
    body_en = models.TextField(_("英文正文"), blank=True)
    video = models.CharField(
        _("视频链接"), max_length=300, blank=True, validators=[check_video_address]
    )
    minutes = models.PositiveSmallIntegerField(_("约几分钟"), default=3)
    products = models.ManyToManyField(
        "catalog.Product", blank=True, related_name="+", verbose_name=_("相关商品")
    )
    position = models.PositiveIntegerField(_("排序"), default=0)
    is_published = models.BooleanField(_("已发布"), default=True)

    class Meta:
        verbose_name = _("课时")
        verbose_name_plural = pgettext_lazy("plural", "课时")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_readers_language(self, "name")

    @property
    def text(self) -> str:
        return in_readers_language(self, "body")


class LessonPicture(models.Model):
    lesson = models.ForeignKey(
        Lesson, models.CASCADE, related_name="pictures", verbose_name=_("课时")
    )
    file = models.FileField(_("图片"), upload_to="lessons", storage=private_storage)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    caption = models.CharField(_("说明"), max_length=120, blank=True)
    caption_en = models.CharField(_("英文说明"), max_length=120, blank=True)
    position = models.PositiveIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("课时图片")
        verbose_name_plural = pgettext_lazy("plural", "课时图片")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.words or str(self.file.name)

    @property
    def words(self) -> str:
        return in_readers_language(self, "caption")
