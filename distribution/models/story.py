from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from distribution.states import StoryState


class Story(models.Model):
    """What a distributor tells on the public page, under a name they chose, as long as they agree.

    No figure is kept here: what they were paid is read from the ledger when the page is made.
    """

    distributor = models.OneToOneField(
        "distribution.Distributor",
        models.CASCADE,
        primary_key=True,
        related_name="story",
        verbose_name=_("分销商"),
    )
    display_name = models.CharField(_("公开的名字"), max_length=20)
    display_name_en = models.CharField(_("公开的英文名字"), max_length=40, blank=True)
    text = models.TextField(_("故事"), max_length=300)
    text_en = models.TextField(_("故事的英文"), max_length=800, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=StoryState.choices)
    consented_at = models.DateTimeField(_("同意公开的时间"))
    decided_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审核人"),
    )
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("推广故事")
        verbose_name_plural = pgettext_lazy("plural", "推广故事")
        ordering = ["position", "pk"]
        indexes = [
            models.Index(
                fields=["position"], condition=Q(state="published"), name="story_published"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(decided_at__isnull=False),
                name="story_published_by_decision",
            )
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def version(self) -> str:
        """Stands for these words: whoever changes them agrees anew."""
        return f"{self.consented_at.timestamp():.6f}"

    @property
    def teller(self) -> str:
        return (self.display_name_en if get_language() == "en" else "") or self.display_name

    @property
    def words(self) -> str:
        return (self.text_en if get_language() == "en" else "") or self.text

    @property
    def language(self) -> str:
        """Of the words as they are shown."""
        return "en" if get_language() == "en" and self.text_en else "zh-hans"
