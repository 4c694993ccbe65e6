from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from base.money import percent
from base.numbers import new_code
from base.words import told
from distribution.models.privileges import Privileged
from distribution.states import IN_PROGRAMME, Status


class Tier(Privileged):
    """A distributor's rank (等级), e.g. bronze, silver, gold, and the privileges it carries.

    One without tasks is given by the merchant alone; the lowest is where everybody begins.
    """

    class TasksNeeded(models.TextChoices):
        ALL = "all", _("完成全部任务")
        ANY = "any", _("完成任意一项")

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    name_en = models.CharField(_("英文名称"), max_length=40, blank=True)
    rank = models.PositiveSmallIntegerField(_("高低"), default=0, help_text=_("数字大的等级高。"))
    tasks_needed = models.CharField(
        _("任务要求"), max_length=10, choices=TasksNeeded.choices, default=TasksNeeded.ALL
    )

    class Meta(Privileged.Meta):
        verbose_name = _("等级")
        verbose_name_plural = pgettext_lazy("plural", "等级")
        ordering = ["rank", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return (self.name_en if get_language() == "en" else "") or self.name


class TierUplift(models.Model):
    """What a tier adds to every commission from a moment on: 0.10 makes 10 % of it 11 %.

    Rows are only added; the one in force is the latest that has begun.
    """

    tier = models.ForeignKey(Tier, models.CASCADE, related_name="uplifts", verbose_name=_("等级"))
    uplift = models.DecimalField(_("加成"), max_digits=7, decimal_places=4)
    valid_from = models.DateTimeField(_("生效时间"), default=timezone.now)

    class Meta:
        verbose_name = _("等级加成")
        verbose_name_plural = pgettext_lazy("plural", "等级加成")
        ordering = ["valid_from", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(uplift__gte=0, uplift__lte=10), name="uplift_sane")
        ]

    def __str__(self) -> str:
        return f"{self.tier} +{percent(self.uplift)}"


def new_distributor_code() -> str:
    return new_code(7)


class Distributor(models.Model):
    """Somebody who recommends. `status` and `tier` repeat the latest Standing for quick reading."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        primary_key=True,
        related_name="distributor",
        verbose_name=_("会员"),
    )
    code = models.CharField(_("推广码"), max_length=20, unique=True, default=new_distributor_code)
    status = models.CharField(
        _("状态"), max_length=10, choices=Status.choices, default=Status.APPLIED
    )
    tier = models.ForeignKey(
        Tier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="distributors",
        verbose_name=_("等级"),
    )
    tier_since = models.DateTimeField(_("等级起始"), null=True, blank=True)
    tier_is_earned = models.BooleanField(_("由考核得来"), default=False, db_default=False)
    tier_kept_until = models.DateField(
        _("等级保留到"), null=True, blank=True, help_text=_("在这一天之前考核不会降级。")
    )
    tier_rises_from = models.DateField(
        _("可升级起始日"),
        null=True,
        blank=True,
        help_text=_("商家调低等级后，从这一天起才会升级。"),
    )
    joined_at = models.DateTimeField(_("加入时间"))
    hides_earnings = models.BooleanField(
        _("隐藏分享赚"),
        default=False,
        db_default=False,
        help_text=_("在商品上不显示分享能赚多少，免得旁人看见。"),
    )

    class Meta:
        verbose_name = _("分销商")
        verbose_name_plural = pgettext_lazy("plural", "分销商")
        indexes = [models.Index(fields=["-joined_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="distributor_status_known"
            )
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_in_programme(self) -> bool:
        return self.status in IN_PROGRAMME


class Standing(models.Model):
    """A distributor's status and tier from a moment on, who set it and why. Only added.

    `reason` is somebody's words, or the programme's own ones in Chinese.
    """

    distributor = models.ForeignKey(
        Distributor, models.CASCADE, related_name="standings", verbose_name=_("分销商")
    )
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices)
    tier = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("等级")
    )
    since = models.DateTimeField(_("起始时间"))
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    review = models.ForeignKey(
        "distribution.TierReview",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("等级考核"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("身份记录")
        verbose_name_plural = pgettext_lazy("plural", "身份记录")
        ordering = ["since", "pk"]
        indexes = [models.Index(fields=["distributor", "-since", "-id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="standing_status_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.distributor} {self.get_status_display()}"

    @property
    def why(self) -> str:
        """The reason; where it is the programme's own, in the reader's language."""
        return told(self.reason)
