from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.private_files import private_storage
from shop.support.states import NEEDS_ANSWER, TicketState


class Ticket(models.Model):
    """A question of a shopper or a distributor, with all that was said about it."""

    class Category(models.TextChoices):
        ORDER = "order", _("订单与物流")
        REFUND = "refund", _("退款与售后")
        COMMISSION = "commission", _("佣金与结算")
        ACCOUNT = "account", _("账号")
        PRODUCT = "product", _("商品咨询")
        OTHER = "other", _("其他")

    number = models.CharField(_("工单号"), max_length=32, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="tickets",
        verbose_name=_("会员"),
    )
    subject = models.CharField(_("标题"), max_length=80)
    category = models.CharField(_("类型"), max_length=12, choices=Category.choices)
    order = models.ForeignKey(
        "orders.Order",
        models.PROTECT,
        null=True,
        related_name="tickets",
        verbose_name=_("订单"),
    )
    commission = models.ForeignKey(
        "distribution.Commission",
        models.PROTECT,
        null=True,
        related_name="tickets",
        verbose_name=_("佣金"),
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=TicketState.choices, default=TicketState.OPEN
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("负责人"),
    )
    # The form it was written in: sent twice, it is one ticket.
    token = models.UUIDField(default=uuid4, editable=False)
    created_at = models.DateTimeField(_("提交时间"))
    last_at = models.DateTimeField(_("最近更新"))
    first_answered_at = models.DateTimeField(_("首次回复"), null=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True)

    class Meta:
        verbose_name = _("工单")
        verbose_name_plural = pgettext_lazy("plural", "工单")
        ordering = ["-last_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-last_at", "-id"], name="ticket_of_user"),
            models.Index(
                fields=["last_at"],
                condition=Q(state__in=[str(state) for state in NEEDS_ANSWER]),
                name="ticket_needs_answer",
            ),
            models.Index(fields=["-last_at", "-id"], name="ticket_latest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "token"], name="ticket_sent_once"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None)),
                name="closed_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(first_answered_at=None) | Q(first_answered_at__gte=F("created_at")),
                name="answered_after_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    @property
    def first_response(self) -> timedelta | None:
        """How long it took until somebody answered."""
        if self.first_answered_at is None:
            return None
        return self.first_answered_at - self.created_at


class Message(models.Model):
    """Something said. Internal ones are for the merchant's people alone."""

    class Side(models.TextChoices):
        CUSTOMER = "customer", _("顾客")
        STAFF = "staff", _("客服")
        INTERNAL = "internal", _("内部备注")

    ticket = models.ForeignKey(
        Ticket, models.CASCADE, related_name="messages", verbose_name=_("工单")
    )
    side = models.CharField(_("谁说的"), max_length=10, choices=Side.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    text = models.TextField(_("内容"), max_length=2000)
    token = models.UUIDField(default=uuid4, editable=False)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("工单消息")
        verbose_name_plural = pgettext_lazy("plural", "工单消息")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "token"], name="message_sent_once")
        ]

    def __str__(self) -> str:
        return self.text[:60]


class MessagePicture(models.Model):
    message = models.ForeignKey(
        Message, models.CASCADE, related_name="pictures", verbose_name=_("工单消息")
    )
    file = models.FileField(_("图片"), upload_to="tickets", storage=private_storage)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("工单图片")
        verbose_name_plural = pgettext_lazy("plural", "工单图片")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.file.name)


class CannedReply(models.Model):
    """An answer written once for questions that come again."""

    name = models.CharField(_("名称"), max_length=60, unique=True)
    body = models.TextField(_("内容"), max_length=2000)
    position = models.PositiveIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("快捷回复")
        verbose_name_plural = pgettext_lazy("plural", "快捷回复")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name
