from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def no_overlap(person: str, name: str) -> ExclusionConstraint:
    """At most one interval of a person at any instant; [starts_at, ends_at), open at the end.

    The person's id is written as a range of one number so that plain GiST can compare it.
    """
    return ExclusionConstraint(
        name=name,
        expressions=[
            (
                Func(F(person), F(person), Value("[]"), function="int8range"),
                RangeOperators.OVERLAPS,
            ),
            (Func(F("starts_at"), F("ends_at"), function="tstzrange"), RangeOperators.OVERLAPS),
        ],
    )


class Link(models.Model):
    """A distributor's named link, e.g. for 抖音 or 小红书. The personal one is `Distributor.code`."""

    distributor = models.ForeignKey(
        "distribution.Distributor", models.CASCADE, related_name="links", verbose_name=_("分销商")
    )
    code = models.CharField(_("链接码"), max_length=20, unique=True)
    channel = models.CharField(_("渠道"), max_length=40)
    target = models.CharField(_("目标页面"), max_length=200, default="/")
    created_at = models.DateTimeField(_("创建时间"))
    archived_at = models.DateTimeField(
        _("收起时间"), null=True, blank=True, help_text=_("收起的链接仍然有效，只是不再列出。")
    )

    class Meta:
        verbose_name = _("推广链接")
        verbose_name_plural = pgettext_lazy("plural", "推广链接")
        ordering = ["pk"]
        indexes = [models.Index(fields=["-created_at"], name="link_newest")]

    def __str__(self) -> str:
        return f"{self.distributor} {self.channel}"


class Click(models.Model):
    """Somebody opened a distributor's link. For counting only; after a while a day's clicks
    become their number (`ClickDay`).

    Laid out to be cut by months when it grows large: nothing refers to a click, no key but the
    row's own number is unique, and every question names a time. `ip_digest` is keyed
    (`base.digests`): it can only be compared.
    """

    visitor = models.UUIDField(_("访客"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("会员"),
    )
    distributor = models.ForeignKey(
        "distribution.Distributor", models.CASCADE, related_name="clicks", verbose_name=_("分销商")
    )
    link = models.ForeignKey(
        Link,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="clicks",
        verbose_name=_("推广链接"),
        help_text=_("空表示个人推广码。"),
    )
    path = models.CharField(_("页面"), max_length=200)
    at = models.DateTimeField(_("时间"))
    ip_digest = models.BinaryField(null=True, editable=False)

    class Meta:
        verbose_name = _("访问记录")
        verbose_name_plural = pgettext_lazy("plural", "访问记录")
        indexes = [
            models.Index(fields=["visitor", "at"]),
            models.Index(
                fields=["user", "at"], condition=Q(user__isnull=False), name="click_user_at"
            ),
            models.Index(fields=["distributor", "-at"]),
            # Rows come in order of time, so that a few pages of this find a day or a month.
            BrinIndex(fields=["at"], name="click_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.visitor} → {self.distributor_id}"


class ClickDay(models.Model):
    """What a day's clicks of a link came to, kept when the clicks themselves are deleted.

    `visitors` is how many people; somebody who came on two days counts on both. Rows add up: a day
    may have several.
    """

    distributor = models.ForeignKey(
        "distribution.Distributor", models.CASCADE, related_name="+", verbose_name=_("分销商")
    )
    link = models.ForeignKey(
        Link, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("推广链接")
    )
    day = models.DateField(_("日期"))
    clicks = models.PositiveIntegerField(_("访问"))
    visitors = models.PositiveIntegerField(pgettext_lazy("plural", "访客"))

    class Meta:
        verbose_name = _("访问统计")
        verbose_name_plural = pgettext_lazy("plural", "访问统计")
        indexes = [models.Index(fields=["distributor", "day"], name="click_day_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(visitors__gte=1, clicks__gte=F("visitors")), name="click_day_adds_up"
            )
        ]

    def __str__(self) -> str:
        return f"{self.distributor_id} {self.day}"


class Binding(models.Model):
    """Customer → distributor, dated: decides level 1."""

    class Source(models.TextChoices):
        LINK = "link", _("推广链接")
        PROMO_CODE = "promo", _("推广口令")
        MERCHANT = "merchant", _("商家指定")
        IMPORT = "import", _("迁入")

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bindings", verbose_name=_("顾客")
    )
    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        related_name="bindings",
        verbose_name=_("分销商"),
    )
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=10, choices=Source.choices)
    link = models.ForeignKey(
        Link,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="bindings",
        verbose_name=_("推广链接"),
        help_text=_("绑定来自哪条链接；空表示个人推广码，或不是由链接绑定。"),
    )
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("顾客关系")
        verbose_name_plural = pgettext_lazy("plural", "顾客关系")
        ordering = ["-starts_at", "-pk"]
        indexes = [
            models.Index(fields=["customer", "-starts_at"]),
            models.Index(fields=["distributor", "-starts_at"]),
        ]
        constraints = [
            no_overlap("customer_id", "one_binding_at_a_time"),
            models.CheckConstraint(
                condition=~Q(customer=F("distributor")), name="nobody_binds_to_themselves"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="binding_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} → {self.distributor_id}"


class Recruitment(models.Model):
    """Distributor → recruiter, dated: decides level 2. Changed only by the merchant."""

    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        related_name="recruitments",
        verbose_name=_("分销商"),
    )
    recruiter = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        related_name="recruits",
        verbose_name=_("推荐人"),
    )
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("推荐关系")
        verbose_name_plural = pgettext_lazy("plural", "推荐关系")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["recruiter", "-starts_at"])]
        constraints = [
            no_overlap("distributor_id", "one_recruiter_at_a_time"),
            models.CheckConstraint(
                condition=~Q(distributor=F("recruiter")), name="nobody_recruits_themselves"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="recruitment_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.distributor_id} ← {self.recruiter_id}"
