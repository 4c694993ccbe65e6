from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.clock import validate_moment


class Policy(models.Model):
    """The shop's distribution policy from a moment on. Versions are only added; one that is
    cancelled before it begins never was.

    Depth is no setting: two levels, by code and by database constraint.
    """

    class BindingMode(models.TextChoices):
        FIRST_FOREVER = "first", _("首次绑定，永久有效")
        FIRST_FOR_DAYS = "days", _("首次绑定，有效 N 天")
        LATEST = "latest", _("以最近一次为准")

    class BindingMoment(models.TextChoices):
        VISIT = "visit", _("访问时")
        SIGN_UP = "signup", _("注册时")
        FIRST_ORDER = "order", _("首次下单时")

    class Joining(models.TextChoices):
        OPEN = "open", _("人人可加入")
        APPLY = "apply", _("申请后审核")
        APPOINTED = "appointed", _("仅商家指定")
        FIRST_ORDER = "order", _("完成首单后可加入")
        SPENT = "spent", _("累计消费达标后可加入")

    valid_from = models.DateTimeField(
        _("生效时间"), default=timezone.now, validators=[validate_moment]
    )
    cap_rate = models.DecimalField(
        _("佣金上限"),
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.5"),
        help_text=_("两级佣金合计不超过实付金额的这一比例。"),
    )
    margin_guard = models.BooleanField(
        _("毛利保护"), default=False, help_text=_("两级佣金合计也不超过该商品的毛利。")
    )
    maturity_days = models.PositiveSmallIntegerField(
        _("成熟天数"), default=7, help_text=_("收货后经过这些天且没有进行中的售后，佣金可结算。")
    )
    self_purchase = models.BooleanField(_("自购返佣"), default=False)
    two_levels = models.BooleanField(
        _("启用二级佣金"), default=True, help_text=_("关闭后只计一级佣金。")
    )
    binding_mode = models.CharField(
        _("绑定方式"), max_length=10, choices=BindingMode.choices, default=BindingMode.FIRST_FOREVER
    )
    binding_days = models.PositiveSmallIntegerField(_("绑定有效天数"), default=30)
    binding_moment = models.CharField(
        _("绑定时机"), max_length=10, choices=BindingMoment.choices, default=BindingMoment.VISIT
    )
    joining = models.CharField(
        _("加入方式"), max_length=10, choices=Joining.choices, default=Joining.APPLY
    )
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True, editable=False)
    joining_spend = models.DecimalField(
        _("加入所需累计消费"),
        max_digits=10,
        decimal_places=2,
        default=0,
        help_text=_(
            "只用于“累计消费达标后可加入”：已完成、未退款的商品金额，任何商品都算，不含运费。"
        ),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("分销政策")
        verbose_name_plural = pgettext_lazy("plural", "分销政策")
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cap_rate__gte=0, cap_rate__lte=1), name="cap_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(cancelled_at__lt=F("valid_from")),
                name="policy_cancelled_never_was",
            ),
            models.CheckConstraint(condition=Q(binding_days__gte=1), name="binding_days_positive"),
            models.CheckConstraint(
                condition=Q(joining_spend__gte=0) & (~Q(joining="spent") | Q(joining_spend__gt=0)),
                name="joining_spend_says_how_much",
                violation_error_message=_("请填写加入需要累计消费多少元。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    @property
    def admits_by_itself(self) -> bool:
        """Whether who meets the conditions, if there are any, is in without the merchant's look."""
        return self.joining not in (self.Joining.APPLY, self.Joining.APPOINTED)

    @property
    def asks_for_purchase(self) -> bool:
        """Whether somebody has to buy before they may join: the law looks at that closely."""
        return self.joining in (self.Joining.FIRST_ORDER, self.Joining.SPENT)
