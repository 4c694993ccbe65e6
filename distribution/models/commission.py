from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Commission(models.Model):
    """What one line of an order earns one distributor at one level.

    Inserted at payment without any lock; from then on changed only under the payee's balance
    lock (`distribution.money.balances`). `amount` is now, after reversals; `allocated` is what of it
    went into reservations that were not released.
    """

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="commissions", verbose_name=_("订单")
    )
    line = models.ForeignKey(
        "orders.OrderLine",
        models.PROTECT,
        related_name="commissions",
        verbose_name=_("订单商品"),
    )
    level = models.PositiveSmallIntegerField(_("级别"), choices=[(1, _("一级")), (2, _("二级"))])
    payee = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        related_name="commissions",
        verbose_name=_("受益人"),
    )
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("买家")
    )
    is_self_purchase = models.BooleanField(_("自购"), default=False)
    rule = models.ForeignKey(
        "distribution.Rule", models.PROTECT, related_name="+", verbose_name=_("规则")
    )
    base_amount = models.DecimalField(_("基数"), max_digits=12, decimal_places=2)
    raw_amount = models.DecimalField(_("封顶前"), max_digits=12, decimal_places=2)
    limit_amount = models.DecimalField(_("两级上限"), max_digits=12, decimal_places=2)
    amount_at_payment = models.DecimalField(_("付款时金额"), max_digits=12, decimal_places=2)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    allocated = models.DecimalField(_("已分配"), max_digits=12, decimal_places=2, default=0)
    accrued_at = models.DateTimeField(_("产生时间"))
    matures_at = models.DateTimeField(_("可成熟时间"), null=True, blank=True)
    matured_at = models.DateTimeField(_("成熟时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("佣金")
        verbose_name_plural = pgettext_lazy("plural", "佣金")
        ordering = ["-accrued_at", "-pk"]
        indexes = [
            models.Index(fields=["payee", "-accrued_at", "-id"], name="commission_by_payee"),
            models.Index(
                fields=["payee", "buyer"], include=["order", "amount"], name="commission_by_buyer"
            ),
            models.Index(
                fields=["payee"],
                include=["amount"],
                condition=Q(matured_at=None),
                name="commission_pending",
            ),
            models.Index(
                fields=["matures_at", "id"],
                condition=Q(matured_at=None, matures_at__isnull=False),
                name="commission_due",
            ),
            models.Index(
                fields=["payee", "accrued_at"],
                condition=Q(allocated__gt=F("amount")),
                name="commission_overpaid",
            ),
            models.Index(
                fields=["payee", "matured_at", "id"],
                condition=Q(matured_at__isnull=False, allocated__lt=F("amount")),
                name="commission_unallocated",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["line", "level"], name="commission_once"),
            models.CheckConstraint(condition=Q(level__in=[1, 2]), name="commission_two_levels"),
            models.CheckConstraint(
                condition=(~Q(payee=F("buyer")) & Q(is_self_purchase=False))
                | Q(payee=F("buyer"), is_self_purchase=True, level=1),
                name="commission_payee_not_buyer",
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_at_payment__gt=0, amount__gte=0, amount__lte=F("amount_at_payment")
                ),
                name="commission_amount_within_payment",
            ),
            models.CheckConstraint(
                condition=Q(allocated__gte=0, allocated__lte=F("amount_at_payment")),
                name="commission_allocated_within_payment",
            ),
            models.CheckConstraint(
                condition=Q(matured_at=None)
                | Q(matures_at__isnull=False, matured_at__gte=F("matures_at")),
                name="commission_matures_when_due",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} L{self.level} {self.amount}"

    @property
    def reversed_amount(self) -> Decimal:
        return self.amount_at_payment - self.amount


class Reversal(models.Model):
    """Part of a commission taken back: by a refund, forfeited by a ban, or revoked after a look.

    A negative amount gives back: a later refund of the line left more of it earned. What a ban
    left of a commission may be revoked afterwards; then nothing is left that a ban could take.
    At commit they sum to what their commission lost (deferred trigger).
    """

    commission = models.ForeignKey(Commission, models.PROTECT, related_name="reversals")
    refund = models.ForeignKey(
        "orders.Refund",
        models.PROTECT,
        null=True,
        related_name="commission_reversals",
        verbose_name=_("售后单"),
    )
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    at = models.DateTimeField(_("时间"))
    reason = models.CharField(_("原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("佣金撤回")
        verbose_name_plural = pgettext_lazy("plural", "佣金撤回")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["at"], name="reversal_at")]
        constraints = [
            models.UniqueConstraint(fields=["commission", "refund"], name="reversal_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="reversal_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.commission_id} −{self.amount}"
