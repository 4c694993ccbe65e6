from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.states import HoldEnd


class Hold(models.Model):
    """One commission set aside while somebody looks at it: it neither matures nor is paid out.

    `amount` is what went back from available to pending because it was mature already, and
    `matured_before` when that had been; a commission still pending simply stays so.
    """

    commission = models.ForeignKey(
        "distribution.Commission", models.PROTECT, related_name="holds", verbose_name=_("佣金")
    )
    held_at = models.DateTimeField(_("暂扣时间"))
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("暂扣人"),
    )
    reason = models.CharField(_("暂扣原因"), max_length=200)
    amount = models.DecimalField(_("退回待成熟"), max_digits=12, decimal_places=2, default=0)
    matured_before = models.DateTimeField(_("此前成熟时间"), null=True, blank=True)
    end = models.CharField(_("处理结果"), max_length=10, choices=HoldEnd.choices, blank=True)
    ended_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("处理人"),
    )
    end_reason = models.CharField(_("处理说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("佣金暂扣")
        verbose_name_plural = pgettext_lazy("plural", "佣金暂扣")
        ordering = ["held_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["commission"], condition=Q(ended_at=None), name="hold_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(end="", ended_at=None)
                | Q(end__in=HoldEnd.values, ended_at__isnull=False),
                name="hold_ends_with_a_result",
            ),
            models.CheckConstraint(
                condition=Q(amount=0, matured_before=None)
                | Q(amount__gt=0, matured_before__isnull=False),
                name="hold_moves_what_was_mature",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.commission_id} {self.reason}"
