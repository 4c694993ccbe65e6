from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Pick(models.Model):
    """A product that a distributor keeps in their selection (选品), to share again."""

    distributor = models.ForeignKey(
        "distribution.Distributor", models.CASCADE, related_name="picks", verbose_name=_("分销商")
    )
    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="+", verbose_name=_("商品")
    )
    added_at = models.DateTimeField(_("选入时间"))

    class Meta:
        verbose_name = _("选品")
        verbose_name_plural = pgettext_lazy("plural", "选品")
        ordering = ["-added_at", "-pk"]
        indexes = [models.Index(fields=["distributor", "-added_at", "-id"], name="pick_newest")]
        constraints = [models.UniqueConstraint(fields=["distributor", "product"], name="pick_once")]

    def __str__(self) -> str:
        return f"{self.distributor_id} ♥ {self.product_id}"
