from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.states import DISTRIBUTOR_ACCOUNTS, SHOP_ACCOUNTS, Account


class Transfer(models.Model):
    """One movement of money: its entries sum to zero (deferred trigger), and neither it nor
    they ever change (trigger). `key` makes it happen once; `entry_count` lets `check_books` see
    entries slipped in later.
    """

    class Kind(models.TextChoices):
        ACCRUE = "accrue", _("产生佣金")
        REVERSE = "reverse", _("退款撤回")
        FORFEIT = "forfeit", _("封禁没收")
        MATURE = "mature", _("佣金成熟")
        HOLD = "hold", _("暂扣复核")
        REVOKE = "revoke", _("复核撤回")
        RESERVE = "reserve", _("进入结算")
        RELEASE = "release", _("结算退回")
        SETTLE = "settle", _("结算付出")

    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    key = models.CharField(_("唯一键"), max_length=80, unique=True)
    at = models.DateTimeField(_("时间"))
    entry_count = models.PositiveIntegerField(_("分录数"))

    class Meta:
        verbose_name = _("账务凭证")
        verbose_name_plural = pgettext_lazy("plural", "账务凭证")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["at"], condition=Q(kind="settle"), name="transfer_settled")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "accrue",
                        "reverse",
                        "forfeit",
                        "mature",
                        "hold",
                        "revoke",
                        "reserve",
                        "release",
                        "settle",
                    ]
                ),
                name="transfer_kind_known",
            )
        ]

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """One account's part of a transfer. `kind` and `at` are the transfer's (trigger): a
    distributor's months are read from them alone, however many transfers the shop has.
    """

    transfer = models.ForeignKey(
        Transfer, models.PROTECT, related_name="entries", verbose_name=_("凭证")
    )
    account = models.CharField(_("科目"), max_length=10, choices=Account.choices)
    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        db_index=False,  # `entry_by_account` begins with it
        verbose_name=_("分销商"),
    )
    kind = models.CharField(_("类型"), max_length=10, choices=Transfer.Kind)
    at = models.DateTimeField(_("时间"))
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("账务分录")
        verbose_name_plural = pgettext_lazy("plural", "账务分录")
        indexes = [
            models.Index(
                fields=["distributor", "account"], include=["amount"], name="entry_by_account"
            ),
            models.Index(
                fields=["distributor", "at"],
                include=["kind", "account", "amount"],
                condition=Q(distributor__isnull=False),
                name="entry_by_time",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_not_zero"),
            models.CheckConstraint(
                condition=Q(account__in=DISTRIBUTOR_ACCOUNTS, distributor__isnull=False)
                | Q(account__in=SHOP_ACCOUNTS, distributor=None),
                name="entry_account_has_its_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.distributor_id or ''} {self.amount}"


class Balance(models.Model):
    """The lock of a distributor's money, and its available and reserved sums.

    One row per distributor from the day they join. Available may be negative: a debt that
    later earnings repay.
    """

    distributor = models.OneToOneField(
        "distribution.Distributor", models.PROTECT, primary_key=True, related_name="balance"
    )
    available = models.DecimalField(_("可结算"), max_digits=14, decimal_places=2, default=0)
    reserved = models.DecimalField(_("结算中"), max_digits=14, decimal_places=2, default=0)

    class Meta:
        verbose_name = _("余额")
        verbose_name_plural = pgettext_lazy("plural", "余额")
        indexes = [
            models.Index(fields=["distributor"], condition=~Q(available=0), name="balance_not_zero")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(reserved__gte=0), name="reserved_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.distributor_id}: {self.available} / {self.reserved}"
