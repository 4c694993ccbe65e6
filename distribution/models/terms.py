from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from distribution.models.rules import Rule


class OrderTerms(models.Model):
    """Whom an order pays and under which policy, fixed at placement.

    A level's `payee` is who stands there; `block` says why that one is not paid (empty = paid).
    """

    class Why(models.TextChoices):
        BOUND = "bound", _("顾客绑定的分销商")
        RECRUITER = "recruiter", _("推荐人")
        SELF = "self", _("自购返佣")
        NOBODY = "nobody", _("没有人")

    class Block(models.TextChoices):
        NONE = "", _("可计佣")
        MISSING = "missing", _("没有分销商")
        NOT_APPROVED = "not_approved", _("尚未通过审核")
        FROZEN = "frozen", _("已冻结")
        RESIGNED = "resigned", _("已退出")
        BANNED = "banned", _("已封禁")
        IS_BUYER = "is_buyer", _("本人是买家")
        ONE_LEVEL = "one_level", _("商家只计一级")

    order = models.OneToOneField(
        "orders.Order", models.CASCADE, primary_key=True, related_name="distribution_terms"
    )
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    policy = models.ForeignKey("distribution.Policy", models.PROTECT, related_name="+")
    is_self_purchase = models.BooleanField(default=False)
    payee1 = models.ForeignKey(
        "distribution.Distributor", models.PROTECT, null=True, related_name="level1_orders"
    )
    why1 = models.CharField(max_length=10, choices=Why.choices)
    block1 = models.CharField(max_length=12, choices=Block.choices, blank=True)
    tier1 = models.ForeignKey("distribution.Tier", models.PROTECT, null=True, related_name="+")
    payee2 = models.ForeignKey(
        "distribution.Distributor", models.PROTECT, null=True, related_name="level2_orders"
    )
    why2 = models.CharField(max_length=10, choices=Why.choices)
    block2 = models.CharField(max_length=12, choices=Block.choices, blank=True)
    tier2 = models.ForeignKey("distribution.Tier", models.PROTECT, null=True, related_name="+")
    paid_at = models.DateTimeField(null=True)
    # Received and past its days for after-sales: from then on a sale counts for the tier.
    completes_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["payee1", "completes_at"],
                condition=Q(completes_at__isnull=False, block1="", is_self_purchase=False),
                name="own_completed_sales",
            ),
            models.Index(
                fields=["payee1", "paid_at"],
                condition=Q(paid_at__isnull=False, block1=""),
                name="level1_paid_orders",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(payee1=None)
                | ~Q(payee1=F("buyer"))
                | Q(is_self_purchase=True)
                | ~Q(block1=""),
                name="terms_level1_not_buyer",
            ),
            models.CheckConstraint(
                condition=Q(payee2=None) | ~Q(payee2=F("buyer")) | ~Q(block2=""),
                name="terms_level2_not_buyer",
            ),
            models.CheckConstraint(
                condition=Q(is_self_purchase=False)
                | Q(payee1__isnull=False, payee1=F("buyer"), why1="self"),
                name="terms_self_purchase_is_the_buyers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.payee1_id}, {self.payee2_id}"


class LineTerms(models.Model):
    """What one line owes one level: the winning rule version and its values at placement.

    Exists only for a level that is paid and for which some rule has a value.
    """

    line = models.ForeignKey("orders.OrderLine", models.CASCADE, related_name="terms")
    level = models.PositiveSmallIntegerField()
    payee = models.ForeignKey("distribution.Distributor", models.PROTECT, related_name="+")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="+")
    base = models.CharField(max_length=10, choices=Rule.Base.choices)
    rate = models.DecimalField(max_digits=9, decimal_places=8, null=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    uplift = models.DecimalField(max_digits=7, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "level"], name="line_terms_once"),
            models.CheckConstraint(condition=Q(level__in=[1, 2]), name="line_terms_two_levels"),
            models.CheckConstraint(
                condition=Q(rate=None, amount__isnull=False) | Q(rate__isnull=False, amount=None),
                name="line_terms_one_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} L{self.level} → {self.payee_id}"
