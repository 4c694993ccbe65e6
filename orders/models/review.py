from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.order import OrderLine


class Review(models.Model):
    """What a buyer says of one line they received. One a line; only its buyer writes it.

    A hidden one is shown to nobody but its writer and the merchant, who said why.
    """

    line = models.OneToOneField(
        OrderLine, models.CASCADE, related_name="review", verbose_name=_("订单商品")
    )
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="+", verbose_name=_("商品")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews", verbose_name=_("买家")
    )
    rating = models.PositiveSmallIntegerField(_("评分"))
    text = models.CharField(_("评价"), max_length=500, blank=True)
    written_at = models.DateTimeField(_("评价时间"))
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True)
    hidden_at = models.DateTimeField(_("隐藏时间"), null=True, blank=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    hidden_reason = models.CharField(_("隐藏原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("评价")
        verbose_name_plural = pgettext_lazy("plural", "评价")
        ordering = ["-written_at", "-pk"]
        indexes = [
            models.Index(fields=["-written_at"], name="review_newest"),
            models.Index(
                fields=["product", "-written_at", "-id"],
                condition=Q(hidden_at=None),
                name="review_of_product",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="rating_1_to_5"),
            models.CheckConstraint(
                condition=Q(hidden_at=None, hidden_reason="")
                | (Q(hidden_at__isnull=False) & ~Q(hidden_reason="")),
                name="review_hidden_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating}★ {self.text[:40]}"
