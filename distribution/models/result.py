from django.db import models
from django.db.models import Q

ALL_TIME = "all"


class Result(models.Model):
    """What a distributor sold and earned in a Beijing month (`2026-11`) or altogether (`all`), and
    their places in it. Counted by beat (`distribution.desk.ranking`) and read by nobody who moves
    money.

    `sales`: goods money kept by the buyers of their level-1 orders, their own purchases left out.
    `earned`: what their commissions of both levels are worth now.
    """

    period = models.CharField(max_length=7)
    distributor = models.ForeignKey(
        "distribution.Distributor", models.CASCADE, related_name="results"
    )
    orders = models.PositiveIntegerField(default=0)
    sales = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    earned = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    sales_place = models.PositiveIntegerField()
    earned_place = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["period", "sales_place", "distributor"], name="result_by_sales"),
            models.Index(fields=["period", "earned_place", "distributor"], name="result_by_earned"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["distributor", "period"], name="result_once"),
            models.CheckConstraint(
                condition=Q(sales_place__gte=1, earned_place__gte=1), name="places_begin_at_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.distributor_id}"
