from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.states import ReservationState


class Reservation(models.Model):
    """An amount of somebody's available balance set aside for a purpose named by `number`."""

    number = models.CharField(_("编号"), max_length=32, unique=True)
    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        related_name="reservations",
        verbose_name=_("分销商"),
    )
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=ReservationState.choices,
        default=ReservationState.RESERVED,
    )
    reserved_at = models.DateTimeField(_("预留时间"))
    closed_at = models.DateTimeField(_("结清时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("预留")
        verbose_name_plural = pgettext_lazy("plural", "预留")
        indexes = [
            models.Index(
                fields=["distributor", "state"], include=["amount"], name="reservation_sums"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="reservation_positive"),
            models.CheckConstraint(
                condition=Q(state=ReservationState.RESERVED, closed_at=None)
                | Q(
                    state__in=[ReservationState.SETTLED, ReservationState.RELEASED],
                    closed_at__isnull=False,
                ),
                name="reservation_open_or_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Allocation(models.Model):
    """Which commissions a reservation is made of, oldest mature first."""

    reservation = models.ForeignKey(Reservation, models.PROTECT, related_name="allocations")
    commission = models.ForeignKey(
        "distribution.Commission", models.PROTECT, related_name="allocations"
    )
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation", "commission"], name="allocation_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.reservation_id} ← {self.commission_id} {self.amount}"
