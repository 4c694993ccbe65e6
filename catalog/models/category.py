from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.pictures import Picture, PictureField


class Category(models.Model):
    """A shelf. `path` lists the ids from this category up to its root, nearest first."""

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级分类"),
    )
    path = ArrayField(models.BigIntegerField(), default=list, editable=False)
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(_("英文名称"), max_length=60, blank=True)
    slug = models.SlugField(_("网址"), max_length=80, unique=True, allow_unicode=True)
    image = PictureField(_("图片"), upload_to="categories", max_length=200, blank=True)
    position = models.PositiveIntegerField(_("排序"), default=0)
    is_active = models.BooleanField(_("上架"), default=True)

    class Meta:
        verbose_name = _("分类")
        verbose_name_plural = pgettext_lazy("plural", "分类")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="category_name_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return (self.name_en if get_language() == "en" else "") or self.name

    @property
    def picture(self) -> Picture | None:
        return Picture(str(self.image.name)) if self.image else None
