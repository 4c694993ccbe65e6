from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

CHINESE_WORD = RegexValidator(r"^[\u3400-\u9fff]{1,8}$", _("请用 1 到 8 个汉字。"))
ENGLISH_WORD = RegexValidator(r"^[A-Za-z]+( [A-Za-z]+){0,2}$", _("请用英文字母，最多三个单词。"))


class Presentation(models.Model):
    """How the programme is called and what of it is shown: one row for the shop.

    The words take the place of 分销, 分销商, distribution, distributor and distributors in every
    text but the agreements (`distribution.desk.wording`). Empty: the word stays.
    """

    class Ranking(models.TextChoices):
        OFF = "off", _("不公开，只看自己的名次")
        MASKED = "masked", _("公开，姓名打码")
        NAMES = "names", _("公开，显示姓名")

    programme = models.CharField(
        _("“分销”叫作"), max_length=8, blank=True, validators=[CHINESE_WORD]
    )
    person = models.CharField(
        _("“分销商”叫作"), max_length=8, blank=True, validators=[CHINESE_WORD]
    )
    programme_en = models.CharField(
        _("英文 distribution 叫作"), max_length=40, blank=True, validators=[ENGLISH_WORD]
    )
    person_en = models.CharField(
        _("英文 distributor 叫作"), max_length=40, blank=True, validators=[ENGLISH_WORD]
    )
    people_en = models.CharField(
        _("英文 distributors（复数）叫作"), max_length=40, blank=True, validators=[ENGLISH_WORD]
    )
    ranking = models.CharField(
        _("排行榜"),
        max_length=10,
        choices=Ranking.choices,
        default=Ranking.MASKED,
        help_text=_("只按本人的销售额或佣金排名，从不按发展了多少人。"),
    )

    class Meta:
        verbose_name = _("称呼与排行")
        verbose_name_plural = pgettext_lazy("plural", "称呼与排行")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_presentation")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
