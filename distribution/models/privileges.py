from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.states import Position


class Privileged(models.Model):
    """What a position or a tier allows; how the two combine: `distribution.tiers.privileges`."""

    own_discount = models.DecimalField(
        _("自购优惠"),
        max_digits=5,
        decimal_places=4,
        default=Decimal(0),
        help_text=_("自己购买时减去商品金额的这一比例，0.05 表示减 5%。"),
    )
    material_level = models.PositiveSmallIntegerField(
        _("素材级别"), default=0, help_text=_("可以取用不高于这一级别的素材。")
    )
    recruit_limit = models.PositiveIntegerField(
        _("可带来分销商人数"),
        null=True,
        blank=True,
        help_text=_("同时最多有多少人；0 表示不可以带人，留空表示这里不限。"),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(own_discount__gte=0, own_discount__lte=Decimal("0.9")),
                name="%(class)s_discount_sane",
            )
        ]


class PositionPrivileges(Privileged):
    """The privileges of everybody in a position: two rows, one for each."""

    position = models.CharField(_("位置"), max_length=10, choices=Position.choices, unique=True)

    class Meta(Privileged.Meta):
        verbose_name = _("位置权益")
        verbose_name_plural = pgettext_lazy("plural", "位置权益")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.get_position_display()
