from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AuditEntry(models.Model):
    """Append-only: who did what to which object, and why."""

    at = models.DateTimeField(_("时间"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    action = models.CharField(_("操作"), max_length=60)
    target_type = models.CharField(_("对象类型"), max_length=60)
    target_id = models.CharField(_("对象编号"), max_length=40)
    target_name = models.CharField(_("对象"), max_length=200)
    reason = models.TextField(_("原因"), blank=True)
    details = models.JSONField(_("明细"), default=dict)

    class Meta:
        verbose_name = _("操作日志")
        verbose_name_plural = pgettext_lazy("plural", "操作日志")
        indexes = [models.Index(fields=["target_type", "target_id"]), models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return self.target_name


class Notice(models.Model):
    """The outbox: a message to be sent, committed with the change that causes it.

    `next_attempt_at` is also the claim: whoever sends moves it forward first. A notice that
    expires holds a secret (a code): it is never sent late, and its text goes once it is over.
    """

    class Channel(models.TextChoices):
        SMS = "sms", _("短信")
        EMAIL = "email", _("邮件")

    channel = models.CharField(_("渠道"), max_length=10, choices=Channel.choices)
    recipient = models.CharField(_("接收人"), max_length=254)
    subject = models.CharField(_("标题"), max_length=120, blank=True)
    text = models.TextField(_("内容"), blank=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    expires_at = models.DateTimeField(_("失效时间"), null=True, blank=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("放弃时间"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_attempt_at = models.DateTimeField(_("下次尝试"), default=timezone.now)
    error = models.CharField(_("错误"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("待发消息")
        verbose_name_plural = pgettext_lazy("plural", "待发消息")
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(sent_at=None, given_up_at=None),
                name="notice_waiting",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at=None) | models.Q(given_up_at=None),
                name="notice_ends_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.recipient}"


class InboxMessage(models.Model):
    """One thing somebody is told in the shop itself, committed with what it tells of.

    What is stored is the event and its values; the words are made when it is read, in the reader's
    language (`base.inbox`). `key` tells the same thing to the same person only once.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="inbox_messages",
        verbose_name=_("会员"),
    )
    event = models.CharField(_("事件"), max_length=40)
    topic = models.CharField(_("主题"), max_length=20)
    key = models.CharField(_("唯一键"), max_length=120)
    values: Any = models.JSONField(_("内容"), default=dict)
    link = models.CharField(_("链接"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("时间"), default=timezone.now)
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)
    passed_on_at = models.DateTimeField(_("转发时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("站内消息")
        verbose_name_plural = pgettext_lazy("plural", "站内消息")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="inbox_of_user"),
            models.Index(
                fields=["user"], condition=models.Q(read_at=None), name="inbox_unread_of_user"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"


class NoticeChoice(models.Model):
    """Which topics somebody also wants outside the shop, and in which language."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="notice_choice",
        verbose_name=_("会员"),
    )
    sms = ArrayField(models.CharField(max_length=20), default=list, verbose_name=_("短信"))
    email = ArrayField(models.CharField(max_length=20), default=list, verbose_name=_("邮件"))
    language = models.CharField(_("语言"), max_length=10)
    since = models.DateTimeField(_("起始时间"))

    class Meta:
        verbose_name = _("通知选择")
        verbose_name_plural = pgettext_lazy("plural", "通知选择")

    def __str__(self) -> str:
        return str(self.user_id)
