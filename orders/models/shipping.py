from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ShippingRate(models.Model):
    """What sending costs: by province and weight. A rate without provinces is for all others."""

    name = models.CharField(_("名称"), max_length=60)
    provinces = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("省份"),
        default=list,
        blank=True,
        help_text=_("留空表示其他所有地区。"),
    )
    first_grams = models.PositiveIntegerField(_("首重（克）"), default=1000)
    first_fee = models.DecimalField(_("首重运费"), max_digits=8, decimal_places=2)
    step_grams = models.PositiveIntegerField(_("续重（克）"), default=1000)
    step_fee = models.DecimalField(_("续重运费"), max_digits=8, decimal_places=2, default=0)
    free_from = models.DecimalField(
        _("满额包邮"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("留空表示不包邮。"),
    )

    class Meta:
        verbose_name = _("运费规则")
        verbose_name_plural = pgettext_lazy("plural", "运费规则")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_fee__gte=0, step_fee__gte=0, step_grams__gte=1),
                name="shipping_rate_sane",
            )
        ]

    def __str__(self) -> str:
        return self.name
