from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Cart(models.Model):
    """What somebody means to buy: a member's, or a guest's known by the visitor cookie."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="cart",
        verbose_name=_("会员"),
    )
    visitor = models.UUIDField(_("访客"), null=True, unique=True)
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)

    class Meta:
        verbose_name = _("购物车")
        verbose_name_plural = pgettext_lazy("plural", "购物车")
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, visitor__isnull=False) | Q(user__isnull=False, visitor=None),
                name="cart_has_one_owner",
            )
        ]

    def __str__(self) -> str:
        return str(self.user or self.visitor)


class CartLine(models.Model):
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField(_("数量"))
    price_when_added = models.DecimalField(_("加入时的价格"), max_digits=12, decimal_places=2)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_variant_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="cart_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.variant} × {self.quantity}"
