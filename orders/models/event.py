from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.states import EventKind


class OrderEvent(models.Model):
    """Something that happened to an order, committed with it.

    `handled_at` stays empty until every listener has done its part; `orders.events` tries again
    in the order things happened, so nothing that follows from an event is ever lost.
    """

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="events")
    kind = models.CharField(_("事件"), max_length=10, choices=EventKind.choices)
    refund = models.OneToOneField("orders.Refund", models.CASCADE, null=True, related_name="event")
    at = models.DateTimeField(_("发生时间"))
    handled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    error = models.CharField(_("错误"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("订单事件")
        verbose_name_plural = pgettext_lazy("plural", "订单事件")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["order"], condition=Q(handled_at=None), name="event_unhandled")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"], condition=~Q(kind="refunded"), name="order_event_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="refunded", refund__isnull=False)
                | (~Q(kind="refunded") & Q(refund=None)),
                name="refund_event_names_refund",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"
